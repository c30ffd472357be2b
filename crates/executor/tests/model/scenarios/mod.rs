//! What is run under every schedule.

mod deaths;
mod decoding;
mod futures;
mod mailbox;
pub(crate) mod pool;
mod queue;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let groups = [
        futures::trials(),
        queue::trials(),
        mailbox::trials(),
        pool::trials(),
        deaths::trials(),
        decoding::trials(),
    ];
    groups.into_iter().flatten().collect()
}
