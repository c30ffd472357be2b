//! Trees as they were found on real machines, cut down to the shape that matters.

use super::*;
use crate::root::tree::Tree;

/// The file of a CPU.
fn cpu(number: usize, file: &str) -> String {
    format!("{CPUS}/cpu{number}/{file}")
}

/// Four CPUs on two cores, with two caches each, in the newest form.
fn four() -> Tree {
    let tree = Tree::of(&[(format!("{CPUS}/online"), "0-3")]);
    for number in 0..4 {
        let siblings = if number % 2 == 0 { "0,2" } else { "1,3" };
        tree.write(&cpu(number, "topology/thread_siblings_list"), siblings);
        for (index, level, kind, bytes, sharers) in
            [(0, "1", "Data", "48K", siblings), (1, "3", "Unified", "32M", "0-3")]
        {
            let write = |file, text| tree.write(&cpu(number, &format!("cache/index{index}/{file}")), text);
            write("level", level);
            write("type", kind);
            write("size", bytes);
            write("shared_cpu_list", sharers);
        }
    }
    tree
}

fn cache(level: u32, kind: &str, bytes: u64, shared_by: usize, count: usize) -> Cache {
    Cache { level, kind: kind.to_string(), bytes, shared_by, count }
}

#[test]
fn siblings_and_caches_are_told_apart() {
    let tree = four();
    let root = tree.root();
    assert_eq!(cores(&root).unwrap(), [[0, 2], [1, 3]]);
    let expected = [cache(1, "data", 48 << 10, 2, 2), cache(3, "unified", 32 << 20, 4, 1)];
    assert_eq!(caches(&root).unwrap(), expected);
}

#[test]
fn cpus_online_are_found_without_the_list() {
    // A kernel that writes no lists at all, with CPU 2 switched off and CPU 3 without its topology.
    let tree = Tree::of(&[
        (cpu(0, "topology/core_id"), "0"),
        (cpu(1, "topology/core_id"), "1"),
        (cpu(1, "online"), "1"),
        (cpu(2, "online"), "0"),
        (cpu(3, "crash_notes"), "0"),
    ]);
    assert_eq!(online(&tree.root()).unwrap(), [0, 1]);
    // No folders: what the counters have a line for.
    let tree = Tree::of(&[("proc/stat", "cpu  1 2 3\ncpu0 1 2 3\ncpu2 1 2 3\nintr 5")]);
    assert_eq!(online(&tree.root()).unwrap(), [0, 2]);
    let tree = Tree::of(&[(format!("{CPUS}/present"), "0-7")]);
    assert_eq!(online(&tree.root()).unwrap().len(), 8);
    let reason = online(&Tree::of::<&str, &str>(&[]).root()).unwrap_err();
    assert!(reason.ends_with("sys/devices/system/cpu/online: no such file"), "{reason}");
}

#[test]
fn an_empty_list_is_no_list() {
    let tree = four();
    tree.write(&format!("{CPUS}/online"), "");
    assert_eq!(online(&tree.root()).unwrap(), [0, 1, 2, 3], "the folders tell");
}

#[test]
fn a_list_without_a_cpu_that_may_be_used_is_not_believed() {
    let tree = four();
    tree.write(&format!("{CPUS}/online"), "0");
    assert_eq!(online_with(&tree.root(), &[0]).unwrap(), [0]);
    assert_eq!(online_with(&tree.root(), &[0, 3]).unwrap(), [0, 1, 2, 3], "the folders tell");
    let reason = online_with(&tree.root(), &[0, 9]).unwrap_err();
    assert!(reason.ends_with("cpu/online says 0, but this process may run on CPU 9"), "{reason}");
}

#[test]
fn siblings_come_from_the_mask_or_the_numbers_where_the_list_is_empty() {
    let tree = four();
    for number in 0..4 {
        tree.write(&cpu(number, "topology/thread_siblings_list"), "");
    }
    let reason = cores(&tree.root()).unwrap_err();
    assert!(reason.contains("thread_siblings_list: it is empty"), "{reason}");
    for number in 0..4 {
        tree.write(&cpu(number, "topology/physical_package_id"), "0");
        tree.write(&cpu(number, "topology/core_id"), if number < 2 { "0" } else { "1" });
    }
    assert_eq!(cores(&tree.root()).unwrap(), [[0, 1], [2, 3]], "by number");
    for number in 0..4 {
        let mask = if number % 2 == 0 { "00000000,00000005" } else { "00000000,0000000a" };
        tree.write(&cpu(number, "topology/thread_siblings"), mask);
    }
    assert_eq!(cores(&tree.root()).unwrap(), [[0, 2], [1, 3]], "by mask");
}

