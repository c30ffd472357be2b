//! Programs that exist, measured as a whole: compressors, `make`, `sort`, OpenMP, Python's `concurrent.futures`
//! and rayon. Nothing here depends on how fast they are. What is not installed is skipped, and said.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{only_run, run, stderr, stdout};
use rayon::prelude::*;
use speedup_report::analysis::Analysis;
use speedup_report::record::{Ended, Known, Outside, RunRecord, Status};

/// Whether a program can be started. A test of one that cannot ends there.
fn installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let there = command.status().is_ok();
    if !there {
        println!("skipped: no {program}");
    }
    there
}

/// Text of so many bytes that can be compressed, but not to nothing.
fn text(bytes: usize) -> String {
    let (mut text, mut state) = (String::with_capacity(bytes + 8), 17_u64);
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let _ = writeln!(text, "{}", (state >> 33) % 100_000);
    }
    text
}

/// Measures with one and two workers, once each and the baseline twice, in a folder.
#[track_caller]
fn measured(folder: &Path, further: &[&str]) -> RunRecord {
    let out = folder.join("results");
    let fixed = ["command", "--workers", "1,2", "--rounds", "1", "--warmup", "0", "--verbose", "--out"];
    let output = run(&[&fixed[..], &[out.to_str().unwrap()], further].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("CPUs used") && said.contains("1 round: not a measurement"), "{said}");
    let record = RunRecord::read(&only_run(&out)).unwrap();
    assert_eq!((record.status, record.samples.len()), (Status::Complete, 3));
    for sample in &record.samples {
        let outside = sample.outside.as_ref().unwrap();
        assert!(outside.exit == Ended::Code(0) && outside.cpu_ns > 0, "{outside:?}");
    }
    let analysis = Analysis::of(&record);
    let estimate = analysis.executors[0].rows[1].cells[0].estimate().unwrap();
    if let Some(account) = &estimate.account {
        let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
        assert!((account.speedup + sum - 2.0).abs() < 1e-6, "{account:?}");
    }
    record
}

/// What was seen with two workers.
fn with_two(record: &RunRecord) -> &Outside {
    let two = record.plan.cases.iter().position(|case| case.workers == 2).unwrap();
    record.samples.iter().find(|sample| sample.case == two).unwrap().outside.as_ref().unwrap()
}

