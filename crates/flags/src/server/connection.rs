//! One connection: requests in order, until either side has had enough, or a fault on purpose ends it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::answer::State;
use super::misbehave::misbehave;
use super::patient::Patient;
use super::settings::KeepAlive;
use super::stats::Outcome;

/// Serves a connection. When `stop` comes to its end, the request under way is answered, and no other.
pub(super) async fn serve(stream: TcpStream, state: Arc<State>, stop: impl Future<Output = ()>) {
    state.stats.connection();
    // Answers are single writes: to wait for more to send along with them would only delay them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let bad = OnceLock::new();
    let service = service_fn(|request| state.answer(&request, &bad));
    let stream = Patient::new(stream, state.settings.limits.idle);
    let mut connection = builder(&state).serve_connection(TokioIo::new(stream), service);
    let (mut stop, mut stopping) = (pin!(stop), false);
    let served = poll_fn(|context| {
        if !stopping && stop.as_mut().poll(context).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(context)
    })
    .await;
    if served.as_ref().is_err_and(hyper::Error::is_parse) {
        let _in_flight = state.stats.request();
        state.stats.outcome(Outcome::Refused);
    }
    let mut stream = connection.into_parts().io.into_inner();
    // The client may be gone; then no one is left to tell.
    let _ = match bad.get() {
        Some(bad) => unless(stop, stopping, misbehave(stream, bad)).await,
        None => stream.shutdown().await,
    };
}

/// Works until the other future comes to its end.
async fn unless(
    mut stop: Pin<&mut impl Future<Output = ()>>,
    stopping: bool,
    work: impl Future<Output = io::Result<()>>,
) -> io::Result<()> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if stopping || stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        work.as_mut().poll(context)
    })
    .await
}

fn builder(state: &State) -> http1::Builder {
    let limits = state.settings.limits;
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // A client that has said all it will say still waits for its answer.
        .half_close(true)
        .header_read_timeout(limits.idle)
        .max_buf_size(limits.header_bytes)
        .keep_alive(state.settings.keep_alive == KeepAlive::Yes);
    builder
}
