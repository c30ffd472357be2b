//! The texts of settings as values; what is wrong with one is said in words.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use super::runner::Runner;
use crate::workload::{Kernel, Scale, Workload};
use speedup_report::record::{BASELINE, Data, PoolMode};

/// The greatest number of workers in one case.
pub const MAX_WORKERS: usize = 1024;

/// The greatest number of counted rounds.
pub const MAX_ROUNDS: u32 = 10_000;

/// The greatest number of passes.
pub const MAX_PASSES: u32 = 1_000_000;

/// A number of rounds.
///
/// # Errors
///
/// What it must be.
pub fn parse_rounds(text: &str) -> Result<u32, String> {
    parse_number(text, 1, MAX_ROUNDS)
}

/// The trimmed parts of a comma-separated list; none may be empty.
fn parse_list(text: &str) -> Result<Vec<&str>, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if parts.contains(&"") {
        return Err("has an empty item; separate items by single commas".to_string());
    }
    Ok(parts)
}

/// The parts of a list, none of which may stand twice.
fn parse_names(text: &str) -> Result<Vec<&str>, String> {
    let names = parse_list(text)?;
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(format!("names {name} twice"));
        }
    }
    Ok(names)
}

pub(super) fn choose_workloads(
    text: &str,
    workloads: &[&'static dyn Workload],
) -> Result<Vec<&'static dyn Workload>, String> {
    parse_names(text)?.into_iter().map(|name| find("workload", name, workloads, Workload::name)).collect()
}

pub(super) fn choose_runners(text: &str, workloads: &[&'static dyn Workload]) -> Result<Vec<Runner>, String> {
    let computing = workloads.iter().find(|workload| workload.waiting().is_none());
    let choose = |name: &str| {
        if name == BASELINE {
            return Err(format!(
                "{BASELINE} is the baseline and always measured; name the pools to compare with it"
            ));
        }
        let names = || Runner::all().map(Runner::name).collect::<Vec<_>>().join(", ");
        let runner = Runner::find(name)
            .ok_or_else(|| format!("there is no executor {name}; there are {}", names()))?;
        match (runner, computing) {
            (Runner::Async, Some(workload)) => Err(format!(
                "{name} is one thread, which helps only where jobs wait, and those of {} compute; name threads, processes or rayon",
                workload.name()
            )),
            _ => Ok(runner),
        }
    };
    parse_names(text)?.into_iter().map(choose).collect()
}

/// The item of that name; the error tells what there is to choose from.
fn find<T: Copy + Deref>(
    what: &str,
    name: &str,
    items: &[T],
    name_of: impl Fn(&T::Target) -> &'static str,
) -> Result<T, String> {
    let found = items.iter().copied().find(|item| name_of(item) == name);
    found.ok_or_else(|| {
        let names: Vec<_> = items.iter().map(|item| name_of(item)).collect();
        format!("there is no {what} {name}; there are {}", names.join(", "))
    })
}

/// Numbers and ranges, separated by commas. One worker is always among them: the factor needs it.
pub(crate) fn parse_workers(text: &str) -> Result<Vec<usize>, String> {
    let mut workers = vec![1];
    for part in parse_list(text)? {
        if let Some((first, last)) = part.split_once("..") {
            let (first, last) = (parse_number(first, 1, MAX_WORKERS)?, parse_number(last, 1, MAX_WORKERS)?);
            if first > last {
                return Err(format!("the range {part} runs backwards; write {last}..{first}"));
            }
            workers.extend(first..=last);
        } else {
            workers.push(parse_number(part, 1, MAX_WORKERS)?);
        }
    }
    workers.sort_unstable();
    workers.dedup();
    Ok(workers)
}

pub(super) fn parse_number<T: Copy + FromStr + PartialOrd + fmt::Display>(
    text: &str,
    least: T,
    most: T,
) -> Result<T, String> {
    match text.trim().parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("must be a whole number from {least} to {most}")),
    }
}

