//! How the array of a job reaches the worker that computes on it.
//!
//! The parent makes a [`Passed`] for every job, outside all timing; it travels with the task; and the
//! worker takes the array out of it, within the job's own time. It is the only place that knows how
//! the ways of passing data differ:
//!
//! | | in the task | what the worker computes on | what comes back |
//! |---|---|---|---|
//! | `generate` | nothing | what it makes from the job | a digest |
//! | `copy` | the array | its own copy: a clone in a thread, decoded in a process | a digest, and the array where it was written to |
//! | `shared` | a handle | the shared bytes, or a copy where it writes | a digest |
//!
//! The serial baseline has no worker to reach: with `copy` it borrows the array where it only reads,
//! and it copies only what it must, to write to.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_bytes::ByteBuf;

use super::{Access, ArrayWorkload, Digest, Fault, Job, Kernel};
use speedup_executor::SharedBytes;
use speedup_report::record::Data;

/// What travels with a task in place of the array, or as the array.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passed {
    /// Nothing: the worker makes the array from the job.
    Generate,
    /// The array.
    Copy(Copied),
    /// A handle to the array.
    Shared(SharedBytes),
    /// The parent's own, which does not travel: for the serial baseline of `copy`.
    Borrowed(Unmoved),
}

/// An array on its way from one owner to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The parent's, which keeps it for further samples. A thread clones it; for a process it is
    /// encoded as it stands.
    Ours(Arc<Vec<u8>>),
    /// The copy that a process has decoded.
    Arrived(Vec<u8>),
}

/// An array that stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmoved(Arc<Vec<u8>>);

impl Passed {
    /// What travels for a job: on the parent's side.
    ///
    /// # Errors
    ///
    /// Why the array cannot be passed so.
    pub fn of(workload: &dyn ArrayWorkload, job: Job, data: Data) -> Result<Self, String> {
        let generate = || workload.generate(job).map_err(|fault| fault.to_string());
        Ok(match data {
            Data::Generate => Self::Generate,
            Data::Copy => Self::Copy(Copied::Ours(Arc::new(generate()?))),
            Data::Shared => {
                let array = generate()?;
                Self::Shared(SharedBytes::copy_of(&array).map_err(|error| error.to_string())?)
            }
        })
    }

    /// The same for a task that stays in the thread that has the array.
    pub(crate) fn at_home(self) -> Self {
        match self {
            Self::Copy(Copied::Ours(array)) => Self::Borrowed(Unmoved(array)),
            other => other,
        }
    }

    /// The array: on the worker's side.
    ///
    /// # Errors
    ///
    /// As [`ArrayWorkload::generate`].
    pub(crate) fn take(self, workload: &dyn ArrayWorkload, job: Job) -> Result<Array, Fault> {
        let reads = workload.access() == Access::Reads;
        Ok(match self {
            Self::Generate => Array::Own(workload.generate(job)?),
            Self::Copy(Copied::Ours(array)) => Array::Travelling(array.to_vec()),
            Self::Copy(Copied::Arrived(array)) => Array::Travelling(array),
            Self::Shared(array) if reads => Array::Shared(array),
            Self::Shared(array) => Array::Own(array.to_vec()),
            Self::Borrowed(array) if reads => Array::Lent(array.0),
            Self::Borrowed(array) => Array::Travelling(array.0.to_vec()),
        })
    }
}

/// An array in the hands of who computes on it.
#[derive(Debug)]
pub(crate) enum Array {
    /// Its own.
    Own(Vec<u8>),
    /// Its own, and it goes back if it has been written to.
    Travelling(Vec<u8>),
    /// To be read only, as is the next.
    Shared(SharedBytes),
    Lent(Arc<Vec<u8>>),
}

/// What a job over an array gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Digest of the result.
    pub digest: Digest,
    /// The array as the job left it, where arrays travel and it was written to.
    pub array: Option<ByteBuf>,
}

impl Array {
    /// Computes over the array.
    pub(super) fn compute(
        &mut self,
        workload: &dyn ArrayWorkload,
        kernel: &Kernel,
        passes: u32,
    ) -> Result<Digest, Fault> {
        match self {
            Self::Own(array) | Self::Travelling(array) => workload.compute(kernel, array, passes),
            Self::Shared(array) => workload.read(kernel, array, passes),
            Self::Lent(array) => workload.read(kernel, array, passes),
        }
    }

