//! `speedup doctor --root`: machines that are not at hand, by trees after the shapes of real ones.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::{run, stderr, stdout};

/// How the CPUs of a machine lie on cores, caches and nodes of memory.
#[derive(Clone)]
struct Shape {
    /// The CPUs of each core.
    cores: Vec<Vec<usize>>,
    /// Cores that share a second-level cache, and a third-level one.
    shared: [usize; 2],
    /// The CPUs of each node.
    nodes: Vec<Vec<usize>>,
    /// Further files, by path.
    files: Vec<(String, String)>,
}

/// That many cores with threads that are numbered core by core, or all first threads before all second ones.
fn shape(cores: usize, threads: usize, core_by_core: bool) -> Shape {
    let cpu = |core, thread| if core_by_core { core * threads + thread } else { thread * cores + core };
    let of = |core| (0..threads).map(|thread| cpu(core, thread)).collect();
    Shape {
        cores: (0..cores).map(of).collect(),
        shared: [1, cores],
        nodes: vec![(0..cores * threads).collect()],
        files: vec![("proc/cpuinfo".into(), "model name : Some CPU\n".into())],
    }
}

impl Shape {
    fn with(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    /// As many nodes, of neighbouring cores.
    fn nodes(mut self, nodes: usize) -> Self {
        let cores = self.cores.chunks(self.cores.len() / nodes);
        self.nodes = cores.map(<[_]>::concat).collect();
        self
    }

    fn sharing(mut self, second: usize, third: usize) -> Self {
        self.shared = [second, third];
        self
    }

    fn write(&self, root: &Path) {
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        };
        let cpus = "sys/devices/system/cpu";
        put(&format!("{cpus}/online"), &list(&self.cores.concat()));
        for (number, core) in self.cores.iter().enumerate() {
            let sharers = |cores: usize| self.cores.chunks(cores).nth(number / cores).unwrap().concat();
            let caches = [
                (1, "32K", core.clone()),
                (2, "1M", sharers(self.shared[0])),
                (3, "32M", sharers(self.shared[1])),
            ];
            for cpu in core {
                put(&format!("{cpus}/cpu{cpu}/topology/thread_siblings_list"), &list(core));
                for (index, (level, size, sharers)) in caches.iter().enumerate() {
                    let file = |name: &str| format!("{cpus}/cpu{cpu}/cache/index{index}/{name}");
                    put(&file("level"), &level.to_string());
                    put(&file("type"), if *level == 1 { "Data" } else { "Unified" });
                    put(&file("size"), size);
                    put(&file("shared_cpu_list"), &list(sharers));
                }
            }
        }
        let nodes = "sys/devices/system/node";
        put(&format!("{nodes}/online"), &format!("0-{}", self.nodes.len() - 1));
        for (number, node) in self.nodes.iter().enumerate() {
            put(&format!("{nodes}/node{number}/cpulist"), &list(node));
        }
        for (path, text) in &self.files {
            put(path, text);
        }
    }
}

fn list(cpus: &[usize]) -> String {
    cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// What is said of a machine, without the name of the folder.
fn told(shape: &Shape) -> String {
    let folder = tempfile::tempdir().unwrap();
    shape.write(folder.path());
    let root = folder.path().to_str().unwrap();
    let output = run(&["doctor", "--root", root]);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).replace(root, "ROOT")
}

/// A heading and what is said below it, for each machine.
fn all(shapes: &[(&str, Shape)]) -> String {
    shapes.iter().fold(String::new(), |mut text, (name, shape)| {
        let _ = writeln!(text, "== {name}\n{}", told(shape));
        text
    })
}

#[test]
fn hardware_threads() {
    let shapes = [
        ("two a core, first threads first", shape(4, 2, false)),
        ("two a core, core by core", shape(4, 2, true)),
        ("four a core", shape(4, 4, true)),
        ("eight a core", shape(2, 8, true)),
    ];
    insta::assert_snapshot!(all(&shapes));
}

