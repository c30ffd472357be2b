//! Results that wait for their own pool while they are decoded, in whatever thread that is: another must go on
//! with what that one had to do.

use std::cell::RefCell;

use libtest_mimic::Trial;
use serde::{Deserialize, Deserializer, Serialize};

use super::pool::Double;
use crate::process::ProcessPool;
use crate::suite::holds;
use crate::{CancelFutures, Task};

pub(crate) fn trials() -> Vec<Trial> {
    vec![holds("pool: a result waits for its own pool while it is decoded", 2000, decoding_waits)]
}

std::thread_local! {
    /// The pool of the model that runs; all threads of a model are one of the system's.
    static POOL: RefCell<Option<ProcessPool>> = const { RefCell::new(None) };
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Waits(u32);

impl<'de> Deserialize<'de> for Waits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Plain(u32);
        let Plain(number) = Plain::deserialize(deserializer)?;
        let pool = POOL.with_borrow(Clone::clone).expect("a pool");
        assert_eq!(pool.submit(Double(number)).result(None), Ok(number * 2));
        Ok(Self(number))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MakeWaits(u32);

impl Task for MakeWaits {
    const NAME: &'static str = "make waits";
    type Output = Waits;

    fn run(self) -> Waits {
        Waits(self.0)
    }
}

fn decoding_waits() {
    let pool = ProcessPool::new(1, usize::MAX);
    POOL.set(Some(pool.clone()));
    let futures = [1, 2].map(|number| pool.submit(MakeWaits(number)));
    for (number, future) in (1..).zip(&futures) {
        assert_eq!(future.result(None), Ok(Waits(number)));
    }
    pool.shutdown(CancelFutures::No);
    POOL.set(None);
}