    /// What goes back with the digest.
    pub(super) fn answer(self, workload: &dyn ArrayWorkload, digest: Digest) -> Answer {
        let array = match self {
            Self::Travelling(array) if workload.access() == Access::Writes => Some(ByteBuf::from(array)),
            _ => None,
        };
        Answer { digest, array }
    }
}

/// Gets an array, computes over it and gives what goes back. Calls `ready` in between.
///
/// What does not go back is dropped here: giving its memory back is part of the job, not of the executor.
pub(crate) fn compute(
    workload: &dyn ArrayWorkload,
    kernel: &Kernel,
    array: impl FnOnce() -> Result<Array, Fault>,
    passes: u32,
    ready: impl FnOnce(),
) -> Result<Answer, Fault> {
    let mut array = array()?;
    ready();
    let digest = array.compute(workload, kernel, passes)?;
    Ok(array.answer(workload, digest))
}

impl Serialize for Copied {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ours(array) => serializer.serialize_bytes(array),
            Self::Arrived(array) => serializer.serialize_bytes(array),
        }
    }
}

impl<'de> Deserialize<'de> for Copied {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ByteBuf::deserialize(deserializer).map(|bytes| Self::Arrived(bytes.into_vec()))
    }
}

impl Serialize for Unmoved {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("the array of the serial baseline does not travel"))
    }
}

impl<'de> Deserialize<'de> for Unmoved {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("the array of the serial baseline does not travel"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{WORKLOADS, rc4, read};
    use speedup_executor::transferred;

    const JOB: Job = Job { seed: 3, index: 1, size: 4000, site: None };

    /// As in the thread that submits, in a worker thread, and decoded.
    fn taken(workload: &dyn ArrayWorkload, data: Data) -> [Array; 2] {
        let passed = Passed::of(workload, JOB, data).unwrap();
        [passed.clone().at_home(), passed].map(|passed| passed.take(workload, JOB).unwrap())
    }

    #[test]
    fn every_way_gives_the_same_result() {
        for &workload in WORKLOADS.iter().filter(|workload| workload.served().is_none()) {
            let kernel = workload.default_kernel();
            let expected = workload.compute(kernel, &mut workload.generate(JOB).unwrap(), 2);
            for mut array in Data::ALL.into_iter().flat_map(|data| taken(workload, data)) {
                assert_eq!(array.compute(workload, kernel, 2), expected, "{} {array:?}", workload.name());
            }
        }
    }

    #[test]
    fn the_array_goes_back_where_it_travels_and_is_written_to() {
        let goes_back = |workload: &dyn ArrayWorkload, data| {
            taken(workload, data).map(|array| array.answer(workload, String::new()).array.is_some())
        };
        for data in Data::ALL {
            assert_eq!(goes_back(&rc4::Workload, data), [data == Data::Copy; 2]);
            assert_eq!(goes_back(&read::Workload, data), [false; 2]);
        }
    }

    #[test]
    fn the_baseline_and_a_reader_of_shared_bytes_copy_nothing() {
        let passed = Passed::of(&read::Workload, JOB, Data::Copy).unwrap();
        let Passed::Copy(Copied::Ours(array)) = &passed else { panic!("{passed:?}") };
        let lent = passed.clone().at_home().take(&read::Workload, JOB).unwrap();
        assert!(matches!(lent, Array::Lent(lent) if Arc::ptr_eq(&lent, array)));
        let passed = Passed::of(&read::Workload, JOB, Data::Shared).unwrap();
        let Passed::Shared(array) = passed.clone() else { panic!("{passed:?}") };
        let shared = passed.take(&read::Workload, JOB).unwrap();
        assert!(matches!(shared, Array::Shared(shared) if shared.as_ptr() == array.as_ptr()));
    }

    #[test]
    fn a_copy_arrives_as_it_was() {
        let passed = Passed::of(&rc4::Workload, JOB, Data::Copy).unwrap();
        let Passed::Copy(Copied::Arrived(array)) = transferred(&passed).unwrap() else { panic!() };
        assert_eq!(array, (&rc4::Workload as &dyn ArrayWorkload).generate(JOB).unwrap());
        transferred(&passed.at_home()).unwrap_err();
    }
}
