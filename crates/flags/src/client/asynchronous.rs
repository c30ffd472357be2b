//! One thread for all downloads: tasks of an asynchronous runtime, a semaphore, one client.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::Error;
use super::connections::{Place, Places};
use super::download::Tries;
use super::failure::Failure;
use super::outcome::{Download, Outcome, Status};
use super::save::Folder;
use super::session::{Numbered, Order};
use super::style::{Batch, Limits, Style};
use speedup_machine::clock::{monotonic_ns, with_cpu_time};

/// How often to look whether the user has stopped the program.
const LOOK: Duration = Duration::from_millis(20);

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl Style for Kind {
    fn name(&self) -> &'static str {
        "async"
    }

    fn summary(&self) -> &'static str {
        "one thread for all downloads: tokio, one client, a semaphore"
    }

    fn limits(&self) -> Limits {
        Limits::LIGHT
    }

    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
        runtime.block_on(download_all(batch, each));
        Ok(())
    }
}

/// What all tasks share.
struct Client {
    order: Order,
    folder: Folder,
    places: Places,
}

/// A task is started when its turn has come, so that there are never more than the semaphore lets through.
async fn download_all(batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) {
    let numbered = Numbered::new(batch.order, batch.connections);
    let client = Arc::new(Client {
        folder: Folder::new(&batch.order.dest, numbered.run),
        order: numbered.order,
        places: Places::new(batch.connections),
    });
    let semaphore = Arc::new(Semaphore::new(batch.connections));
    let mut tasks = JoinSet::new();
    let mut waiting = vec![true; batch.codes.len()];
    // A task that panicked has no outcome; it is settled with those that were never started.
    let mut settle = |joined: Result<(usize, Download), JoinError>| {
        if let Ok((number, download)) = joined {
            waiting[number] = false;
            each(batch.outcome(batch.codes[number], Ok(download)));
        }
    };
    for (number, &cc) in batch.codes.iter().enumerate() {
        let Some(Ok(permit)) = unless_stopped(batch, Arc::clone(&semaphore).acquire_owned()).await else {
            break;
        };
        while let Some(joined) = tasks.try_join_next() {
            settle(joined);
        }
        let client = Arc::clone(&client);
        tasks.spawn(async move {
            let _permit = permit;
            (number, client.download_one(&cc.lower()).await)
        });
    }
    while let Some(Some(joined)) = unless_stopped(batch, tasks.join_next()).await {
        settle(joined);
    }
    // What is done is done, whenever the stop came.
    while let Some(joined) = tasks.try_join_next() {
        settle(joined);
    }
    // What is under way ends with its task; no file is half written, since nothing is awaited within.
    drop(tasks);
    for (number, &cc) in batch.codes.iter().enumerate().filter(|(number, _)| waiting[*number]) {
        debug_assert!(batch.interrupt.requested(), "download {number} has no outcome");
        each(batch.outcome(cc, Err(speedup_executor::Error::Cancelled)));
    }
}

/// Waits, unless the user stops the program.
async fn unless_stopped<T>(batch: &Batch<'_>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    while !batch.interrupt.requested() {
        if let Ok(output) = timeout(LOOK, future.as_mut()).await {
            return Some(output);
        }
    }
    None
}

impl Client {
    async fn download_one(&self, name: &str) -> Download {
        let begin_ns = monotonic_ns();
        let mut place = self.places.take().expect("there are as many places as permits");
        let mut tries = Tries::new(&self.order);
        let (status, cpu_ns) = with_cpu_time(self.try_all(&mut place, &mut tries, name)).await;
        let worker = place.number;
        self.places.give_back(place);
        Download { status, attempts: tries.made, worker, begin_ns, end_ns: monotonic_ns(), cpu_ns }
    }

    async fn try_all(&self, place: &mut Place, tries: &mut Tries, name: &str) -> Status {
        let path = self.order.base.path_of(name);
        loop {
            let attempt = tries.next();
            let response = timeout(self.order.timeout, place.get(&self.order.base, &path, attempt)).await;
            let response = response.unwrap_or(Err(Failure::Timeout(self.order.timeout)));
            match response.and_then(|response| self.folder.take(name, &response)) {
                Ok(status) => return status,
                Err(failure) => match tries.pause_after(&failure) {
                    Some(pause) => sleep(pause).await,
                    None => return Status::Failed(failure.to_string()),
                },
            }
        }
    }
}
