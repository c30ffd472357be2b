//! Bytes within a message.

use serde::{Deserialize, Serialize};

use crate::transport::{BULK, Bulk};

/// Bytes that a message carries: few in its head, many apart, from where they are to where they stay.
#[derive(Serialize, Deserialize)]
pub(crate) struct Carried(Form);

#[derive(Serialize, Deserialize)]
enum Form {
    Here(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The next of the parts that come apart.
    Next,
    #[serde(skip)]
    Apart(Bulk),
}

impl Carried {
    pub(crate) fn new(bytes: Bulk) -> Self {
        Self(match bytes {
            long if long.as_ref().len() >= BULK => Form::Apart(long),
            Bulk::Own(bytes) => Form::Here(bytes),
            short => Form::Here(short.as_ref().to_vec()),
        })
    }

    /// What is to be sent apart, of a message that is about to be written.
    pub(super) fn take_apart(&mut self) -> Option<Bulk> {
        match std::mem::replace(&mut self.0, Form::Next) {
            Form::Apart(bulk) => Some(bulk),
            other => {
                self.0 = other;
                None
            }
        }
    }

    /// Puts in what came apart; false if it should have and did not.
    pub(super) fn put_in(&mut self, apart: &mut impl Iterator<Item = Vec<u8>>) -> bool {
        if matches!(self.0, Form::Next) {
            let Some(bytes) = apart.next() else { return false };
            self.0 = Form::Apart(Bulk::Own(bytes));
        }
        true
    }

    /// The bytes, of a message that has been read.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self.0 {
            Form::Here(bytes) | Form::Apart(Bulk::Own(bytes)) => bytes,
            Form::Apart(bulk) => bulk.as_ref().to_vec(),
            Form::Next => Vec::new(),
        }
    }
}
