//! Downloads that are kept nowhere: what is measured where a flag is asked for and no file is written.
//!
//! A process has one blocking client for each execution, whichever of its threads asks; the asynchronous one
//! has a connection for each place.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::base::Base;
use super::blocking::BlockingClient;
use super::connections::Place;
use super::failure::Failure;
use crate::codes::CountryCode;

/// The image; nothing where there is no such flag.
pub type Fetched = Result<Option<Vec<u8>>, Failure>;

/// Far longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections that a process keeps open between downloads: as many as it has workers.
const IDLE: usize = 1024;

/// The client of an execution.
struct Client {
    addr: SocketAddr,
    execution: u32,
    base: Base,
    blocking: BlockingClient,
}

/// Those in use. As a rule there is one.
static CLIENTS: Mutex<Vec<Arc<Client>>> = Mutex::new(Vec::new());

/// Downloads a flag with the blocking client of that execution, which is made for its first download.
///
/// # Errors
///
/// [`Failure`]; nothing is tried again.
pub fn fetch(addr: SocketAddr, execution: u32, cc: CountryCode) -> Fetched {
    let client = client(addr, execution);
    client.blocking.get(&client.base.path_of(&cc.lower()), 1)?.into_image()
}

fn client(addr: SocketAddr, execution: u32) -> Arc<Client> {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients.iter().find(|client| client.is_of(addr, execution)) {
        return Arc::clone(client);
    }
    // A worker that stays has the client of the execution before.
    clients.retain(|client| client.addr != addr);
    let base = Base::of_addr(addr);
    let blocking = BlockingClient::new(&base, PATIENCE, IDLE);
    let client = Arc::new(Client { addr, execution, base, blocking });
    clients.push(Arc::clone(&client));
    client
}

/// Closes the connections that the blocking client of an execution keeps open, if it has been used.
pub fn let_go(addr: SocketAddr, execution: u32) {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).retain(|client| !client.is_of(addr, execution));
}

impl Client {
    fn is_of(&self, addr: SocketAddr, execution: u32) -> bool {
        (self.addr, self.execution) == (addr, execution)
    }
}

/// A place for one download at a time, with the connection that it keeps open between them.
#[derive(Debug)]
pub struct Connection {
    base: Base,
    place: Place,
}

impl Connection {
    /// A place without a connection so far.
    #[must_use]
    pub fn new(addr: SocketAddr) -> Self {
        Self { base: Base::of_addr(addr), place: Place::new(0) }
    }

    /// Downloads a flag.
    ///
    /// # Errors
    ///
    /// [`Failure`]; nothing is tried again.
    pub async fn fetch(&mut self, cc: CountryCode) -> Fetched {
        let path = self.base.path_of(&cc.lower());
        let response = timeout(PATIENCE, self.place.get(&self.base, &path, 1)).await;
        response.unwrap_or(Err(Failure::Timeout(PATIENCE)))?.into_image()
    }
}
