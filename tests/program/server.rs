//! The server of flags: right answers, wrong ones on purpose, and clients of every kind.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::support::http::{exchange, get, status};
use crate::support::{flags, names_in, report, stderr, stdout};
use proptest::prelude::*;
use speedup_flags::assets;
use speedup_flags::client::registry::STYLES;
use speedup_flags::codes::ALL;
use speedup_flags::server::{Background, Delay, Fault, Faults, KeepAlive, Limits, Settings, Site, StatsPath};
use speedup_machine::limits::make_room_for_files;

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
            Fault::Truncate => Some("Connection error: the server closed the connection too early"),
            Fault::Length => Some("Bad body: the image ends in the middle"),
            Fault::Dribble | Fault::Hang => Some("Timeout: no complete answer within 0.3s"),
            Fault::Malformed => Some("Connection error: the answer is no HTTP"),
        };
        // Short only where it is what ends the wait.
        let timeout = if expected.is_some_and(|text| text.contains("Timeout")) { "300ms" } else { "30s" };
        for style in STYLES {
            let (name, style) = (fault.name(), style.name());
            let arguments = ["AD", "AE", "BR", "--url", &url, "--style", style, "--timeout", timeout, "-v"];
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
    let buckets = "error=10,delay=20,reset=10,truncate=10,length=10,malformed=10".parse().unwrap();
    let faults = Faults::of(Site::Error).with_buckets(&buckets);
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

#[test]
fn stats_are_at_their_path_only_where_asked_for() {
    let (server, _) = start(Settings { stats: StatsPath::Shown, ..Settings::of(Site::Local) });
    get(server.addr(), "/flags/br/br.gif");
    get(server.addr(), "/flags/aa/aa.gif");
    let stats: serde_json::Value = serde_json::from_slice(&get(server.addr(), "/stats").body).unwrap();
    assert_eq!((&stats["requests"], &stats["outcomes"]["found"]), (&2.into(), &1.into()));
    assert_eq!((&stats["outcomes"]["not_found"], &stats["peak_in_flight"]), (&1.into(), &1.into()));
}

#[test]
fn stats_answer_only_what_asks_for_them() {
    let (server, _) = start(Settings { stats: StatsPath::Shown, ..Settings::of(Site::Local) });
    let head = exchange(server.addr(), b"HEAD /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!((status(&head), head.body.len()), ("200", 0));
    let post = exchange(server.addr(), b"POST /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!((status(&post), post.head.contains("allow: get, head\r\n")), ("405", true), "{}", post.head);
}

#[test]
fn a_request_says_once_and_rightly_whom_it_is_for() {
    let (server, _) = start(Settings::of(Site::Local));
    let ask = |version: &str, hosts: &str| {
        let head = format!("GET /flags/br/br.gif HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        status(&exchange(server.addr(), head.as_bytes())).to_string()
    };
    for (version, hosts, expected) in [
        ("1.1", "Host: x\r\n", "200"),
        ("1.1", "Host: [::1]:8001\r\n", "200"),
        ("1.1", "Host:\r\n", "200"),
        ("1.0", "", "200"),
        ("1.1", "", "400"),
        ("1.1", "Host: x\r\nHost: x\r\n", "400"),
        ("1.0", "Host: x\r\nHost: y\r\n", "400"),
        ("1.1", "Host: a b\r\n", "400"),
        ("1.1", "Host: me@x\r\n", "400"),
        ("1.1", "Host: x:port\r\n", "400"),
    ] {
        assert_eq!(ask(version, hosts), expected, "HTTP/{version} {hosts:?}");
    }
}

#[test]
fn a_client_that_has_said_all_it_will_say_gets_its_answer() {
    for settings in [Settings::of(Site::Local), always(Fault::Delay)] {
        let (server, _) = start(settings);
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        stream.write_all(b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&answer));
        assert!(answer.ends_with(assets::gif(ALL[22]).unwrap()), "the whole flag");
    }
}

#[test]
fn a_path_may_be_written_with_detours() {
    let (server, _) = start(Settings::of(Site::Local));
    let image = get(server.addr(), "/flags/br/%62r.gif");
    assert!(status(&image) == "200" && image.body == assets::gif(ALL[22]).unwrap(), "{}", image.head);
    assert_eq!(status(&get(server.addr(), "/flags/br%2Fbr.gif")), "404");
}

/// Clients that ask again and again and never read what they are sent.
#[test]
fn clients_that_take_nothing_are_given_up() {
    let limits = Limits { connections: 3, idle: Duration::from_millis(200), ..Limits::default() };
    let (server, _) = start(Settings { limits, ..Settings::of(Site::Local) });
    let request = b"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let deaf: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(server.addr()).unwrap();
            stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
            // Until the server, which has nowhere to put its answers, takes no more; or gives up.
            while stream.write_all(&request).is_ok() {}
            stream
        })
        .collect();
    // They have all the room that there is.
    assert_eq!(status(&get(server.addr(), "/flags/br/br.gif")), "200");
    drop(deaf);
}
