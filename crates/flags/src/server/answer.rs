//! One request, one answer: what is decided about it, and the response where it has an orderly one.

use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::time::sleep;

use super::chance::Chance;
use super::content;
use super::fault::{Fault, error_status};
use super::settings::{Settings, StatsPath};
use super::stats::{Outcome, Stats};
use crate::ATTEMPT_HEADER;

/// A site and what it has counted.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) stats: Stats,
    /// Requests so far by path, of clients that do not number their attempts.
    attempts: Vec<AtomicU32>,
}

/// An answer that no HTTP library would give: left to the owner of the connection.
#[derive(Debug, Clone)]
pub(super) struct BadAnswer {
    pub(super) fault: Fault,
    pub(super) kind: &'static str,
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Ends the orderly part of a connection.
#[derive(Debug, thiserror::Error)]
#[error("a fault on purpose")]
pub(super) struct OnPurpose;

type Answered = Result<Response<Full<Bytes>>, OnPurpose>;

/// An answer, at once or later. Most need no memory.
pub(super) enum Answer<'a> {
    /// Until it is taken.
    Now(Option<Answered>),
    Later(Pin<Box<dyn Future<Output = Answered> + Send + 'a>>),
}

impl Future for Answer<'_> {
    type Output = Answered;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        match &mut *self {
            Self::Now(answered) => answered.take().map_or(Poll::Pending, Poll::Ready),
            Self::Later(answer) => answer.as_mut().poll(context),
        }
    }
}

/// As many as there are paths of flags and their metadata; the paths of the rest share the last.
const PATHS: usize = 1024;

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        let attempts = (0..PATHS).map(|_| AtomicU32::new(0)).collect();
        Self { settings, stats: Stats::default(), attempts }
    }

    /// Answers a request. Where the answer is a bad one, it is put into `bad`, and the error says so.
    pub(super) fn answer<'a>(&'a self, request: &Request<Incoming>, bad: &OnceLock<BadAnswer>) -> Answer<'a> {
        let path = &*content::decoded(request.uri().path());
        let refusal = refusal(request);
        if refusal.is_none() && path == "/stats" && self.settings.stats == StatsPath::Shown {
            return Answer::Now(Some(Ok(self.counted())));
        }
        let in_flight = self.stats.request();
        if let Some(refusal) = refusal {
            self.stats.outcome(Outcome::Refused);
            return Answer::Now(Some(Ok(refusal)));
        }
        if self.settings.faults.is_none() {
            return Answer::Now(Some(Ok(self.regular(path))));
        }
        let chance = Chance::of(self.settings.seed, path, self.attempt(request));
        let fault = self.settings.faults.decide(chance);
        if let Some(fault) = fault {
            self.stats.fault(fault);
        }
        match fault {
            None => Answer::Now(Some(Ok(self.regular(path)))),
            Some(Fault::Error) => {
                let status = StatusCode::from_u16(error_status(chance)).unwrap_or_default();
                Answer::Now(Some(Ok(plain(status))))
            }
            Some(Fault::Delay) => {
                let response = self.regular(path);
                let late = sleep(self.settings.delay.of(chance));
                Answer::Later(Box::pin(async move {
                    let _in_flight = in_flight;
                    late.await;
                    Ok(response)
                }))
            }
            Some(fault) => {
                let (status, kind, body) = found(path);
                // Only the first can be the one that ends the connection.
                let _ = bad.set(BadAnswer { fault, kind, status, body });
                Answer::Now(Some(Err(OnPurpose)))
            }
        }
    }

    fn regular(&self, path: &str) -> Response<Full<Bytes>> {
        let (status, kind, body) = found(path);
        self.stats.outcome(if status == StatusCode::OK { Outcome::Found } else { Outcome::NotFound });
        response(status, kind, body)
    }

    /// The number of the attempt: the client's, or counted here.
    fn attempt(&self, request: &Request<Incoming>) -> u32 {
        let given = request.headers().get(ATTEMPT_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        given.unwrap_or_else(|| {
            let path = content::decoded(request.uri().path());
            let place = xxhash_rust::xxh3::xxh3_64(path.as_bytes()) as usize % PATHS;
            self.attempts[place].fetch_add(1, Ordering::Relaxed) + 1
        })
    }

    fn counted(&self) -> Response<Full<Bytes>> {
        let snapshot = self.stats.snapshot(self.settings.site.name());
        let json = serde_json::to_vec_pretty(&snapshot).unwrap_or_default();
        response(StatusCode::OK, "application/json", json.into())
    }
}

/// The answer to a request that is none for this server, whatever its path.
fn refusal(request: &Request<Incoming>) -> Option<Response<Full<Bytes>>> {
    if !names_one_host(request) {
        return Some(plain(StatusCode::BAD_REQUEST));
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    Some(response)
}

/// Whether a request says once and rightly whom it is for, as it must from HTTP/1.1 on (RFC 9112, section 3.2).
fn names_one_host(request: &Request<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A host and perhaps a port; a request for what has no host has an empty one.
fn is_host(host: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(host) else { return host.is_empty() };
    let port = authority.as_str().strip_prefix(authority.host()).and_then(|port| port.strip_prefix(':'));
    !authority.as_str().contains('@')
        && (authority.as_str() == authority.host()
            || port.is_some_and(|port| port.parse::<u16>().is_ok() || port.is_empty()))
}

fn found(path: &str) -> (StatusCode, &'static str, Bytes) {
    match content::find(path) {
        Some(content) => (StatusCode::OK, content.kind, content.body),
        None => (StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"404 Not Found\n")),
    }
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    response(status, "text/plain", format!("{status}\n").into())
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_perhaps_a_port() {
        for host in ["", "localhost", "localhost:8001", "127.0.0.1:80", "[::1]:80", "[::1]", "a.b-c:"] {
            assert!(is_host(host.as_bytes()), "{host:?}");
        }
        for host in
            ["me@localhost", "a b", "localhost:x", "localhost:70000", "a/b", "http://a", "a,b:1:2", "[::1"]
        {
            assert!(!is_host(host.as_bytes()), "{host:?}");
        }
    }
}
