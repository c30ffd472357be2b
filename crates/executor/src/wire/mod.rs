//! How tasks and their outcomes are written as bytes for another process.
//!
//! A request is a byte that says how it may be answered and whether a file comes along for long bytes, and one part
//! for each task, its number and its argument; a reply is one part for each outcome, in the order of the tasks. Values
//! describe themselves; the numbers of tasks do not: the build id in a worker's greeting makes sure that both sides
//! count the same types.
//!
//! * `request`: tasks; `bytes`: how they wait; `long`: their long bytes, which have travelled by themselves
//! * `outcome`: what became of them; `part`: what both consist of
//! * `value`: arguments and outputs; `sink`: where the bytes go

mod bytes;
mod long;
mod outcome;
mod part;
mod request;
mod sink;
#[cfg(test)]
mod tests;
mod value;

use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

pub(crate) use self::long::{put_back, put_places};
pub(crate) use self::outcome::{Outcome, Outputs, add_outcome, read_outcome};
pub(crate) use self::part::{Message, Parts};
#[cfg(test)]
pub(crate) use self::request::Tasks;
pub(crate) use self::request::{Answer, Encoded, Encoder, Request, Requested, read_request, read_task};
pub(crate) use self::value::{Apart, Came, CodecError, decode, decode_with, encode};

/// What a worker process receives of a value: for tests of the types that tasks and their outputs are made
/// of, without a pool.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Tile { x: u32, y: u32 }
///
/// assert_eq!(speedup_executor::transferred(&Tile { x: 3, y: 4 }), Ok(Tile { x: 3, y: 4 }));
/// ```
///
/// # Errors
///
/// [`Error::Transfer`] if it cannot be encoded, or would arrive as another value.
pub fn transferred<T>(value: &T) -> Result<T, Error>
where
    T: Serialize + DeserializeOwned + 'static,
{
    let failed = |reason: String| Error::Transfer { task: type_name::<T>().to_string(), reason };
    let mut bytes = Vec::new();
    encode(value, &mut bytes).and_then(|()| decode(&bytes)).map_err(|e| failed(e.to_string()))
}
