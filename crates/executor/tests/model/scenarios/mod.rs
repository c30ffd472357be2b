//! What is run under every schedule.

mod futures;
mod mailbox;
pub(crate) mod pool;
mod queue;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    [futures::trials(), queue::trials(), mailbox::trials(), pool::trials()].into_iter().flatten().collect()
}
