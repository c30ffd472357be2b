//! The blocking HTTP client, for workers that each wait for their own download.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use ureq::http::StatusCode;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout};
use ureq::{Agent, config::Config, http};

use super::USER_AGENT;
use super::base::Base;
use super::failure::{CONNECT, Failure, MOST_HEAD};
use super::save::{MAX_BODY, Response};
use crate::ATTEMPT_HEADER;

/// Reads whole flags at once, while a thousand connections have room. Longer than the longest head, which
/// must be in it as a whole.
const BUFFER: usize = 2 * MOST_HEAD;

/// What a server says on a connection that has waited too long for a request.
const REQUEST_TIMEOUT: StatusCode = StatusCode::REQUEST_TIMEOUT;

/// A client with its pool of connections; threads share it.
#[derive(Debug)]
pub(super) struct BlockingClient {
    agent: Agent,
    /// The same without connections from before.
    afresh: Agent,
    origin: String,
    timeout: Duration,
}

impl BlockingClient {
    /// A client that keeps up to `idle` connections open.
    pub(super) fn new(base: &Base, timeout: Duration, idle: usize) -> Self {
        let agent = |idle: usize| {
            let addrs = KnownAddrs(base.addrs().to_vec());
            let connector = Opening.chain(DefaultConnector::new());
            Agent::with_parts(config(timeout, idle), connector, addrs)
        };
        Self { agent: agent(idle), afresh: agent(0), origin: format!("http://{}", base.authority()), timeout }
    }

    /// Asks for a path and reads the answer to its end.
    pub(super) fn get(&self, path: &str, attempt: u32) -> Result<Response, Failure> {
        OPENED.set(false);
        let begin = Instant::now();
        let mut response = self.ask(&self.agent, path, attempt, self.timeout);
        // A connection that waited may have been closed by the server just now, or given up with a word about
        // it. That is no fault, and a new one tells whether the server can be had.
        let given_up = match &response {
            Ok(response) => response.status() == REQUEST_TIMEOUT,
            Err(ureq::Error::Io(error)) => is_closed(error),
            Err(_) => false,
        };
        if given_up && !OPENED.get() {
            let rest = self.timeout.saturating_sub(begin.elapsed());
            if rest.is_zero() {
                return Err(Failure::Timeout(self.timeout));
            }
            response = self.ask(&self.afresh, path, attempt, rest);
        }
        let response = response.map_err(|error| self.failure(error))?;
        let (parts, body) = response.into_parts();
        Failure::of_head(&parts.headers)?;
        let declared = parts.headers.get("content-length");
        let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok());
        let body = body.into_with_config().limit(MAX_BODY).read_to_vec();
        Ok(Response {
            status: parts.status.as_u16(),
            declared,
            body: body.map_err(|error| self.failure(error))?,
        })
    }

    fn ask(
        &self,
        agent: &Agent,
        path: &str,
        attempt: u32,
        timeout: Duration,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let request = agent.get(format!("{}{path}", self.origin)).header(ATTEMPT_HEADER, attempt);
        request.config().timeout_global(Some(timeout)).build().call()
    }

    /// Breaks off what is under way, now and from now on.
    pub(super) fn shut_down(&self) {
        self.agent.clone().shutdown();
        self.afresh.clone().shutdown();
    }

    fn failure(&self, error: ureq::Error) -> Failure {
        match error {
            ureq::Error::Io(error) => error.into(),
            ureq::Error::Timeout(ureq::Timeout::Connect) if self.timeout > CONNECT => Failure::unconnected(),
            ureq::Error::Timeout(_) => Failure::Timeout(self.timeout),
            ureq::Error::BodyExceedsLimit(limit) => Failure::TooLong(limit),
            ureq::Error::LargeResponseHeader(..) => Failure::Head,
            ureq::Error::Protocol(error) if error.to_string().contains("too many headers") => Failure::Head,
            ureq::Error::Protocol(error) => Failure::Connection(format!("the answer is no HTTP: {error}")),
            other => Failure::Connection(other.to_string()),
        }
    }
}

fn config(timeout: Duration, idle: usize) -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(timeout.min(CONNECT)))
        .proxy(None)
        .timeout_global(Some(timeout))
        .max_idle_connections(idle)
        .max_idle_connections_per_host(idle)
        .max_response_header_size(MOST_HEAD)
        .input_buffer_size(BUFFER)
        .output_buffer_size(1 << 10)
        .user_agent(USER_AGENT)
        .build()
}

/// Whether the server ended the connection before there was an answer.
fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

thread_local! {
    /// Whether the request under way in this thread has opened its connection.
    static OPENED: Cell<bool> = const { Cell::new(false) };
}

/// Notes that a connection is opened, which the next connector does.
#[derive(Debug)]
struct Opening;

impl Connector for Opening {
    type Out = ();

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<()>, ureq::Error> {
        OPENED.set(true);
        Ok(None)
    }
}

/// The host has been looked up before the first request.
#[derive(Debug)]
struct KnownAddrs(Vec<std::net::SocketAddr>);

impl Resolver for KnownAddrs {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addrs = self.empty();
        // There is room for sixteen, and tried is one after the other.
        self.0.iter().take(16).for_each(|addr| addrs.push(*addr));
        Ok(addrs)
    }
}
