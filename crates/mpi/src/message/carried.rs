//! Bytes within a message.

use serde::{Deserialize, Serialize};
use speedup_executor::remote::Landing;

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
    Goes(Bulk),
    #[serde(skip)]
    Came(Landing),
}

impl Carried {
    pub(crate) fn new(bytes: Bulk) -> Self {
        Self(match bytes {
            long if long.as_ref().len() >= BULK => Form::Goes(long),
            Bulk::Own(bytes) => Form::Here(bytes),
            short => Form::Here(short.as_ref().to_vec()),
        })
    }

    /// What is to be sent apart, of a message that is about to be written.
    pub(super) fn take_apart(&mut self) -> Option<Bulk> {
        match std::mem::replace(&mut self.0, Form::Next) {
            Form::Goes(bulk) => Some(bulk),
            other => {
                self.0 = other;
                None
            }
        }
    }

    /// Puts in what came apart; false if it should have and did not.
    pub(super) fn put_in(&mut self, apart: &mut impl Iterator<Item = Landing>) -> bool {
        if matches!(self.0, Form::Next) {
            let Some(landing) = apart.next() else { return false };
            self.0 = Form::Came(landing);
        }
        true
    }

    /// The bytes, of a message that has been read, where they have landed.
    pub(crate) fn into_landing(self) -> Landing {
        match self.0 {
            Form::Came(landing) => landing,
            Form::Here(bytes) => bytes.into(),
            Form::Goes(bulk) => bulk.as_ref().to_vec().into(),
            Form::Next => Vec::new().into(),
        }
    }

    /// The bytes, of a message that has been read.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.into_landing().into_bytes()
    }
}