/// What a list says of workloads, of which each may stand once and must be chosen. `form` says what a
/// part looks like.
fn by_workload<T>(
    text: &str,
    form: &str,
    chosen: &[&'static dyn Workload],
    workloads: &[&'static dyn Workload],
    value: impl Fn(&'static dyn Workload, &str) -> Result<T, String>,
) -> Result<Vec<(String, T)>, String> {
    let mut list: Vec<(String, T)> = Vec::new();
    for part in parse_list(text)? {
        let (name, of_it) =
            part.split_once('=').ok_or_else(|| format!("'{part}' is not of the form {form}"))?;
        let workload = find("workload", name.trim(), workloads, Workload::name)?;
        let name = workload.name();
        if !chosen.iter().any(|workload| workload.name() == name) {
            return Err(format!("{name} is not among the workloads of this run"));
        }
        if list.iter().any(|(other, _)| other == name) {
            return Err(format!("names {name} twice"));
        }
        list.push((name.to_string(), value(workload, of_it.trim())?));
    }
    Ok(list)
}

pub(super) fn parse_passes(
    text: &str,
    chosen: &[&'static dyn Workload],
    workloads: &[&'static dyn Workload],
) -> Result<Vec<(String, u32)>, String> {
    by_workload(text, "WORKLOAD=PASSES, such as rc4=80", chosen, workloads, |workload, count| {
        let problem = |problem: String| format!("passes of {} {problem}", workload.name());
        parse_number(count, 1, MAX_PASSES).map_err(problem)
    })
}

/// Kernels by workload. Where one workload is chosen, the kernel alone will do.
pub(super) fn parse_kernels(
    text: &str,
    chosen: &[&'static dyn Workload],
    workloads: &[&'static dyn Workload],
) -> Result<Vec<(String, &'static Kernel)>, String> {
    let find = |workload: &'static dyn Workload, name: &str| {
        let names = || workload.kernels().iter().map(|kernel| kernel.name).collect::<Vec<_>>().join(", ");
        let found = workload.kernel(name);
        found.ok_or_else(|| format!("{} has no kernel {name}; it has {}", workload.name(), names()))
    };
    match chosen {
        [workload] if !text.contains(['=', ',']) => {
            Ok(vec![(workload.name().to_string(), find(*workload, text.trim())?)])
        }
        _ => by_workload(text, "WORKLOAD=KERNEL; see 'speedup list'", chosen, workloads, find),
    }
}

/// Ways of passing data, each once.
pub(super) fn parse_data(text: &str) -> Result<Vec<Data>, String> {
    let ways: Vec<&Data> = Data::ALL.iter().collect();
    let choose = |name| find("way to pass data called", name, &ways, |data| data.name()).copied();
    parse_names(text)?.into_iter().map(choose).collect()
}

pub(super) fn parse_scale(text: &str) -> Result<Scale, String> {
    find("scale", text, &[&Scale::Book, &Scale::Tiny], |scale| scale.name()).copied()
}

pub(super) fn parse_pool(text: &str) -> Result<PoolMode, String> {
    find("pool", text, &[&PoolMode::Cold, &PoolMode::Warm], |mode| mode.name()).copied()
}

/// A share, as a percentage or a plain number.
pub(super) fn parse_precision(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "must be a percentage from 0% (never) to 100%, such as 1% or 0.01".to_string())
}

/// A time span in words, or a plain number of seconds.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let seconds = text.parse::<f64>().ok().or_else(|| {
        let span: SignedDuration = text.parse().ok()?;
        Some(span.as_secs_f64())
    });
    let usable = seconds.filter(|seconds| (0.001..=1e7).contains(seconds));
    usable.map(Duration::from_secs_f64).ok_or_else(|| {
        "must be a time such as 60s or 2m, at least a millisecond and at most 115 days".to_string()
    })
}

/// A name becomes part of a folder's name, so that only harmless characters are taken.
pub(crate) fn parse_seed(text: &str) -> Result<u64, String> {
    parse_number(text, 0, u64::MAX)
}

pub(crate) fn parse_name(text: &str) -> Result<String, String> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 100 || !text.chars().all(harmless) {
        return Err("must be 1 to 100 letters, digits, '-', '_' or '.'".to_string());
    }
    Ok(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::WORKLOADS;
    use proptest::prelude::*;

    #[test]
    fn workers_are_numbers_ranges_and_lists_with_one_among_them() {
        assert_eq!(parse_workers("4").unwrap(), [1, 4]);
        assert_eq!(parse_workers("2..4").unwrap(), [1, 2, 3, 4]);
        assert_eq!(parse_workers("8, 1,2").unwrap(), [1, 2, 8]);
        assert_eq!(parse_workers("3..3,2,2").unwrap(), [1, 2, 3]);
        for bad in ["0", "4..1", "1..99999", "", "1..", "x", "1,,2", "-1", "1...4"] {
            assert!(parse_workers(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_and_times_are_read_as_people_write_them() {
        for (text, share) in [("1%", 0.01), ("0.5 %", 0.005), ("0.02", 0.02), ("0", 0.0), ("100%", 1.0)] {
            assert!((parse_precision(text).unwrap() - share).abs() < 1e-12, "{text}");
        }
        for bad in ["", "%", "-1%", "101%", "1.5", "NaN", "inf", "one"] {
            assert!(parse_precision(bad).is_err(), "{bad}");
        }
        for (text, seconds) in [("60s", 60.0), ("2m", 120.0), ("1m 30s", 90.0), ("1.5", 1.5), ("20ms", 0.02)]
        {
            assert!((parse_time(text).unwrap().as_secs_f64() - seconds).abs() < 1e-12, "{text}");
        }
        for bad in ["", "0", "-5s", "soon", "1e99", "NaN", "400000h"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_but_never_a_panic(text in ".{0,30}") {
            if let Ok(workers) = parse_workers(&text) {
                prop_assert_eq!(workers[0], 1);
                prop_assert!(workers.windows(2).all(|pair| pair[0] < pair[1]) && workers.len() <= MAX_WORKERS);
            }
            let _ = parse_passes(&text, WORKLOADS, WORKLOADS);
            let _ = (parse_kernels(&text, WORKLOADS, WORKLOADS), parse_data(&text));
            let _ = (parse_precision(&text), parse_time(&text));
        }
    }
}
