//! The asynchronous HTTP client: places, each with the connection that it keeps open between downloads.
//!
//! A connection is driven by the task that waits for an answer on it, not by another one: so a download is
//! one task that need not be woken in turn, and its CPU time is its own.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::ext::on_informational;
use hyper::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use hyper::{Request, Response as HttpResponse, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::base::Base;
use super::failure::{CONNECT, Failure, MOST_HEAD, MOST_LINES, head_size};
use super::fair::Fair;
use super::save::{MAX_BODY, Response};
use crate::ATTEMPT_HEADER;

/// What is read of a connection at a time. Longer than the longest head, which must be in it as a whole.
const BUFFER: usize = 2 * MOST_HEAD;

/// One of the downloads that may be under way at the same time.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) number: usize,
    line: Option<Line>,
}

/// An open connection.
#[derive(Debug)]
struct Line {
    sender: SendRequest<Empty<Bytes>>,
    driver: Driver,
}

/// What reads from a connection and writes to it. When that has ended it must be gone: as long as it is there,
/// a request waits for it. Boxed, since it moves with its place.
type Driver = Option<Pin<Box<Connection<TokioIo<Fair>, Empty<Bytes>>>>>;

/// The places that are free.
#[derive(Debug)]
pub(super) struct Places(Mutex<Vec<Place>>);

impl Places {
    /// So many, without connections.
    pub(super) fn new(count: usize) -> Self {
        Self(Mutex::new((0..count).rev().map(Place::new).collect()))
    }

    /// A free place, if possible one that was used last: it is likely to have a connection.
    pub(super) fn take(&self) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(super) fn give_back(&self, place: Place) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(place);
    }
}

impl Place {
    /// Without a connection.
    pub(super) fn new(number: usize) -> Self {
        Self { number, line: None }
    }

    /// Asks for a path and reads the answer to its end.
    pub(super) async fn get(&mut self, base: &Base, path: &str, attempt: u32) -> Result<Response, Failure> {
        // A connection that waited may have been closed by the server just now, or given up with a word about
        // it. That is no fault, and a new one tells whether the server can be had.
        if let Some(line) = self.line.take()
            && let Some(response) = self.ask(line, base, path, attempt).await.or_none_if_closed()?
            && response.status != StatusCode::REQUEST_TIMEOUT.as_u16()
        {
            return Ok(response);
        }
        self.line = None;
        let line = connect(base).await?;
        self.ask(line, base, path, attempt).await.map_err(Failure::from)
    }

    /// Asks over this connection, and keeps it if it can be used again.
    async fn ask(
        &mut self,
        mut line: Line,
        base: &Base,
        path: &str,
        attempt: u32,
    ) -> Result<Response, Trouble> {
        let mut request = Request::get(path)
            .header(HOST, base.authority())
            .header(USER_AGENT, super::USER_AGENT)
            .header(ATTEMPT_HEADER, attempt)
            .body(Empty::new())
            .map_err(|error| Trouble::Answer(Failure::Connection(error.to_string())))?;
        // Interim answers count as headers of the one that they precede.
        let interim = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&interim);
        on_informational(&mut request, move |answer| {
            counted.fetch_add(head_size(answer.headers()), Ordering::Relaxed);
        });
        let Line { sender, driver } = &mut line;
        let exchange = async {
            sender.ready().await.map_err(Trouble::Request)?;
            let response = sender.send_request(request).await.map_err(Trouble::Request)?;
            read(response).await.map_err(Trouble::Answer)
        };
        let too_long = || interim.load(Ordering::Relaxed) > MOST_HEAD;
        let (response, whole) = drive(driver, exchange, too_long).await??;
        if whole && driver.is_some() && !sender.is_closed() {
            self.line = Some(line);
        }
        Ok(response)
    }
}

/// Why there is no answer.
enum Trouble {
    /// Before its first byte.
    Request(hyper::Error),
    /// Later.
    Answer(Failure),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Request(error) => error.into(),
            Trouble::Answer(failure) => failure,
        }
    }
}

trait OrNone {
    /// Nothing in place of the error that a connection had been closed before it was used.
    fn or_none_if_closed(self) -> Result<Option<Response>, Failure>;
}

impl OrNone for Result<Response, Trouble> {
    fn or_none_if_closed(self) -> Result<Option<Response>, Failure> {
        match self {
            Ok(response) => Ok(Some(response)),
            Err(Trouble::Request(error)) if !error.is_parse() => Ok(None),
            Err(trouble) => Err(trouble.into()),
        }
    }
}

async fn connect(base: &Base) -> Result<Line, Failure> {
    let stream = timeout(CONNECT, TcpStream::connect(base.addrs())).await;
    let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let stream = stream.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Failure::unconnected(),
        _ => error.into(),
    })?;
    stream.set_nodelay(true)?;
    let handshake = Builder::new()
        .max_headers(MOST_LINES)
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(Fair::new(stream)));
    let (sender, driver) = handshake.await?;
    Ok(Line { sender, driver: Some(Box::pin(driver)) })
}

/// Waits for the exchange while the connection does its part, unless its head becomes too long.
async fn drive<T>(
    driver: &mut Driver,
    exchange: impl Future<Output = T>,
    too_long: impl Fn() -> bool,
) -> Result<T, Trouble> {
    let mut exchange = pin!(exchange);
    poll_fn(|context| {
        if too_long() {
            return Poll::Ready(Err(Trouble::Answer(Failure::Head)));
        }
        if let Poll::Ready(output) = exchange.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        // The exchange itself hears of what has ended the connection.
        if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
            *driver = None;
        }
        exchange.as_mut().poll(context).map(Ok)
    })
    .await
}

/// The answer, and whether the connection is at its end and not in the middle of it.
async fn read(response: HttpResponse<Incoming>) -> Result<(Response, bool), Failure> {
    let (parts, mut body) = response.into_parts();
    Failure::of_head(&parts.headers)?;
    let declared = parts.headers.get(CONTENT_LENGTH);
    let declared: Option<u64> = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    // An encoding that says nothing, which hyper takes for a body that ends with the connection (RFC 9112,
    // section 6.3), does not make a length unknown that is declared.
    let encoding = parts.headers.get(TRANSFER_ENCODING);
    let identity = encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let end = declared.filter(|_| identity);
    let mut bytes = Vec::with_capacity(body.size_hint().lower().min(MAX_BODY) as usize);
    while end.is_none_or(|end| (bytes.len() as u64) < end)
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            if (bytes.len() + data.len()) as u64 > MAX_BODY {
                return Err(Failure::TooLong(MAX_BODY));
            }
            bytes.extend_from_slice(&data);
        }
    }
    if let Some(end) = end {
        bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX));
    }
    Ok((Response { status: parts.status.as_u16(), declared, body: bytes }, end.is_none()))
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse_too_large() {
            return Self::Head;
        }
        if error.is_parse() {
            return Self::Connection(format!("the answer is no HTTP: {error}"));
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return io::Error::from(io::ErrorKind::UnexpectedEof).into();
        }
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
        match source {
            Some(source) => match source.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code).into(),
                None => io::Error::from(source.kind()).into(),
            },
            None => Self::Connection(error.to_string()),
        }
    }
}
