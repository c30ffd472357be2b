//! `speedup flags`: every style against real servers, good and bad.

mod answers;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{flags, names_in, report, run, speedup, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use speedup_flags::assets;
use speedup_flags::client::registry::STYLES;
use speedup_flags::codes::ALL;
use speedup_flags::server::{Background, Settings, Site};

fn styles() -> impl Iterator<Item = &'static str> {
    STYLES.iter().map(|style| style.name())
}

fn start(settings: Settings) -> (Background, String) {
    let server = Background::start(settings).unwrap();
    let url = format!("http://{}/flags", server.addr());
    (server, url)
}

const LINE: &str = "--------------------";

#[test]
fn every_code_is_downloaded_or_not_found_in_every_style() {
    let (_server, url) = start(Settings::of(Site::Local));
    for style in styles() {
        let (output, dest) = flags(&["-e", "--url", &url, "--style", style]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{style}");
        let report = report(&output);
        assert_eq!(report[0], format!("URL site: {url}"), "{style}");
        assert_eq!(report[1], "Searching for 676 flags: from AA to ZZ", "{style}");
        assert_eq!(report[3..], [LINE, "194 flags downloaded.", "482 not found."], "{style}");
        let expected: Vec<String> =
            ALL.iter().map(|cc| format!("{}.gif", cc.to_string().to_lowercase())).collect();
        assert_eq!(names_in(dest.path()), expected, "{style}");
        for cc in ALL {
            let path = dest.path().join(format!("{}.gif", cc.to_string().to_lowercase()));
            assert!(fs::read(path).unwrap() == assets::gif(cc).unwrap(), "{style} {cc}");
        }
    }
}

#[test]
fn the_runs_of_the_book() {
    // Each has its own server, or finds one that is running already.
    for (arguments, expected) in [
        (
            &["--style", "sequential"][..],
            &[
                "LOCAL",
                "Searching for 20 flags: from BD to VN",
                "1 concurrent connection will be used.",
                LINE,
                "20 flags downloaded.",
            ][..],
        ),
        (
            &["-s", "delay", "a", "b", "c"],
            &[
                "DELAY",
                "Searching for 78 flags: from AA to CZ",
                "30 concurrent connections will be used.",
                LINE,
                "43 flags downloaded.",
                "35 not found.",
            ],
        ),
        (
            &["-al", "100", "-m", "100", "--style", "async"],
            &[
                "LOCAL",
                "Searching for 100 flags: from AD to LK",
                "100 concurrent connections will be used.",
                LINE,
                "100 flags downloaded.",
            ],
        ),
        (
            &["us", "BR", "Us"],
            &[
                "LOCAL",
                "Searching for 2 flags: BR, US",
                "2 concurrent connections will be used.",
                LINE,
                "2 flags downloaded.",
            ],
        ),
    ] {
        let (output, _dest) = flags(arguments);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        let report = report(&output);
        let site = format!("{} site: http://localhost:", expected[0]);
        assert!(report[0].starts_with(&site), "{report:?}");
        assert_eq!(report[1..], expected[1..]);
    }
}

#[test]
fn verbose_and_plain_forms() {
    let (_server, url) = start(Settings::of(Site::Local));
    let (output, _dest) = flags(&["-v", "br", "aa", "--url", &url, "--style", "sequential"]);
    assert_eq!(report(&output)[3..], ["AA not found", "BR OK", LINE, "1 flag downloaded.", "1 not found."]);

    let (output, _dest) = flags(&["--plain", "--url", &url, "--style", "threads-map", "-m", "7"]);
    let text = stdout(&output);
    let (codes, last) = text.split_once('\n').unwrap();
    assert_eq!(codes, "BD BR CD CN DE EG ET FR ID IN IR JP MX NG PH PK RU TR US VN ");
    assert!(last.starts_with("20 flags downloaded in ") && last.ends_with("s\n"), "{last}");
}

#[test]
fn a_seed_gives_the_same_outcomes_again_in_every_style() {
    let (_server, url) = start(Settings { seed: 5, ..Settings::of(Site::Error) });
    let mut seen: Option<BTreeMap<String, String>> = None;
    for style in styles().filter(|style| *style != "sequential").chain(["threads"]) {
        let (output, _dest) = flags(&["--url", &url, "-e", "--json", "-m", "200", "--style", style]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""), "{style}");
        let json: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        let outcomes = json["outcomes"].as_array().unwrap().iter();
        let outcome = |outcome: &serde_json::Value| {
            (outcome["cc"].to_string(), format!("{} {}", outcome["status"], outcome["error"]))
        };
        let outcomes: BTreeMap<String, String> = outcomes.map(outcome).collect();
        let count = |status: &str| outcomes.values().filter(|outcome| outcome.contains(status)).count();
        let tally = &json["tally"];
        assert_eq!(tally["errors"], count("error"), "{style}");
        assert_eq!(tally["downloaded"], count("downloaded"), "{style}");
        assert_eq!(count("error") + count("downloaded") + count("not_found"), 676, "{style}");
        // A quarter is to fail; this seed is no odd one.
        assert!((120..220).contains(&count("error")), "{}", count("error"));
        assert_eq!(*seen.get_or_insert_with(|| outcomes.clone()), outcomes, "{style}");
    }
}

