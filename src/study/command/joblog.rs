//! What became of each job, in the form of GNU parallel's `--joblog`.

use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::job::Shared;
use crate::study::Measured;
use speedup_machine::clock::monotonic_ns;
use speedup_report::record::store::write_whole;
use speedup_report::record::{Ended, TaskSpan};

/// The head of a job log, as GNU parallel writes it.
pub const HEAD: &str = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

/// Writes the log of one execution, whose times are on the monotonic clock, in place of the one before.
///
/// # Errors
///
/// In one line, why the file cannot be written.
pub(super) fn write(path: &Path, measured: &Measured, shared: &Shared) -> Result<(), String> {
    let epoch_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let start_s = epoch_s - monotonic_ns().saturating_sub(measured.start_ns) as f64 / 1e9;
    let mut text = format!("{HEAD}\n").into_bytes();
    // In the order in which they ended, as GNU parallel writes its lines.
    let mut tasks: Vec<&TaskSpan> = measured.tasks.iter().collect();
    tasks.sort_by_key(|task| task.end_ns);
    for task in tasks {
        let process = task.process.as_ref();
        let received = process.and_then(|process| process.stdout.as_ref()).map_or(0, |stdout| stdout.bytes);
        let (exit, signal) = match process.map(|process| &process.exit) {
            Some(Ended::Code(code)) => (*code, 0),
            Some(Ended::Signal(name)) => (0, speedup_machine::signal::number(name).unwrap_or(-1)),
            None => (0, 0),
        };
        let runtime_s = task.end_ns.saturating_sub(task.begin_ns) as f64 / 1e9;
        let begin_s = start_s + task.begin_ns as f64 / 1e9;
        let number = task.job + 1;
        let head = format!("{number}\t:\t{begin_s:.3}\t{runtime_s:10.3}\t0\t{received}\t{exit}\t{signal}\t");
        // A line is a job, whatever its command holds.
        let line = shared.line(task.job);
        let command = line.as_encoded_bytes().iter().map(|&byte| if byte == b'\n' { b' ' } else { byte });
        let _ = text.write_all(head.as_bytes());
        text.extend(command.chain([b'\n']));
    }
    write_whole(path, &text).map_err(|error| format!("--joblog {error}"))
}
