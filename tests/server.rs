//! `speedup serve` and the server beneath it: right answers, wrong ones on purpose, and clients of every kind.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use speedup::flags::assets;
use speedup::flags::client::registry::STYLES;
use speedup::flags::codes::ALL;
use speedup::flags::server::{
    Background, Delay, Fault, Faults, KeepAlive, Limits, Settings, Site, StatsPath,
};
use speedup::sys::limits::make_room_for_files;
use support::{flags, names_in, report, run, speedup, stderr, stdout};

/// What a server said until it closed the connection.
struct Answer {
    head: String,
    body: Vec<u8>,
}

/// Sends bytes and reads until the server closes the connection.
fn exchange(addr: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // A server that refuses a request may do so before it has read all of it.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
    let body = bytes.split_off(end);
    Answer { head: String::from_utf8_lossy(&bytes).to_lowercase(), body }
}

fn get(addr: SocketAddr, path: &str) -> Answer {
    exchange(addr, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
}

fn status(answer: &Answer) -> &str {
    answer.head.get(9..12).unwrap_or("")
}

fn start(settings: Settings) -> (Background, String) {
    let server = Background::start(settings).unwrap();
    let url = format!("http://{}/flags", server.addr());
    (server, url)
}

/// A server that always does this.
fn always(fault: Fault) -> Settings {
    let faults = Faults::default().with(fault, 100.0);
    Settings { faults, delay: Delay::Fixed(Duration::from_millis(20)), ..Settings::of(Site::Local) }
}

#[test]
fn flags_and_what_is_told_of_them_are_there_and_nothing_else_is() {
    let (server, _) = start(Settings::of(Site::Local));
    let image = get(server.addr(), "/flags/br/br.gif");
    assert_eq!(status(&image), "200");
    assert!(image.head.contains("content-type: image/gif\r\n"), "{}", image.head);
    assert!(image.body == assets::gif(ALL[22]).unwrap(), "the flag of Brazil");
    let metadata = get(server.addr(), "/flags/br/metadata.json?x=1");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.body).unwrap();
    assert_eq!(metadata, serde_json::json!({"tld_cc": "br", "iso_cc": "BR", "country": "Brazil"}));
    for path in [
        "/",
        "/flags/aa/aa.gif",
        "/flags/BR/BR.gif",
        "/flags/../../etc/passwd",
        "//flags/br/br.gif",
        "/stats",
    ] {
        assert_eq!(status(&get(server.addr(), path)), "404", "{path}");
    }
    let head =
        exchange(server.addr(), b"HEAD /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let length = format!("content-length: {}\r\n", image.body.len());
    assert!(status(&head) == "200" && head.head.contains(&length) && head.body.is_empty(), "{}", head.head);
    let post = exchange(server.addr(), b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(status(&post) == "405" && post.head.contains("allow: get, head\r\n"), "{}", post.head);
}

#[test]
fn every_kind_of_fault_is_met_rightly_by_every_style() {
    for fault in Fault::ALL {
        let (server, url) = start(always(fault));
        let expected = match fault {
            Fault::Delay => None,
            Fault::Error => Some("HTTP 50"),
            Fault::Reset => Some("Connection error: the server reset the connection"),
            Fault::Truncate => Some(""),
            Fault::Length => Some("Bad body: the image ends in the middle"),
            Fault::Dribble | Fault::Hang => Some("Timeout: no complete answer within 0.3s"),
            Fault::Malformed => Some("Connection error: the answer is no HTTP"),
        };
        for style in STYLES {
            let (name, style) = (fault.name(), style.name());
            let arguments = ["AD", "AE", "BR", "--url", &url, "--style", style, "--timeout", "300ms", "-v"];
            let (output, dest) = flags(&arguments);
            let report = report(&output);
            let code = expected.map_or(0, |_| 1);
            assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(code), ""), "{name} {style}");
            let Some(expected) = expected else {
                assert_eq!(report.last(), Some(&"3 flags downloaded."), "{name} {style}");
                continue;
            };
            assert_eq!(report.last(), Some(&"3 errors."), "{name} {style}: {report:?}");
            for line in &report[3..6] {
                assert!(
                    line.starts_with("*** Error for ") && line.contains(expected),
                    "{name} {style}: {line}"
                );
            }
            assert_eq!(names_in(dest.path()), Vec::<String>::new(), "{name} {style}");
        }
        let stats = server.stats();
        let outcome = if fault == Fault::Delay { "of_these_late" } else { fault.name() };
        assert_eq!(stats.outcomes[outcome], stats.requests, "{stats:?}");
        assert!(stats.requests >= 3 * STYLES.len() as u64, "{stats:?}");
    }
}