#[test]
fn retries_make_up_for_errors() {
    let (_server, url) = start(Settings::of(Site::Error));
    let (output, dest) = flags(&["--url", &url, "--retries", "12", "--json", "-m", "20"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((output.status.code(), &json["tally"]["downloaded"]), (Some(0), &20.into()), "{json}");
    assert!(
        json["outcomes"].as_array().unwrap().iter().any(|outcome| outcome["attempts"].as_u64() > Some(1))
    );
    assert_eq!(names_in(dest.path()).len(), 20);
}

/// A server that answers every request the same way, right or wrong, and then closes the connection.
fn raw(answer: impl Fn(&mut TcpStream) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/flags", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                if lines.any(|line| line.is_ok_and(|line| line.is_empty())) {
                    answer(&mut stream);
                }
            });
        }
    });
    url
}

/// An image under a header that may lie about its length.
fn lying(declared: i64, sent: i64) -> impl Fn(&mut TcpStream) + Clone + Send + 'static {
    move |stream| {
        let image = assets::gif(ALL[0]).unwrap().to_vec();
        let length = i64::try_from(image.len()).unwrap();
        let declared = length + declared;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n");
        let sent = usize::try_from(length + sent).unwrap();
        let _ = stream.write_all(&[head.as_bytes(), &image[..sent]].concat());
    }
}

fn fixed(bytes: &'static [u8]) -> impl Fn(&mut TcpStream) + Clone + Send + 'static {
    move |stream| drop(stream.write_all(bytes))
}

fn hang(stream: &mut TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nGIF89a");
    thread::sleep(Duration::from_secs(600));
}

/// Runs every style against a bad server: each flag must be an error, or `expected`, and no file left.
fn all_fail(what: &str, url: &str, message: &str) {
    // Short only where it is what ends the wait.
    let timeout = if message.contains("Timeout") { "300ms" } else { "30s" };
    for style in styles() {
        let arguments = ["AD", "AE", "BR", "--url", url, "--style", style, "--timeout", timeout, "-v"];
        let (output, dest) = flags(&arguments);
        let report = report(&output);
        assert_eq!(
            (output.status.code(), stderr(&output).as_str()),
            (Some(1), ""),
            "{what} {style}: {report:?}"
        );
        let tail = [LINE, "0 flags downloaded.", "3 errors."];
        assert_eq!(report[6..], tail, "{what} {style}: {report:?}");
        for line in &report[3..6] {
            assert!(line.starts_with("*** Error for ") && line.contains(message), "{what} {style}: {line}");
        }
        assert_eq!(names_in(dest.path()), Vec::<String>::new(), "{what} {style}");
    }
}

#[test]
fn bad_answers_are_errors_of_their_flags_and_leave_no_file() {
    let early = "Connection error: the server closed the connection too early";
    all_fail("truncated", &raw(lying(0, -10)), early);
    all_fail("declared short", &raw(lying(-10, 0)), "Bad body: the image ends in the middle");
    all_fail("truncated with a length to match", &raw(lying(-10, -10)), "the image ends in the middle");
    all_fail("declared long", &raw(lying(10, 0)), early);
    all_fail(
        "no image",
        &raw(fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")),
        "Bad body: the body is no GIF",
    );
    all_fail(
        "no length, no image",
        &raw(fixed(b"HTTP/1.1 200 OK\r\n\r\nGIF89a")),
        "the image ends in the middle",
    );
    all_fail("no HTTP", &raw(fixed(b"220 mail.example ESMTP\r\n\r\n")), "Connection error: ");
    all_fail("nothing", &raw(fixed(b"")), "Connection error: ");
    all_fail("half a header", &raw(fixed(b"HTTP/1.1 200 OK\r\nContent-")), "Connection error: ");
    all_fail("hang", &raw(hang), "Timeout: no complete answer within 0.3s");
    let moved =
        b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n";
    all_fail("moved", &raw(fixed(moved)), "HTTP 301 - Moved Permanently");
    let unavailable = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    all_fail("unavailable", &raw(fixed(unavailable)), "HTTP 503 - Service Unavailable");
    all_fail("nobody", "http://127.0.0.1:1/flags", "Connection error: connection refused");
}

#[test]
fn ctrl_c_breaks_off_what_is_under_way_and_still_reports() {
    for style in styles() {
        let (tell, asked) = mpsc::channel();
        let url = raw(move |stream| {
            // Only the first is waited for.
            let _ = tell.send(());
            hang(stream);
        });
        let dest = tempfile::tempdir().unwrap();
        let folder = dest.path().to_str().unwrap();
        let arguments = ["flags", "-e", "--url", &url, "--style", style, "--dest", folder, "--timeout", "1h"];
        let child = speedup(&arguments).spawn().unwrap();
        asked.recv_timeout(Duration::from_secs(60)).expect("a request is under way");
        let begin = Instant::now();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(60), "{style}");
        assert_eq!(output.status.code(), Some(130), "{style}: {}", stderr(&output));
        let message = "speedup: interrupted; 676 of 676 flags were not there yet\n";
        assert_eq!(stderr(&output), message, "{style}");
        assert_eq!(report(&output)[3..], [LINE, "0 flags downloaded."], "{style}");
        assert_eq!(names_in(dest.path()), Vec::<String>::new(), "{style}");
    }
}

#[test]
fn what_was_downloaded_before_ctrl_c_is_counted() {
    for style in ["sequential", "threads", "threads-map", "async"] {
        for pause in [0, 3, 10, 20] {
            let (server, url) = start(Settings::of(Site::Local));
            let dest = tempfile::tempdir().unwrap();
            let folder = dest.path().to_str().unwrap();
            let arguments =
                ["flags", "-e", "--url", &url, "--style", style, "--dest", folder, "--repeat", "20"];
            let child = speedup(&arguments).spawn().unwrap();
            while server.stats().requests == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(pause));
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
            let output = child.wait_with_output().unwrap();
            let report = report(&output);
            // All that are on disk were counted, some of them more than once.
            let counted =
                report.iter().find_map(|line| line.strip_suffix(" flags downloaded.")).unwrap_or("1");
            let counted: usize = counted.parse().unwrap();
            assert!(names_in(dest.path()).len() <= counted, "{style}: {report:?}");
        }
    }
}

