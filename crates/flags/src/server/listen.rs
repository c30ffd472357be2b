//! Listening: the threads of a server, the connections that they are given, and the end of it all.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::answer::State;
use super::connection::serve;

/// A pause where no connection can be accepted for want of files.
const NO_FILES: Duration = Duration::from_millis(50);

/// Connections that the system keeps for a site until they are accepted.
const BACKLOG: i32 = 4096;

/// A site with its port.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: StdListener,
    pub(super) addr: SocketAddr,
    pub(super) state: Arc<State>,
}

impl Bound {
    pub(super) fn new(state: State) -> io::Result<Self> {
        let listener = StdListener::bind(state.settings.addr())?;
        // The standard library asks for few; a second call changes that.
        rustix::net::listen(&listener, BACKLOG)?;
        listener.set_nonblocking(true)?;
        Ok(Self { addr: listener.local_addr()?, listener, state: Arc::new(state) })
    }
}

/// A connection on its way to the thread that serves it.
struct Accepted {
    stream: StdStream,
    state: Arc<State>,
    permit: OwnedSemaphorePermit,
}

/// The threads of a server.
#[derive(Debug)]
pub(super) struct Threads {
    threads: Vec<JoinHandle<()>>,
    stop: watch::Sender<Stop>,
}

/// How a server is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Not at all.
    No,
    /// Requests under way are answered, for at most so long.
    Within(Duration),
}

impl Threads {
    /// Starts so many threads, which serve all of the sites. The first also accepts, and deals connections out
    /// in turn, so that each thread has as many as the next.
    pub(super) fn start(sites: Vec<Bound>, threads: usize) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(Stop::No);
        let (lanes, receivers): (Vec<_>, Vec<_>) =
            (0..threads.max(1)).map(|_| mpsc::unbounded_channel()).unzip();
        let mut started = Self { threads: Vec::new(), stop };
        let mut acceptors = Some((sites, lanes));
        for (number, receiver) in receivers.into_iter().enumerate() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (stopped, acceptors) = (stopped.clone(), acceptors.take());
            let work = move || runtime.block_on(thread_main(acceptors, receiver, stopped));
            started.threads.push(thread::Builder::new().name(format!("serve_{number}")).spawn(work)?);
        }
        Ok(started)
    }

    /// Stops accepting and waits until all requests under way are answered, or the time is over.
    pub(super) fn stop(&mut self, within: Duration) {
        // Where there is no thread any more, no one is left to tell.
        let _ = self.stop.send(Stop::Within(within));
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

type Acceptors = (Vec<Bound>, Vec<UnboundedSender<Accepted>>);

async fn thread_main(
    acceptors: Option<Acceptors>,
    mut receiver: UnboundedReceiver<Accepted>,
    stopped: watch::Receiver<Stop>,
) {
    if let Some((sites, lanes)) = acceptors {
        for site in sites {
            let (lanes, stopped) = (lanes.clone(), stopped.clone());
            tokio::spawn(until_stopped(stopped, accept(site, lanes)));
        }
    }
    // Every connection holds one end; when the last is gone, so is the thread's work.
    let (open, mut all_ended) = mpsc::channel::<()>(1);
    let spawn = async {
        while let Some(Accepted { stream, state, permit }) = receiver.recv().await {
            let Ok(stream) = TcpStream::from_std(stream) else { continue };
            let (stopped, open) = (stopped.clone(), open.clone());
            tokio::spawn(async move {
                serve(stream, state, told(stopped)).await;
                drop((permit, open));
            });
        }
    };
    until_stopped(stopped.clone(), spawn).await;
    drop(open);
    let stop = *stopped.borrow();
    if let Stop::Within(time) = stop {
        // What is not over by then is broken off with the runtime.
        let _ = timeout(time, all_ended.recv()).await;
    }
}

/// Comes to its end when the server is told to stop, or is gone.
async fn told(mut stopped: watch::Receiver<Stop>) {
    // An error says that the server is gone.
    let _ = stopped.wait_for(|stop| *stop != Stop::No).await;
}

async fn until_stopped(stopped: watch::Receiver<Stop>, work: impl Future<Output = ()>) {
    let (mut told, mut work) = (pin!(told(stopped)), pin!(work));
    poll_fn(|context| {
        if told.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        work.as_mut().poll(context)
    })
    .await;
}

/// Accepts connections as long as there is room for them; others wait in the system's queue.
async fn accept(site: Bound, lanes: Vec<UnboundedSender<Accepted>>) {
    let Ok(listener) = TcpListener::from_std(site.listener) else { return };
    let room = Arc::new(Semaphore::new(site.state.settings.limits.connections));
    for lane in lanes.iter().cycle() {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = loop {
            match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
                Ok(stream) => break stream,
                // The client has gone again, or there is no room for another file: that passes.
                Err(_) => sleep(NO_FILES).await,
            }
        };
        let accepted = Accepted { stream, state: Arc::clone(&site.state), permit };
        if lane.send(accepted).is_err() {
            return;
        }
    }
}
