//! What is said of a run, in the words of the book's programs.

use std::fmt::Write;

use serde::Serialize;

use super::outcome::{Outcome, Status, Tally};
use super::site::Target;
use crate::codes::CountryCode;

/// Codes that are listed by name; of more, the first and the last are named.
const LISTED: usize = 10;

/// What stands before the downloads.
#[must_use]
pub fn initial(target: &Target, codes: &[CountryCode], connections: usize) -> String {
    let (name, url) = (target.name, target.base.url());
    let embedded = if target.is_embedded() { " (embedded)" } else { "" };
    let (flags, which) = (counted(codes.len(), "flag"), which(codes));
    let connections = counted(connections, "concurrent connection");
    format!("{name} site: {url}{embedded}\nSearching for {flags}: {which}\n{connections} will be used.\n")
}

fn which(codes: &[CountryCode]) -> String {
    match codes {
        [first, .., last] if codes.len() > LISTED => format!("from {first} to {last}"),
        _ => codes.iter().map(CountryCode::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// What stands below the downloads.
#[must_use]
pub fn last(tally: &Tally, seconds: f64) -> String {
    let mut text = format!("{}\n{} downloaded.\n", "-".repeat(20), counted(tally.downloaded, "flag"));
    // Writing to a string does not fail.
    if tally.not_found > 0 {
        let _ = writeln!(text, "{} not found.", tally.not_found);
    }
    if tally.errors > 0 {
        let _ = writeln!(text, "{}.", counted(tally.errors, "error"));
    }
    let _ = writeln!(text, "Elapsed time: {seconds:.2}s");
    text
}

/// What the first version says at its end, below the codes.
#[must_use]
pub fn plain(tally: &Tally, seconds: f64) -> String {
    format!("\n{} downloaded in {seconds:.2}s\n", counted(tally.downloaded, "flag"))
}

/// The line of one flag; none where the user's stop came first.
#[must_use]
pub fn line(outcome: &Outcome) -> Option<String> {
    let cc = outcome.cc;
    match &outcome.download.status {
        Status::Downloaded(_) => Some(format!("{cc} OK\n")),
        Status::NotFound => Some(format!("{cc} not found\n")),
        Status::Failed(reason) => Some(format!("*** Error for {cc}: {reason}\n")),
        Status::Interrupted => None,
    }
}

/// The number and what is counted, in the plural unless it is one.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A run as JSON.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    /// Name of the site.
    pub site: &'a str,
    /// Its URL.
    pub url: &'a str,
    /// The seed of the server within this program, if it was that.
    pub embedded_seed: Option<u64>,
    /// The style.
    pub style: &'a str,
    /// Concurrent connections.
    pub connections: usize,
    /// Flags that were asked for.
    pub flags: usize,
    /// What became of them.
    pub tally: Tally,
    /// Bytes of all images.
    pub bytes: u64,
    /// Seconds from the first request to the last outcome.
    pub elapsed_s: f64,
    /// Every flag, by code.
    pub outcomes: Vec<OutcomeJson>,
}

/// One flag as JSON.
#[derive(Debug, Serialize)]
pub struct OutcomeJson {
    cc: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    attempts: u32,
    worker: usize,
    wall_s: f64,
    cpu_s: f64,
}

impl From<&Outcome> for OutcomeJson {
    fn from(outcome: &Outcome) -> Self {
        let download = &outcome.download;
        let (status, bytes, error) = match &download.status {
            Status::Downloaded(bytes) => ("downloaded", Some(*bytes), None),
            Status::NotFound => ("not_found", None, None),
            Status::Failed(reason) => ("error", None, Some(reason.clone())),
            Status::Interrupted => ("interrupted", None, None),
        };
        Self {
            cc: outcome.cc.to_string(),
            status,
            bytes,
            error,
            attempts: download.attempts,
            worker: download.worker,
            wall_s: (download.end_ns - download.begin_ns) as f64 / 1e9,
            cpu_s: download.cpu_ns as f64 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::outcome::Download;
    use crate::codes::ALL;

    fn tally(downloaded: usize, not_found: usize, errors: usize) -> Tally {
        Tally { downloaded, not_found, errors, interrupted: 0 }
    }

    #[test]
    fn the_examples_of_the_book_to_the_letter() {
        let target = Target::of_url("http://127.0.0.1:1/flags").unwrap();
        let expected = "URL site: http://127.0.0.1:1/flags\nSearching for 194 flags: from AD to ZW\n\
                        30 concurrent connections will be used.\n";
        assert_eq!(initial(&target, &ALL, 30), expected);
        let ten = "AD, AE, AF, AG, AL, AM, AO, AR, AT, AU";
        assert!(initial(&target, &ALL[..10], 1).contains(&format!("Searching for 10 flags: {ten}\n")));
        assert!(initial(&target, &ALL[..11], 1).contains("Searching for 11 flags: from AD to AZ\n"));
        let one = initial(&target, &ALL[..1], 1);
        assert!(one.contains("Searching for 1 flag: AD\n1 concurrent connection will be used.\n"));

        let line = "--------------------\n";
        let text = last(&tally(43, 35, 0), 1.724);
        assert_eq!(text, format!("{line}43 flags downloaded.\n35 not found.\nElapsed time: 1.72s\n"));
        let text = last(&tally(73, 0, 27), 0.64);
        assert_eq!(text, format!("{line}73 flags downloaded.\n27 errors.\nElapsed time: 0.64s\n"));
        let text = last(&tally(1, 1, 1), 0.1);
        assert_eq!(text, format!("{line}1 flag downloaded.\n1 not found.\n1 error.\nElapsed time: 0.10s\n"));
        assert_eq!(plain(&tally(20, 0, 0), 7.26), "\n20 flags downloaded in 7.26s\n");
    }

    #[test]
    fn a_line_for_each_flag() {
        let of = |status| {
            let download = Download { status, attempts: 1, worker: 0, begin_ns: 0, end_ns: 1, cpu_ns: 0 };
            line(&Outcome { cc: ALL[0], download })
        };
        assert_eq!(of(Status::Downloaded(7)).unwrap(), "AD OK\n");
        assert_eq!(of(Status::NotFound).unwrap(), "AD not found\n");
        let failed = of(Status::Failed("HTTP 503 - Service Unavailable".to_string())).unwrap();
        assert_eq!(failed, "*** Error for AD: HTTP 503 - Service Unavailable\n");
        assert_eq!(of(Status::Interrupted), None);
    }
}