#[test]
fn an_answer_that_dribbles_is_worth_waiting_for() {
    let (_server, url) = start(always(Fault::Dribble));
    let (output, dest) = flags(&["BR", "CN", "--url", &url, "--style", "async"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(names_in(dest.path()), ["br.gif", "cn.gif"]);
}

#[test]
fn a_mixture_of_faults_comes_out_the_same_in_every_style_and_concurrency() {
    let faults =
        Faults::of(Site::Error).with_text("error=10,delay=20,reset=10,truncate=10,length=10,malformed=10");
    let mixture = Settings { faults: faults.unwrap(), seed: 4, ..always(Fault::Delay) };
    let (_server, url) = start(mixture);
    let mut seen = Vec::new();
    for (style, connections) in [("sequential", "1"), ("threads", "64"), ("async", "100"), ("processes", "2")]
    {
        let (output, dest) = flags(&["-e", "--url", &url, "--style", style, "-m", connections, "--json"]);
        let json: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
        let downloaded = json["tally"]["downloaded"].as_u64().unwrap() as usize;
        assert_eq!(names_in(dest.path()).len(), downloaded, "{style}");
        // Half of all requests go wrong; chance may well make it a few more or less.
        assert!((65..130).contains(&downloaded), "{style}: {downloaded}");
        let outcomes = json["outcomes"].as_array().unwrap().iter();
        seen.push(
            outcomes.map(|outcome| (outcome["cc"].clone(), outcome["status"].clone())).collect::<Vec<_>>(),
        );
    }
    assert!(seen.iter().all(|outcomes| *outcomes == seen[0]));
}

#[test]
fn attempts_that_nobody_numbers_are_counted() {
    let (server, _) = start(Settings { delay: Delay::Fixed(Duration::ZERO), ..Settings::of(Site::Error) });
    let counted: Vec<String> =
        (0..40).map(|_| status(&get(server.addr(), "/flags/br/br.gif")).to_string()).collect();
    assert!(counted.iter().any(|status| status == "200") && counted.iter().any(|status| status != "200"));
    for (index, expected) in counted.iter().enumerate() {
        let attempt = index + 1;
        let request = format!(
            "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nX-Attempt: {attempt}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(status(&exchange(server.addr(), request.as_bytes())), expected, "{attempt}");
    }
}

#[test]
fn connections_are_kept_or_closed_as_told_and_not_kept_for_ever() {
    let twice =
        b"GET /flags/ad/ad.gif HTTP/1.1\r\nHost: x\r\n\r\nGET /flags/ae/ae.gif HTTP/1.1\r\nHost: x\r\n\r\n";
    let limits = Limits { idle: Duration::from_millis(200), ..Limits::default() };
    for (keep_alive, expected) in [(KeepAlive::Yes, 2), (KeepAlive::No, 1)] {
        let (server, _) = start(Settings { keep_alive, limits, ..Settings::of(Site::Local) });
        let begin = Instant::now();
        exchange(server.addr(), twice);
        assert_eq!(server.stats().requests, expected);
        assert!(begin.elapsed() < Duration::from_secs(50), "it was closed in the end");
        // So is one that never ends its request.
        let answer = exchange(server.addr(), b"GET /flags/ad/ad.gif HTTP/1.1\r\nHos");
        assert!(answer.body.is_empty());
    }
}

#[test]
fn what_is_no_request_is_refused_and_the_next_one_is_served() {
    let (server, _) = start(Settings::of(Site::Local));
    let long_line = [b"GET /".as_slice(), &b"a".repeat(200_000), b" HTTP/1.1\r\n\r\n"].concat();
    let long_header = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &b"a".repeat(200_000), b"\r\n\r\n"].concat();
    let many_headers = [b"GET / HTTP/1.1\r\n".as_slice(), &b"X: y\r\n".repeat(5000), b"\r\n"].concat();
    let bad: [&[u8]; 11] = [
        b"",
        b"\0\0\0\0\r\n\r\n",
        b"GET\0/ HTTP/1.1\r\n\r\n",
        b"GET /flags/\0/.gif HTTP/1.1\r\n\r\n",
        b"BREW /flags/br/br.gif HTCPCP/1.0\r\n\r\n",
        b"GET /flags/br/br.gif HTTP/9.9\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        &long_line,
        &long_header,
        &many_headers,
    ];
    for request in bad {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        let _ = stream.write_all(request);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
        assert_eq!(status(&get(server.addr(), "/flags/br/br.gif")), "200");
    }
}

#[test]
fn idle_connections_do_not_keep_others_out() {
    let wanted = 2000;
    // Both ends are in this process.
    let room = make_room_for_files(2 * wanted + 500);
    let count = wanted.min(room.saturating_sub(500) / 2);
    let (server, _) = start(Settings::of(Site::Local));
    let mut idle: Vec<TcpStream> = (0..count).map(|_| TcpStream::connect(server.addr()).unwrap()).collect();
    for (index, stream) in idle.iter_mut().enumerate() {
        // Half of them have begun a request.
        if index % 2 == 0 {
            stream.write_all(b"GET /flags/br/").unwrap();
        }
    }
    for _ in 0..20 {
        assert_eq!(status(&get(server.addr(), "/flags/br/br.gif")), "200");
    }
    assert!(server.stats().connections > count, "{:?}", server.stats());
}

#[test]
fn more_connections_than_allowed_wait_for_their_turn() {
    // One that waits for its next request gives way after a moment.
    let limits = Limits { connections: 3, idle: Duration::from_millis(100), ..Limits::default() };
    let (server, url) = start(Settings { limits, ..always(Fault::Delay) });
    let (output, _dest) = flags(&["-al", "40", "--url", &url, "-m", "20", "--json", "--timeout", "50s"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    // Those that have a connection keep it while they work, so that the others come after them.
    assert!(server.stats().peak_in_flight <= 3, "{:?}", server.stats());
    assert_eq!(json["tally"]["downloaded"].as_u64().unwrap() + json["tally"]["errors"].as_u64().unwrap(), 40);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_stop_the_server(bytes in prop::collection::vec(any::<u8>(), 0..300), split in 0..300_usize) {
        let server = &*SERVER;
        for request in [&bytes[..], &[b"GET /flags/".as_slice(), &bytes, b" HTTP/1.1\r\n\r\n"].concat()] {
            let mut stream = TcpStream::connect(server.addr()).unwrap();
            let (one, two) = request.split_at(split.min(request.len()));
            let _ = stream.write_all(one).and_then(|()| stream.write_all(two));
            let _ = stream.shutdown(Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
        }
        let next = get(server.addr(), "/flags/br/br.gif");
        prop_assert_eq!(status(&next), "200");
    }
}

static SERVER: std::sync::LazyLock<Background> =
    std::sync::LazyLock::new(|| Background::start(Settings::of(Site::Local)).unwrap());

/// A server of its own that says where it listens.
fn serve(arguments: &[&str]) -> (Child, Vec<SocketAddr>, BufReader<std::process::ChildStdout>) {
    let mut child = speedup(&[&["serve", "--port", "0"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let sites = arguments.iter().position(|argument| *argument == "--site").map_or(3, |_| 1);
    let addrs = (0..sites).map(|_| {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let (_, url) = line.trim_end().split_once(" site: http://").unwrap();
        url.strip_suffix("/flags").unwrap().parse().unwrap()
    });
    let addrs = addrs.collect();
    (child, addrs, lines)
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

#[test]
fn ctrl_c_lets_the_request_under_way_end() {
    let (mut child, addrs, mut lines) = serve(&["--site", "delay", "--delay", "400ms", "--stats"]);
    let request = thread::spawn({
        let addr = addrs[0];
        move || get(addr, "/flags/br/br.gif")
    });
    while status(&get_stats(addrs[0])) != "200" || !in_flight(addrs[0]) {
        thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    assert_eq!(status(&request.join().unwrap()), "200");
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let counted: serde_json::Value = serde_json::from_str(&rest).unwrap();
    assert_eq!(
        (&counted[0]["site"], &counted[0]["outcomes"]["found"]),
        (&"DELAY".into(), &1.into()),
        "{rest}"
    );
    assert!(TcpStream::connect(addrs[0]).is_err());
}

fn get_stats(addr: SocketAddr) -> Answer {
    get(addr, "/stats")
}

fn in_flight(addr: SocketAddr) -> bool {
    let stats: serde_json::Value = serde_json::from_slice(&get_stats(addr).body).unwrap();
    stats["in_flight"] == 1
}

#[test]
fn all_three_sites_are_served_at_once() {
    let (mut child, addrs, _lines) = serve(&["--delay", "100ms", "--threads", "2"]);
    let begin = Instant::now();
    assert_eq!(status(&get(addrs[0], "/flags/br/br.gif")), "200");
    let begin_delay = Instant::now();
    assert_eq!(status(&get(addrs[1], "/flags/zz/zz.gif")), "404");
    assert!(begin_delay.elapsed() >= Duration::from_millis(100) && begin < begin_delay);
    let errors = (0..40).filter(|_| status(&get(addrs[2], "/flags/br/br.gif")).starts_with("50")).count();
    assert!((2..25).contains(&errors), "{errors}");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn wrong_arguments_and_taken_ports_are_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, code, expected) in [
        (
            &["--site", "fast"][..],
            2,
            "--site fast: there is no site 'fast'; there are local, delay, error, all",
        ),
        (&["--site", "local,LOCAL"], 2, "--site local,LOCAL: names LOCAL twice"),
        (&["--port", "65535"], 2, "--port 65535: there is no port that many above it"),
        (&["--port", "70000"], 2, "'70000' for '--port <PORT>'"),
        (
            &["--delay", "soon"],
            2,
            "'soon' for '--delay <TIME>': it must be a time of at most an hour such as 500ms",
        ),
        (
            &["--fault", "fire=1"],
            2,
            "--fault fire=1: LOCAL: there is no fault fire; there are error, delay, reset",
        ),
        (&["--fault", "reset=80"], 2, "ERROR: error=25,delay=50,reset=80 are 155 percent together"),
        (&["--bind", "here"], 2, "'here' for '--bind <ADDRESS>'"),
        (&["--bind", "192.0.2.1", "--port", "0"], 1, "--bind must name an address of this machine"),
        (&["--site", "local", "--port", &port], 1, "another program has the port, --port names another"),
        (&["--export", file], 1, "--export: "),
    ] {
        let output = run(&[&["serve"], arguments].concat());
        let message = stderr(&output);
        assert_eq!(
            (output.status.code(), message.lines().count()),
            (Some(code), 1),
            "{arguments:?}: {message}"
        );
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert_eq!(stdout(&output), "");
    }
}

/// A real server of somebody else, where it is installed; otherwise this says so and proves nothing.
#[test]
fn nginx_serves_the_exported_flags_to_every_style() {
    if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
        eprintln!("nginx is not installed, so that nothing was tried with it");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_str().unwrap();
    let exported = run(&["serve", "--export", root]);
    assert_eq!(stdout(&exported), format!("194 flags in {root}/flags\n"));
    assert_eq!(names_in(&dir.path().join("flags/br")), ["br.gif", "metadata.json"]);
    let nginx = Nginx::start(dir.path());
    for style in STYLES {
        let (output, dest) = flags(&["-e", "--url", &nginx.url, "--style", style.name()]);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{}", style.name());
        assert_eq!(report(&output)[4..], ["194 flags downloaded.", "482 not found."], "{}", style.name());
        assert_eq!(names_in(dest.path()).len(), 194);
    }
}

struct Nginx {
    child: Child,
    url: String,
}

impl Nginx {
    fn start(root: &Path) -> Self {
        // Its workers may belong to another user, who must be able to look into the folder.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(root, open).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = root.display();
        let settings = format!(
            "daemon off; worker_processes 2; pid {root}/pid; error_log {root}/log; events {{}} http {{ \
             access_log off; client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; \
             fastcgi_temp_path {root}/t3; uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5; \
             server {{ listen 127.0.0.1:{port}; root {root}; }} }}"
        );
        let file = format!("{root}/nginx.conf");
        std::fs::write(&file, settings).unwrap();
        let child = Command::new("nginx").args(["-c", &file]).stderr(Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(30), "nginx does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("http://127.0.0.1:{port}/flags") }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

#[test]
fn stats_are_at_their_path_only_where_asked_for() {
    let (server, _) = start(Settings { stats: StatsPath::Shown, ..Settings::of(Site::Local) });
    get(server.addr(), "/flags/br/br.gif");
    get(server.addr(), "/flags/aa/aa.gif");
    let stats: serde_json::Value = serde_json::from_slice(&get_stats(server.addr()).body).unwrap();
    assert_eq!((&stats["requests"], &stats["outcomes"]["found"]), (&2.into(), &1.into()));
    assert_eq!((&stats["outcomes"]["not_found"], &stats["peak_in_flight"]), (&1.into(), &1.into()));
}
