//! One after the other, in the calling thread.

use super::Error;
use super::download::download_one;
use super::outcome::Outcome;
use super::session::{Numbered, Session};
use super::style::{Batch, Limits, Style};
use super::watch::stoppable;

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl Style for Kind {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn summary(&self) -> &'static str {
        "one download after the other"
    }

    fn limits(&self) -> Limits {
        Limits { default: 1, cap: 1 }
    }

    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error> {
        let session = Session::new(&Numbered::new(batch.order, 1), batch.interrupt.clone());
        stoppable(
            batch.interrupt,
            || session.client.shut_down(),
            || {
                for &cc in batch.codes {
                    each(Outcome { cc, download: download_one(&session, &cc.lower()) });
                }
                Ok(())
            },
        )
    }
}
