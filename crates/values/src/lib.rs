//! Values as people write them on a command line or in an environment variable.
//!
//! There is one reader for each kind of value: [`HumanDuration`], [`share`], [`number`] and
//! [`numbers`], [`List`] and [`choose`]. What is wrong with a text is a `String` that goes on from the
//! name of a setting and its value: "must be …", "names … twice", "there is no …".
//!
//! This is a crate because the command line and the server of flags both read durations. The crate of
//! machine facts lies below both as well, but the executors use that one, and they are to stay free of
//! a library for time spans.

mod duration;
mod list;
mod names;
mod numbers;

pub use duration::HumanDuration;
pub use list::{List, items};
pub use names::{choose, suggest};
pub use numbers::{number, numbers, share, show_numbers};