#[test]
fn cores_of_several_kinds() {
    // Two large cores with two threads, four small ones that share a cache.
    let mut hybrid = shape(6, 1, true);
    hybrid.cores = vec![vec![0, 1], vec![2, 3], vec![4], vec![5], vec![6], vec![7]];
    hybrid.nodes = vec![(0..8).collect()];
    let hybrid = hybrid.with("sys/devices/cpu_core/cpus", "0-3").with("sys/devices/cpu_atom/cpus", "4-7");
    let little = (0..8).fold(shape(8, 1, true), |shape, cpu| {
        let capacity = if cpu < 4 { "446" } else { "1024" };
        shape.with(&format!("sys/devices/system/cpu/cpu{cpu}/cpu_capacity"), capacity)
    });
    let clocks = (0..4).fold(shape(4, 1, true), |shape, cpu| {
        let khz = if cpu < 2 { "5000000" } else { "3800000" };
        shape.with(&format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/cpuinfo_max_freq"), khz)
    });
    let shapes =
        [("named", hybrid), ("two capacities", little.sharing(4, 8)), ("two clocks, no threads", clocks)];
    insta::assert_snapshot!(all(&shapes));
}

#[test]
fn nodes_and_caches() {
    let mut empty = shape(4, 1, true);
    empty.nodes.push(Vec::new());
    let empty = empty
        .with("sys/devices/system/node/has_memory", "0-1")
        .with("sys/devices/system/node/node1/cpulist", "");
    let shapes = [
        ("two nodes", shape(8, 2, false).nodes(2).sharing(1, 4)),
        ("eight nodes", shape(32, 1, true).nodes(8).sharing(1, 4)),
        ("a node without CPUs", empty),
        ("clusters of a second-level cache", shape(16, 1, true).sharing(4, 16)),
        ("several third-level caches a node", shape(16, 1, true).sharing(1, 4)),
        ("256 CPUs", shape(64, 4, true).nodes(8).sharing(1, 8)),
        ("2,048 CPUs", shape(1024, 2, false).nodes(16).sharing(1, 64)),
    ];
    insta::assert_snapshot!(all(&shapes));
}

#[test]
fn what_is_off_or_not_allowed() {
    let mut sparse = shape(4, 1, true);
    sparse.cores = vec![vec![0], vec![8], vec![16], vec![130]];
    sparse.nodes = vec![vec![0, 8, 16, 130]];
    let siblings = "sys/devices/system/cpu/cpu0/topology/thread_siblings_list";
    let group = |shape: Shape| shape.with("proc/self/cgroup", "0::/a");
    let legacy = shape(8, 1, true)
        .with("proc/self/cgroup", "4:cpuset:/a\n3:cpu,cpuacct:/a")
        .with("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "250000")
        .with("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000")
        .with("sys/fs/cgroup/cpuset/a/cpuset.cpus", "2-5");
    let shapes = [
        ("a sibling is offline", shape(2, 1, true).with(siblings, "0,2")),
        ("numbers with gaps", sparse),
        ("a cpuset", group(shape(8, 1, true)).with("sys/fs/cgroup/a/cpuset.cpus.effective", "2-3,6")),
        ("a quota", group(shape(8, 1, true)).with("sys/fs/cgroup/a/cpu.max", "150000 100000")),
        ("both, in control groups of version 1", legacy),
    ];
    insta::assert_snapshot!(all(&shapes));
}

#[test]
fn what_files_leave_open() {
    let topology = |file: &str| format!("sys/devices/system/cpu/cpu0/{file}");
    let shapes = [
        (
            "an empty list, and a mask",
            shape(2, 1, true)
                .with(&topology("topology/thread_siblings_list"), "")
                .with(&topology("topology/thread_siblings"), "1"),
        ),
        ("an empty list of nodes", shape(2, 1, true).with("sys/devices/system/node/online", "")),
        ("a cache without a size", shape(2, 1, true).with(&topology("cache/index2/size"), "")),
    ];
    insta::assert_snapshot!(all(&shapes));
}

#[test]
fn a_folder_without_a_machine_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["doctor", "--root", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no CPUs are described there; it must hold the folders proc and sys"));
}

#[test]
fn a_capture_is_read_as_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("machine.tar");
    let saved = run(&["doctor", "--capture", file.to_str().unwrap()]);
    assert!(saved.status.success(), "{}", stderr(&saved));
    let root = folder.path().join("root");
    tar::Archive::new(fs::File::open(&file).unwrap()).unpack(&root).unwrap();
    let facts = |more: &[&str]| -> serde_json::Value {
        let output = run(&[&["doctor", "--json"][..], more].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["facts"].clone()
    };
    let (here, there) = (facts(&[]), facts(&["--root", root.to_str().unwrap()]));
    for fact in ["cpu_model", "cores", "caches", "numa_nodes", "kernel", "clock_source"] {
        assert_eq!(there["environment"][fact].get("value"), here["environment"][fact].get("value"), "{fact}");
    }
    let host = rustix::system::uname();
    let name = host.nodename().to_bytes();
    let archive = fs::read(&file).unwrap();
    assert!(
        name.len() < 4 || !archive.windows(name.len()).any(|part| part == name),
        "the host's name is in it"
    );
}
