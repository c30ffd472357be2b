//! One run of a comparison.

use super::super::rounds::Rounds;
use crate::record::RunRecord;

/// A record and its samples.
pub(super) struct Run<'a> {
    pub(super) record: &'a RunRecord,
    pub(super) rounds: Rounds<'a>,
}
