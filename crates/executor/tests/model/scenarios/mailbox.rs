//! A mailbox, with a child that sleeps and a parent of which two threads poll.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;

use crate::ipc::mailbox::{ChildEnd, ParentEnd};
use crate::suite::{holds, needs};
use crate::sync::{Condvar, Mutex, Step, thread};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        holds("mailbox: every request and every reply is seen", 4000, requests_and_replies),
        needs(Step::LookBeforeSleep, 4000, requests_and_replies),
        needs(Step::WakePollers, 4000, requests_and_replies),
    ]
}

/// What wakes a child that sleeps.
#[derive(Default)]
struct Bell(Mutex<bool>, Condvar);

impl Bell {
    fn ring(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut rung = self.0.lock().unwrap();
        while !std::mem::take(&mut *rung) {
            rung = self.1.wait(rung).unwrap();
        }
    }
}

fn requests_and_replies() {
    const REQUESTS: u32 = 3;
    let mut parent = ParentEnd::new(Duration::ZERO, true).unwrap();
    let mut child = ChildEnd::new(parent.as_fd().try_clone_to_owned().unwrap()).unwrap();
    let bell = Arc::new(Bell::default());
    let childs_bell = Arc::clone(&bell);
    let worker = thread::spawn(move || {
        for number in 1..=REQUESTS {
            while !child.requested() && child.may_sleep() {
                childs_bell.wait();
            }
            let (request, reply) = child.begin().unwrap();
            assert_eq!(request.len() + 1, number as usize);
            let request = request.to_vec();
            reply.buffer.extend(&request).unwrap();
            reply.keep();
            // Who has not come yet to poll will look before it sleeps.
            let _ = child.publish(Duration::ZERO);
        }
    });
    let signals = Arc::clone(parent.signals());
    for number in 1..=REQUESTS {
        // A second one polls as well, or comes late.
        let other = thread::spawn({
            let signals = Arc::clone(&signals);
            move || poll(&signals, number)
        });
        poll(&signals, number);
        other.join().unwrap();
        assert_eq!(parent.reply().unwrap().unwrap().len() + 1, number as usize);
        if number < REQUESTS {
            let request = parent.request().unwrap();
            request.clear();
            request.extend(&vec![0; number as usize]).unwrap();
            if parent.publish() {
                bell.ring();
            }
        }
    }
    worker.join().unwrap();
}

fn poll(signals: &crate::ipc::mailbox::Signals, number: u32) {
    signals.poll();
    loop {
        let news = signals.news();
        if signals.replied() == number {
            break;
        }
        assert!(signals.sleep(news, None));
    }
    signals.leave();
}
