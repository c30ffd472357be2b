//! `speedup serve` as a program: what it says, how it ends, and what it exports.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::http::{get, status};
use crate::support::{flags, names_in, report, run, speedup, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use speedup_flags::client::registry::STYLES;

/// A server that says where it listens.
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
    while !in_flight(addrs[0]) {
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

fn in_flight(addr: SocketAddr) -> bool {
    let stats: serde_json::Value = serde_json::from_slice(&get(addr, "/stats").body).unwrap();
    stats["in_flight"] == 1
}

#[test]
fn all_three_sites_are_served_at_once() {
    let (mut child, addrs, _lines) = serve(&["--delay", "100ms", "--threads", "2"]);
    assert_eq!(status(&get(addrs[0], "/flags/br/br.gif")), "200");
    let begin = Instant::now();
    assert_eq!(status(&get(addrs[1], "/flags/zz/zz.gif")), "404");
    assert!(begin.elapsed() >= Duration::from_millis(100));
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
            "--site 'fast': there is no site fast; there are local, delay, error, all",
        ),
        (&["--site", "local,LOCAL"], 2, "--site 'local,LOCAL': names LOCAL twice"),
        (&["--port", "65535"], 2, "--port '65535': leaves no port above it for every site"),
        (&["--port", "70000"], 2, "--port '70000': must be a whole number from 0 to 65535"),
        (&["--delay", "soon"], 2, "--delay 'soon': must be a time of at most an hour such as 500ms"),
        (
            &["--fault", "fire=1"],
            2,
            "--fault 'fire=1': there is no fault fire; there are error, delay, reset",
        ),
        (
            &["--fault", "reset=80"],
            2,
            "--fault 'reset=80': ERROR: error=25,delay=50,reset=80 are 155 percent together",
        ),
        (&["--bind", "here"], 2, "--bind 'here': must be an IP address"),
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

/// A real server of another project, where it is installed; otherwise this says so and proves nothing.
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
