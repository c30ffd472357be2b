//! For those who implement an [`Executor`](crate::Executor), or measure one.
//!
//! An implementation provides four functions; `submit` and `map` come from them. It is given [`Work`]: a task and
//! its future, with the types forgotten.
//!
//! * `execute(&self, work: Work) -> Result<(), Error>` takes over a piece of work, to be [run](Work::run),
//!   [cancelled](Work::cancel) or [failed](Work::fail) later, or refuses it. What is dropped fails with
//!   [`Error::Dropped`](crate::Error::Dropped).
//! * `max_workers(&self) -> usize`
//! * `shutdown(&self, wait: Wait, queued: CancelFutures)`
//! * `worker_lives(&self) -> Vec<WorkerLife>`, for those who measure: when each worker started, was ready and
//!   ended; complete once a shutdown has waited
//!
//! ```
//! use std::sync::Mutex;
//! use std::thread::JoinHandle;
//!
//! use speedup_executor::implement::{Work, WorkerLife};
//! use speedup_executor::{CancelFutures, Error, Executor, Wait};
//!
//! /// A thread for each task.
//! #[derive(Default)]
//! struct Threads(Mutex<Option<Vec<JoinHandle<()>>>>);
//!
//! impl Executor for Threads {
//!     fn execute(&self, work: Work) -> Result<(), Error> {
//!         let mut threads = self.0.lock().unwrap();
//!         let threads = threads.as_mut().ok_or(Error::Shutdown)?;
//!         threads.push(std::thread::spawn(|| work.run()));
//!         Ok(())
//!     }
//!
//!     fn max_workers(&self) -> usize {
//!         usize::MAX
//!     }
//!
//!     fn shutdown(&self, wait: Wait, _: CancelFutures) {
//!         let threads = self.0.lock().unwrap().take();
//!         for thread in threads.into_iter().flatten().filter(|_| wait == Wait::Yes) {
//!             let _ = thread.join();
//!         }
//!     }
//!
//!     fn worker_lives(&self) -> Vec<WorkerLife> {
//!         Vec::new()
//!     }
//! }
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize)]
//! # struct Square(u64);
//! # impl speedup_executor::Task for Square {
//! #     const NAME: &'static str = "square";
//! #     type Output = u64;
//! #     fn run(self) -> u64 { self.0 * self.0 }
//! # }
//!
//! let executor = Threads(Mutex::new(Some(Vec::new())));
//! assert_eq!(executor.submit(Square(7)).unwrap().result(None), Ok(49));
//! executor.shutdown(Wait::Yes, CancelFutures::No);
//! assert_eq!(executor.submit(Square(7)).unwrap_err(), Error::Shutdown);
//! ```

pub use crate::pool::life::WorkerLife;
pub use crate::work::Work;
