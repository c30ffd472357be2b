//! Both ends of a mailbox, in one process.

use super::*;

fn pair() -> (ParentEnd, ChildEnd) {
    let parent = ParentEnd::new(Duration::ZERO, true).unwrap();
    let child = ChildEnd::new(parent.as_fd().try_clone_to_owned().unwrap()).unwrap();
    (parent, child)
}

fn echo(child: &mut ChildEnd) -> bool {
    let (request, reply) = child.begin().unwrap();
    let request = request.to_vec();
    reply.buffer.extend(&request).unwrap();
    reply.keep();
    child.publish(Duration::from_nanos(5))
}

#[test]
fn messages_go_there_and_back_and_nobody_writes_out_of_turn() {
    let (mut parent, mut child) = pair();
    assert!(child.requested() && parent.request().is_none());
    assert!(echo(&mut child));
    assert_eq!(parent.reply().unwrap(), Some(vec![]));
    for length in [3, 200_000, 0, 70_000] {
        let message: Vec<u8> = (0..length).map(|i| i as u8).collect();
        assert!(!child.requested() && child.may_sleep());
        let request = parent.request().unwrap();
        request.clear();
        request.extend(&message).unwrap();
        assert!(parent.publish());
        assert!(parent.request().is_none() && parent.reply().unwrap().is_none());
        assert!(child.requested() && !child.may_sleep() && !parent.signals().begun());
        assert!(echo(&mut child));
        assert!(parent.signals().begun());
        assert_eq!(parent.reply().unwrap(), Some(message.clone()));
        assert_eq!(parent.signals().busy_ns(), 5);
    }
}

#[test]
fn what_a_dead_child_has_kept_can_be_read() {
    let (mut parent, mut child) = pair();
    let (_, reply) = child.begin().unwrap();
    reply.buffer.extend(b"kept").unwrap();
    reply.keep();
    reply.buffer.extend(b"lost").unwrap();
    assert_eq!(parent.reply().unwrap(), None);
    assert_eq!(parent.reply_so_far().unwrap(), b"kept");
}

#[test]
fn a_child_begins_no_more_than_the_parent_allows() {
    let (mut parent, mut child) = pair();
    let _ = echo(&mut child);
    parent.request().unwrap().clear();
    let _ = parent.publish();
    let (_, reply) = child.begin().unwrap();
    assert!(reply.begin_part() && reply.begin_part());
    assert_eq!(parent.signals().stop(), 2);
    assert!(!reply.begin_part());
    let _ = child.publish(Duration::ZERO);
    // The next request is another matter.
    parent.request().unwrap().clear();
    let _ = parent.publish();
    assert_eq!(parent.signals().stop(), 1);
}

#[test]
fn who_attends_is_not_rung_for_and_wakes() {
    let (parent, mut child) = pair();
    let signals = Arc::clone(parent.signals());
    signals.poll();
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            loop {
                let news = signals.news();
                if signals.replied() != 0 {
                    break;
                }
                let _ = signals.sleep(news, None);
            }
        });
        assert!(!echo(&mut child));
        sleeper.join().unwrap();
    });
    signals.leave();
}

#[test]
fn long_bytes_stand_in_the_annex_as_far_as_they_are_kept() {
    let (mut parent, mut child) = pair();
    for length in [3_u64, 100_000] {
        let (_, mut reply) = child.begin().unwrap();
        let annex = reply.annex.as_mut().unwrap();
        annex.extend(&vec![1; length as usize]).unwrap();
        annex.extend(b"second").unwrap();
        reply.keep();
        reply.annex.as_mut().unwrap().extend(b"lost").unwrap();
        assert_eq!(parent.annex(0, &[length, 6]), [vec![1; length as usize], b"second".to_vec()]);
        assert_eq!(parent.annex(length, &[6, 4]), [b"second"]);
        assert!(parent.annex(0, &[length + 7]).is_empty() && parent.annex(7, &[u64::MAX]).is_empty());
        let _ = child.publish(Duration::ZERO);
        parent.request().unwrap().clear();
        let _ = parent.publish();
        assert!(parent.annex(0, &[1]).is_empty());
    }
    let parent = ParentEnd::new(Duration::ZERO, false).unwrap();
    let mut child = ChildEnd::new(parent.as_fd().try_clone_to_owned().unwrap()).unwrap();
    assert!(child.begin().unwrap().1.annex.is_none());
}

#[test]
fn a_length_beyond_all_bounds_is_an_error() {
    let (mut parent, mut child) = pair();
    let _ = child.begin().unwrap();
    parent.signals.control().reply.length.store(u64::MAX, SeqCst);
    assert_eq!(parent.reply_so_far().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_file_that_is_no_mailbox_is_refused() {
    let file: OwnedFd = std::fs::File::open("/dev/null").unwrap().into();
    assert!(ChildEnd::new(file).is_err());
}

#[test]
fn what_was_received_stays_whatever_the_other_side_writes() {
    let (mut parent, mut child) = pair();
    let (_, reply) = child.begin().unwrap();
    reply.buffer.extend(b"first").unwrap();
    reply.keep();
    let _ = child.publish(Duration::ZERO);
    let received = parent.reply().unwrap().unwrap();
    // Out of turn, as a copy of it would that a task has forked.
    let (_, reply) = child.begin().unwrap();
    reply.buffer.extend(b"SECOND").unwrap();
    assert_eq!(received[..], b"first"[..]);
    // The other way, where the parent is at fault.
    let request = parent.request().unwrap();
    request.clear();
    request.extend(b"first").unwrap();
    let _ = parent.publish();
    let (request, _) = child.begin().unwrap();
    parent.request.overwrite(0, b"SECON");
    assert_eq!(request[..], b"first"[..]);
}
