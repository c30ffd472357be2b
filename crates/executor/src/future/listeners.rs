//! Those who want to be told when a future is done.

use std::sync::Arc;
use std::task::Waker;

use super::Future;
use super::watch::Watch;
use crate::sync::thread::Thread;

/// What is to happen when a future is done.
pub(super) enum Listener<T> {
    /// It waits in `wait_until_done`.
    Thread(Thread),
    Callback(Callback<T>),
    /// Under the number of the handle that is awaited.
    Waker(u64, Waker),
    /// A wait for several futures, of which this is the one of that number.
    Watch(Arc<Watch>, usize),
}

pub(super) type Callback<T> = Box<dyn FnOnce(&Future<T>) + Send>;

/// Listeners in the order in which they came. Most futures have none, which takes no more than a
/// pointer.
#[must_use = "they are to be told"]
pub(crate) struct Listeners<T>(Option<Box<Present<T>>>);

/// One listener at least.
struct Present<T> {
    all: Vec<Listener<T>>,
}

impl<T> Listeners<T> {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// All of them, leaving none.
    pub(super) fn take(&mut self) -> Self {
        Self(self.0.take())
    }

    pub(super) fn add(&mut self, listener: Listener<T>) {
        match &mut self.0 {
            Some(present) => present.all.push(listener),
            None => self.0 = Some(Box::new(Present { all: vec![listener] })),
        }
    }

    pub(super) fn all(&mut self) -> Vec<Listener<T>> {
        self.0.take().map_or(Vec::new(), |present| present.all)
    }

    pub(super) fn add_thread(&mut self, thread: Thread) {
        self.add(Listener::Thread(thread));
    }

    /// Takes out those that are not watches, and leaves these.
    pub(super) fn take_all_but_watches(&mut self) -> Self {
        self.take_those(|listener| !matches!(listener, Listener::Watch(..)))
    }

    /// Takes out those who wait, for this future or for several. To wake them runs no user code.
    pub(super) fn take_waiters(&mut self) -> Self {
        self.take_those(|listener| matches!(listener, Listener::Thread(_) | Listener::Watch(..)))
    }

    /// Takes out one thread, which waits no longer.
    pub(super) fn take_thread(&mut self, thread: &Thread) -> Self {
        self.take_those(|listener| matches!(listener, Listener::Thread(other) if other.id() == thread.id()))
    }

    /// Wakes those among them who wait; the others hear nothing.
    pub(super) fn wake(mut self) {
        for listener in self.all() {
            match listener {
                Listener::Thread(thread) => thread.unpark(),
                Listener::Watch(watch, number) => watch.tell(number),
                Listener::Callback(_) | Listener::Waker(..) => {}
            }
        }
    }

    pub(super) fn take_waker(&mut self, number: u64) -> Self {
        self.take_those(|listener| matches!(listener, Listener::Waker(other, _) if *other == number))
    }

    pub(super) fn take_those(&mut self, wanted: impl Fn(&Listener<T>) -> bool) -> Self {
        if self.is_empty() {
            return Self::none();
        }
        let (wanted, others) = self.all().into_iter().partition(wanted);
        *self = Self::of(others);
        Self::of(wanted)
    }

    fn of(all: Vec<Listener<T>>) -> Self {
        Self((!all.is_empty()).then(|| Box::new(Present { all })))
    }
}
