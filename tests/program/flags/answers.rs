//! Answers at the edge of HTTP: every style takes and refuses the same, in the same words.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use speedup_flags::assets;
use speedup_flags::codes::ALL;

use super::{all_fail, fixed, raw, styles};
use crate::support::{flags, names_in, report, speedup, stderr};

/// Runs every style against a server; what each says of the flag of Andorra.
fn verdicts(url: &str, more: &[&str]) -> Vec<(&'static str, String)> {
    let verdict = |style: &'static str| {
        let (output, _dest) = flags(&[&["AD", "--url", url, "--style", style, "-v"], more].concat());
        let lines = report(&output);
        (style, lines.get(3).map(ToString::to_string).unwrap_or_default())
    };
    styles().map(verdict).collect()
}

/// A flag under these headers.
fn with_headers(headers: String) -> String {
    raw(move |stream| {
        let image = assets::gif(ALL[0]).unwrap();
        let length = image.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
        let _ = stream.write_all(&[head.as_bytes(), image].concat());
    })
}

#[test]
fn long_heads_are_taken_or_refused_alike_in_every_style() {
    let lines = |count: usize| (0..count).map(|n| format!("X-{n}: y\r\n")).collect::<Vec<_>>().concat();
    let bytes = |count: usize| format!("X-Long: {}\r\n", "y".repeat(count));
    let refused = "the answer has more than 100 headers, or more than 16 KiB of them";
    for (what, headers, taken) in [
        ("90 headers", lines(90), true),
        ("99 headers", lines(99), false),
        ("120 headers", lines(120), false),
        ("300 headers", lines(300), false),
        ("15 KiB", bytes(15 << 10), true),
        ("17 KiB", bytes(17 << 10), false),
        ("40 KiB", bytes(40 << 10), false),
        ("400 KiB", bytes(400 << 10), false),
    ] {
        for (style, verdict) in verdicts(&with_headers(headers.clone()), &[]) {
            assert_eq!(verdict.contains(refused), !taken, "{what} {style}: {verdict}");
            assert_eq!(verdict.starts_with("AD"), taken, "{what} {style}: {verdict}");
        }
    }
}

#[test]
fn an_encoding_that_says_nothing_changes_nothing() {
    for (style, verdict) in verdicts(&with_headers("Transfer-Encoding: identity\r\n".to_string()), &[]) {
        assert!(verdict.starts_with("AD"), "{style}: {verdict}");
    }
    // The same on a connection that stays open.
    let open = raw(|stream| {
        let image = assets::gif(ALL[0]).unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: {}\r\n\r\n",
            image.len()
        );
        let _ = stream.write_all(&[head.as_bytes(), image].concat());
        thread::sleep(Duration::from_secs(600));
    });
    for (style, verdict) in verdicts(&open, &[]) {
        assert!(verdict.starts_with("AD"), "{style}: {verdict}");
    }
}

/// A server that answers the first request of a connection, and then gives up with 408 as if the next were late.
#[test]
fn a_server_that_gave_up_waiting_is_asked_again_over_a_new_connection() {
    let answer = |stream: &mut TcpStream| {
        let image = assets::gif(ALL[0]).unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", image.len());
        let _ = stream.write_all(&[head.as_bytes(), image].concat());
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        if lines.any(|line| line.is_ok_and(|line| line.is_empty())) {
            let late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(late);
        }
    };
    for style in styles() {
        let url = raw(answer);
        let (output, dest) = flags(&["AD", "AE", "BR", "--url", &url, "--style", style, "-m", "1", "-v"]);
        assert_eq!(output.status.code(), Some(0), "{style}: {:?}", report(&output));
        assert_eq!(names_in(dest.path()).len(), 3, "{style}");
    }
    // On a new connection it is the server's answer.
    all_fail(
        "late at once",
        &raw(fixed(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")),
        "HTTP 408",
    );
}

/// Interim answers, so many at a time with a pause in between, and no other.
fn hints(stream: &mut TcpStream, count: usize, pause: Duration) {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n".repeat(count);
    while stream.write_all(&hints).is_ok() {
        thread::sleep(pause);
    }
}

fn interim(count: usize, pause: Duration) -> String {
    raw(move |stream| hints(stream, count, pause))
}

#[test]
fn a_flood_of_interim_answers_is_refused_in_every_style() {
    for (style, verdict) in verdicts(&interim(1000, Duration::ZERO), &["--timeout", "1h"]) {
        assert!(verdict.contains("more than 16 KiB of them"), "{style}: {verdict}");
    }
}

#[test]
fn interim_answers_prolong_neither_the_timeout_nor_the_wait_for_ctrl_c() {
    let slow = Duration::from_millis(20);
    for (style, verdict) in verdicts(&interim(1, slow), &["--timeout", "300ms"]) {
        assert!(verdict.contains("Timeout: no complete answer within 0.3s"), "{style}: {verdict}");
    }
    for style in styles() {
        let (tell, asked) = mpsc::channel();
        let url = raw(move |stream| {
            let _ = tell.send(());
            hints(stream, 1, slow);
        });
        let dest = tempfile::tempdir().unwrap();
        let folder = dest.path().to_str().unwrap();
        let arguments = ["flags", "AD", "--url", &url, "--style", style, "--dest", folder, "--timeout", "1h"];
        let child = speedup(&arguments).spawn().unwrap();
        asked.recv_timeout(Duration::from_secs(60)).expect("a request is under way");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{style}: {}", stderr(&output));
    }
}