#[test]
fn siblings_that_contradict_each_other_are_not_believed() {
    let tree = four();
    tree.write(&cpu(2, "topology/thread_siblings_list"), "1,2");
    let reason = cores(&tree.root()).unwrap_err();
    assert!(reason.ends_with("the siblings of CPUs contradict each other"), "{reason}");
    tree.write(&cpu(2, "topology/thread_siblings_list"), "0");
    assert!(cores(&tree.root()).unwrap_err().contains("\"0\" lacks the CPU that it is of"));
    tree.write(&cpu(2, "topology/thread_siblings"), "5");
    assert_eq!(cores(&tree.root()).unwrap(), [[0, 2], [1, 3]], "the mask is right");
}

#[test]
fn siblings_that_are_offline_do_not_count() {
    let tree = four();
    tree.write(&format!("{CPUS}/online"), "0-2");
    assert_eq!(cores(&tree.root()).unwrap(), [vec![0, 2], vec![1]]);
    assert_eq!(caches(&tree.root()).unwrap().last(), Some(&cache(3, "unified", 32 << 20, 3, 1)));
}

#[test]
fn caches_that_tell_their_sharers_by_a_mask_are_caches() {
    let tree = four();
    for number in 0..4 {
        tree.write(&cpu(number, "cache/index1/shared_cpu_list"), "");
        tree.write(&cpu(number, "cache/index1/shared_cpu_map"), "f");
    }
    assert_eq!(caches(&tree.root()).unwrap()[1], cache(3, "unified", 32 << 20, 4, 1));
    tree.write(&cpu(2, "cache/index1/size"), "0K");
    assert!(caches(&tree.root()).unwrap_err().ends_with("cpu2/cache/index1/size: a cache of \"0K\""));
    tree.write(&cpu(2, "cache/index1/size"), "");
    assert!(caches(&tree.root()).unwrap_err().ends_with("it is empty"));
}

#[test]
fn a_machine_that_lists_no_caches_says_so() {
    let tree = Tree::of(&[(format!("{CPUS}/online"), "0-1")]);
    assert!(caches(&tree.root()).unwrap_err().ends_with("no caches listed"));
    let tree = four();
    tree.write(&format!("{CPUS}/online"), "0-4");
    assert!(caches(&tree.root()).unwrap_err().ends_with("cpu4 lists no caches, others do"));
}

#[test]
fn nodes_are_counted_that_have_memory_and_cpus_of_their_own() {
    let node = |file: &str| format!("{NODES}/{file}");
    let tree =
        Tree::of(&[(node("online"), "0-1"), (node("node0/cpulist"), "0-1"), (node("node1/cpulist"), "2-3")]);
    assert_eq!(numa_nodes(&tree.root()), Ok(2));
    tree.write(&node("online"), "");
    assert_eq!(numa_nodes(&tree.root()), Ok(2), "the folders tell");
    // Memory of graphics cards.
    tree.write(&node("online"), "0-1,250-255");
    tree.write(&node("has_normal_memory"), "0-1");
    assert_eq!(numa_nodes(&tree.root()), Ok(2));
    tree.write(&node("node1/cpulist"), "0-3");
    assert!(numa_nodes(&tree.root()).unwrap_err().ends_with("several nodes claim the same CPU"));
    let empty = Tree::of::<&str, &str>(&[]);
    assert!(numa_nodes(&empty.root()).unwrap_err().ends_with("no nodes of memory are listed"));
}

#[test]
fn a_size_has_digits_and_perhaps_a_unit() {
    let sized = |text: &str| {
        let tree = Tree::of(&[("size", text)]);
        super::size(&tree.root().path("size"))
    };
    assert_eq!([sized("512"), sized("48K"), sized("2M")], [Ok(512), Ok(48 << 10), Ok(2 << 20)]);
    for text in ["K", "4Q", "0", "99999999999999999999K", "18446744073709551615M"] {
        assert!(sized(text).is_err(), "{text}");
    }
}

#[test]
fn nodes_have_cpus_or_are_left_out() {
    let node = "sys/devices/system/node";
    let tree = Tree::of(&[
        (format!("{node}/online"), "0-2"),
        (format!("{node}/node0/cpulist"), "0-1,4"),
        (format!("{node}/node1/cpulist"), ""),
        (format!("{node}/node2/cpulist"), "2,3"),
    ]);
    assert_eq!(nodes(&tree.root()).unwrap(), [vec![0, 1, 4], vec![2, 3]]);
    assert_eq!(numa_nodes(&tree.root()), Ok(3));
}
