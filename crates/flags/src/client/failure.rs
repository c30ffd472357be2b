//! Why a flag could not be downloaded.

use std::io;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};

use super::gif::NotAnImage;

/// How long a connection may take to be made, whatever the rest may: that is what a user's stop may have to
/// wait for.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// The most headers of an answer, and the most bytes of them: the same in every style, whatever its client
/// library would take.
pub(super) const MOST_LINES: usize = 100;
pub(super) const MOST_HEAD: usize = 16 << 10;

/// Bytes of a head: a first line about as short as it can be, and the headers.
pub(super) fn head_size(headers: &HeaderMap) -> usize {
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    "HTTP/1.1 200\r\n\r\n".len() + headers.iter().map(line).sum::<usize>()
}

/// Why an attempt at a flag failed. That there is no such flag is no failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The server answered with this status.
    #[error("{}", http(*.0))]
    Http(u16),
    /// The connection could not be made or broke, or what came over it was no HTTP.
    #[error("Connection error: {0}")]
    Connection(String),
    /// The head of the answer is longer than any that a flag needs.
    #[error("Connection error: the answer has more than {MOST_LINES} headers, or more than {} KiB of them", MOST_HEAD >> 10)]
    Head,
    /// The answer was not complete in time.
    #[error("Timeout: no complete answer within {}", seconds(*.0))]
    Timeout(Duration),
    /// The body is not the image that it should be.
    #[error("Bad body: {0}")]
    Image(NotAnImage),
    /// The body is not as long as its header says.
    #[error("Bad body: {got} of {declared} bytes")]
    Length {
        /// Bytes that the header says.
        declared: u64,
        /// Bytes that came.
        got: u64,
    },
    /// The body is longer than any flag.
    #[error("Bad body: more than {0} bytes")]
    TooLong(u64),
    /// The image could not be written.
    #[error("cannot save the image: {0}")]
    Save(String),
    /// It could not be downloaded: a worker died.
    #[error("{0}")]
    Worker(String),
}

impl Failure {
    /// That no connection was made in the time for it.
    pub(super) fn unconnected() -> Self {
        Self::Connection(format!("no connection within {}", seconds(CONNECT)))
    }

    /// Refuses a head that is too long.
    pub(super) fn of_head(headers: &HeaderMap) -> Result<(), Self> {
        let refused = headers.len() > MOST_LINES || head_size(headers) > MOST_HEAD;
        if refused { Err(Self::Head) } else { Ok(()) }
    }

    /// Whether another attempt may turn out better: not where the server refuses, or the disk does.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Http(status) => *status >= 500 || matches!(status, 408 | 429),
            Self::Save(_) | Self::Worker(_) | Self::Head => false,
            _ => true,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Connection(match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                "the server reset the connection".to_string()
            }
            io::ErrorKind::UnexpectedEof => "the server closed the connection too early".to_string(),
            io::ErrorKind::ConnectionRefused => "connection refused".to_string(),
            _ => error.to_string(),
        })
    }
}

/// As in `HTTP 503 - Service Unavailable`. The reason is the standard one: servers may leave it out, and
/// may put anything there.
fn http(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("HTTP {status} - {reason}"),
        None => format!("HTTP {status}"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_form_of_the_book() {
        assert_eq!(Failure::Http(503).to_string(), "HTTP 503 - Service Unavailable");
        assert_eq!(Failure::Http(599).to_string(), "HTTP 599");
        let timeout = Failure::Timeout(Duration::from_millis(1500));
        assert_eq!(timeout.to_string(), "Timeout: no complete answer within 1.5s");
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let passing = [500, 503, 429].map(Failure::Http);
        assert!(passing.iter().all(Failure::may_pass));
        let lasting = [Failure::Http(403), Failure::Http(301), Failure::Save("disk full".to_string())];
        assert!(!lasting.iter().any(Failure::may_pass));
        assert!(Failure::from(io::Error::from(io::ErrorKind::ConnectionReset)).may_pass());
    }
}
