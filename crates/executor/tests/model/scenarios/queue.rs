//! The queue of a pool of threads, whose workers look a while before they sleep.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::pool::door::Intake;
use crate::pool::queue::Queue;
use crate::suite::holds;
use crate::sync::thread;
use crate::{CancelFutures, closure};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        holds("queue: all that is pushed is popped, and the workers end", 1000, pushed_and_popped),
        holds("queue: tasks that wait for each other all get a worker", 2000, together),
    ]
}

/// A queue with so many workers, which end when it is closed.
fn with_workers(workers: usize, submit: impl FnOnce(&Queue)) {
    let queue = Arc::new(Queue::default());
    let work = |_| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            while let Some(work) = queue.pop() {
                work.run();
            }
        })
    };
    let workers: Vec<_> = (0..workers).map(work).collect();
    submit(&queue);
    assert!(queue.close(CancelFutures::No).cancelled.is_empty());
    for worker in workers {
        worker.join().unwrap();
    }
}

fn together() {
    with_workers(3, |queue| {
        for _ in 0..2 {
            let barrier = Arc::new(shuttle::sync::Barrier::new(3));
            let futures: Vec<_> = (0..3)
                .map(|_| {
                    let barrier = Arc::clone(&barrier);
                    let (work, future) = closure(move || {
                        barrier.wait();
                    });
                    assert!(queue.push(work).is_ok());
                    future
                })
                .collect();
            assert!(futures.iter().all(|future| future.result(None) == Ok(())));
        }
    });
}

fn pushed_and_popped() {
    with_workers(2, |queue| {
        for number in 0..3 {
            let (work, future) = closure(move || number);
            assert!(queue.push(work).is_ok());
            if number == 1 {
                assert_eq!(future.result(None), Ok(1));
            }
        }
    });
}