#[test]
fn folders_may_have_names_that_are_no_text() {
    let (_server, url) = start(Settings::of(Site::Local));
    let dest = tempfile::tempdir().unwrap();
    let folder = dest.path().join(OsStr::from_bytes(b"x\xff"));
    for style in styles() {
        let output = speedup(&["flags", "BR", "CN", "--url", &url, "--style", style, "--dest"])
            .arg(&folder)
            .output()
            .unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{style}");
        assert_eq!(names_in(&folder), ["br.gif", "cn.gif"], "{style}");
    }
}

#[test]
fn a_destination_that_cannot_be_is_one_line() {
    let dest = tempfile::tempdir().unwrap();
    let file = dest.path().join("file");
    fs::write(&file, "").unwrap();
    for style in styles() {
        let folder = file.join("folder");
        let url = "http://127.0.0.1:1/flags";
        let output = run(&["flags", "--url", url, "--dest", folder.to_str().unwrap(), "--style", style]);
        let message = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output)), (Some(1), ""), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("speedup: --dest: cannot write to the folder "), "{message}");
    }
}

#[test]
fn wrong_arguments_are_one_line_that_names_them() {
    for (arguments, expected) in [
        (&["USA"][..], "CC 'USA': must be a code, AA to ZZ, or a first letter, A to Z"),
        (&["-l", "0"], "--limit '0': must be a whole number from 1 to "),
        (&["-l", "-3"], "--limit '-3': must be a whole number"),
        (&["-m", "0"], "--max-req '0': must be a whole number"),
        (&["-m", "many"], "--max-req 'many': must be a whole number"),
        (&["-s", "FAST"], "--server 'FAST': there is no site FAST; there are DELAY, ERROR, LOCAL, REMOTE"),
        (
            &["--style", "fibers"],
            "--style 'fibers': there is no style fibers; there are sequential, threads, ",
        ),
        (&["--timeout", "soon"], "--timeout 'soon': must be a time from 1ms to 1h"),
        (&["--timeout", "0s"], "--timeout '0s': must be a time"),
        (&["--retries", "-1"], "--retries '-1': must be a whole number from 0 to 100"),
        (&["--url", "https://localhost/flags"], "--url 'https://localhost/flags': this build has no TLS"),
        (&["--url", "localhost"], "--url 'localhost': must be a URL such as"),
        (&["--url", "http://localhost", "-s", "LOCAL"], "cannot be combined with --"),
        (&["--plain", "--json"], "--plain: cannot be combined with --json"),
    ] {
        let (output, dest) = flags(arguments);
        let message = stderr(&output);
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
        assert!(message.contains(expected), "{message}");
        assert_eq!(names_in(dest.path()), Vec::<String>::new());
    }
}