/// A number that is at least so much, where the system tells it.
#[track_caller]
fn at_least(known: &Known<u64>, least: u64) {
    assert!(known.value().is_none_or(|&number| number >= least), "{known:?} is less than {least}");
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn xz_has_two_threads_and_a_file_that_unpacks() {
    if !installed("xz") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (path(folder.path(), "text"), path(folder.path(), "text.xz"));
    fs::write(&from, text(1 << 20)).unwrap();
    let command = format!("xz -T{{n}} -0 --block-size=262144 -kc {from} > {to}");
    let check = format!("xz -dc {to} | cmp - {from}");
    let record = measured(folder.path(), &["--check", &check, &command]);
    at_least(&with_two(&record).threads, 2);
    assert_eq!(record.plan.workloads[0].label, "xz");
}

#[test]
fn zstd_has_two_threads_and_a_file_that_unpacks() {
    if !installed("zstd") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (path(folder.path(), "text"), path(folder.path(), "text.zst"));
    fs::write(&from, text(2 << 20)).unwrap();
    let command = format!("zstd -q -f -5 -T{{n}} -B524288 {from} -o {to}");
    let check = format!("zstd -q -dc {to} | cmp - {from}");
    let record = measured(folder.path(), &["-N", "--check", &check, &command]);
    at_least(&with_two(&record).threads, 2);
}

#[test]
fn sort_gives_the_same_lines_in_the_same_order() {
    if !installed("sort") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = path(folder.path(), "text");
    fs::write(&from, text(2 << 20)).unwrap();
    let further =
        ["--env", "LC_ALL=C", "--check", "stdout", "--", "sort", "--parallel={n}", "-S", "64M", &from];
    let record = measured(folder.path(), &further);
    let bytes = with_two(&record).stdout.as_ref().unwrap().bytes;
    assert_eq!(bytes, fs::metadata(&from).unwrap().len());
}

#[test]
fn make_starts_a_compiler_for_each_of_forty_files() {
    if !(installed("make") && installed("gcc")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for file in 0..40 {
        let source = format!("int f{file}(int x) {{ return x + {file}; }}\n");
        fs::write(folder.path().join(format!("f{file}.c")), source).unwrap();
    }
    let rules = "OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))\nall: $(OBJECTS)\nclean:\n\t@rm -f *.o\n";
    fs::write(folder.path().join("Makefile"), rules).unwrap();
    let at = folder.path().display();
    let (clean, check) = (format!("make -s -C {at} clean"), format!("test $(ls {at}/*.o | wc -l) = 40"));
    let command = format!("make -s -C {at} -j{{n}} CC=gcc CFLAGS=-O0");
    let record = measured(folder.path(), &["--prepare", &clean, "--check", &check, &command]);
    // Each file has a driver, a compiler and an assembler.
    at_least(&with_two(&record).processes, 1 + 3 * 40);
}

#[test]
fn openmp_has_as_many_threads_as_its_variable_says() {
    if !installed("gcc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (path(folder.path(), "sum.c"), path(folder.path(), "sum"));
    let text = r#"
        #include <omp.h>
        #include <stdio.h>
        int main(void) {
            unsigned long sum = 0;
            #pragma omp parallel for reduction(+ : sum)
            for (unsigned long i = 0; i < 20000000; i++) sum += i * i ^ i;
            printf("%lu\n", sum);
            fprintf(stderr, "%d threads\n", omp_get_max_threads());
        }"#;
    fs::write(&source, text).unwrap();
    let compiled = Command::new("gcc").args(["-O1", "-fopenmp", &source, "-o", &program]).output().unwrap();
    if !compiled.status.success() {
        println!("skipped: no OpenMP: {}", String::from_utf8_lossy(&compiled.stderr));
        return;
    }
    let further = ["--env", "OMP_NUM_THREADS={n}", "--check", "stdout", "--", &program];
    let record = measured(folder.path(), &further);
    let one = record.samples.iter().find(|sample| record.plan.cases[sample.case].workers == 1).unwrap();
    // The shell that runs it is one more with either.
    let [one, two] = [one.outside.as_ref().unwrap(), with_two(&record)].map(|seen| seen.threads.value());
    assert!(one.zip(two).is_none_or(|(one, two)| one + 1 == *two), "{one:?} {two:?}");
}

#[test]
fn python_reads_its_number_of_workers_from_the_environment() {
    if !installed("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = path(folder.path(), "squares.py");
    let text = "\
import concurrent.futures
import os


def work(number):
    return sum(i * i for i in range(20_000 + number))


if __name__ == '__main__':
    with concurrent.futures.ProcessPoolExecutor(int(os.environ['WORKERS'])) as pool:
        print(sum(pool.map(work, range(20))))
";
    fs::write(&script, text).unwrap();
    let further = ["--env", "WORKERS={n}", "--check", "stdout", "--", "python3", &script];
    let record = measured(folder.path(), &further);
    at_least(&with_two(&record).processes, 3);
}

/// Where this program is started again as the one that is measured.
const SUMS: &str = "SPEEDUP_TEST_SUMS_BY_RAYON";

#[test]
fn rayon_has_as_many_threads_as_its_variable_says() {
    if std::env::var_os(SUMS).is_some() {
        let squares = (0..20_000_000_u64).into_par_iter().map(|i| (i * i) ^ i);
        let sum: u64 = squares.reduce(|| 0, u64::wrapping_add);
        println!("{sum} by {} threads", rayon::current_num_threads());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let itself = std::env::current_exe().unwrap().display().to_string();
    let file = path(folder.path(), "said");
    let further = [
        "--env",
        "RAYON_NUM_THREADS={n}",
        "--env",
        &format!("{SUMS}=1"),
        "--output",
        &file,
        "--check",
        &format!("grep -q ' by {{n}} threads' {file}"),
        "--",
        &itself,
        "--exact",
        "real_programs::rayon_has_as_many_threads_as_its_variable_says",
        "--nocapture",
    ];
    let record = measured(folder.path(), &further);
    at_least(&with_two(&record).threads, 3);
}
