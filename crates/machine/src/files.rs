//! Reading the small text files in which Linux describes itself.
//!
//! A file that is there and says nothing tells nothing: it is an error, as is one that is not there.

use std::fs;
use std::path::Path;

/// More CPUs than any kernel is built for; a greater number is a mistake, not a machine.
const MOST_CPUS: usize = 1 << 16;

/// The text of a file without white space around it, or why there is none, with the file's name.
pub(super) fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    let text = fs::read(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_string(),
            _ => error.to_string(),
        };
        format!("{}: {why}", path.display())
    })?;
    let text = String::from_utf8_lossy(&text);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if text.is_empty() { Err(format!("{}: it is empty", path.display())) } else { Ok(text.to_string()) }
}

/// The number that a file holds.
pub(super) fn number<T: std::str::FromStr>(path: impl AsRef<Path>) -> Result<T, String> {
    let text = read(&path)?;
    text.parse()
        .map_err(|_| format!("{}: \"{text}\" is no number that could be meant", path.as_ref().display()))
}

/// The value of the first line `name : value` of a file of such lines.
pub(super) fn field(path: impl AsRef<Path>, name: &str) -> Result<String, String> {
    let text = read(&path)?;
    field_of(&text, name).ok_or_else(|| format!("{}: no line \"{name}\"", path.as_ref().display()))
}

/// The value of the first line of that name which has one.
pub(super) fn field_of(text: &str, name: &str) -> Option<String> {
    fields_of(text, name).next().map(str::to_string)
}

/// The values of all lines of that name which have one.
pub(super) fn fields_of<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name && !value.trim().is_empty()).then(|| value.trim())
    })
}

/// A set of CPUs from a file with the kernel's ranges, or else from one with its mask. A set that lacks the
/// CPU whose file it is contradicts itself.
pub(super) fn cpu_set(list: &Path, mask: &Path, of: Option<usize>) -> Result<Vec<usize>, String> {
    let parsed = |path: &Path, parse: fn(&str) -> Option<Vec<usize>>| {
        let text = read(path)?;
        let set = parse(&text).ok_or_else(|| format!("{}: \"{text}\" is no set of CPUs", path.display()))?;
        match of {
            Some(cpu) if !set.contains(&cpu) => {
                Err(format!("{}: \"{text}\" lacks the CPU that it is of", path.display()))
            }
            _ => Ok(set),
        }
    };
    parsed(list, cpu_list).or_else(|reason| parsed(mask, cpu_mask).map_err(|_| reason))
}

/// The same from a file with ranges alone.
pub(super) fn numbers(path: &Path) -> Result<Vec<usize>, String> {
    cpu_set(path, path, None)
}

/// The CPUs in the kernel's ranges, such as `0-3,8`: in order, at least one.
pub(super) fn cpu_list(ranges: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for range in ranges.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last >= MOST_CPUS {
            return None;
        }
        cpus.extend(first..=last);
    }
    some_in_order(cpus)
}

/// The CPUs of a mask in the kernel's form, such as `00000001,00000101`: 32 bits a group, the lowest last.
pub(super) fn cpu_mask(mask: &str) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for (group, digits) in mask.trim().rsplit(',').enumerate() {
        let bits = u32::from_str_radix(digits, 16).ok()?;
        cpus.extend((0..32).filter(|bit| bits & (1 << bit) != 0).map(|bit| group * 32 + bit));
    }
    some_in_order(cpus)
}

fn some_in_order(mut cpus: Vec<usize>) -> Option<Vec<usize>> {
    cpus.sort_unstable();
    cpus.dedup();
    (!cpus.is_empty()).then_some(cpus)
}

/// CPUs as the kernel writes them, runs of neighbours as ranges: `0-3,8`. The order of the CPUs is kept.
#[must_use]
pub fn ranges(cpus: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &cpu in cpus {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == cpu => *last = cpu,
            _ => ranges.push((cpu, cpu)),
        }
    }
    let text = |&(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_fields_are_read_as_the_kernel_writes_them() {
        assert_eq!(cpu_list("0-3,8\n").unwrap(), [0, 1, 2, 3, 8]);
        assert_eq!(cpu_list("0").unwrap(), [0]);
        assert_eq!(cpu_mask("00000001,00000101").unwrap(), [0, 8, 32]);
        assert_eq!(cpu_mask("f\n").unwrap(), [0, 1, 2, 3]);
        assert_eq!(ranges(&[0, 1, 2, 3, 8]), "0-3,8");
        assert_eq!(field_of("a\t: x\nmodel name\t: Some CPU\n", "model name").as_deref(), Some("Some CPU"));
        assert_eq!(field_of("model name 2: no\n", "model name"), None);
        assert_eq!(
            field_of("model name\t:\nmodel name\t: Some CPU\n", "model name").as_deref(),
            Some("Some CPU")
        );
    }

    #[test]
    fn what_is_no_set_of_cpus_is_not_taken_for_one() {
        for list in ["", "3-1", "0-3,", "a", "0-4000000000", "-1"] {
            assert_eq!(cpu_list(list), None, "{list:?}");
        }
        for mask in ["", "0", "00000000,00000000", "xyz", "1,,1"] {
            assert_eq!(cpu_mask(mask), None, "{mask:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(read("/no/such").unwrap_err(), "/no/such: no such file");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("governor");
        fs::write(&path, "schedutil\n").unwrap();
        assert_eq!(read(&path).unwrap(), "schedutil");
        assert!(number::<u64>(&path).unwrap_err().contains("schedutil"));
        assert!(field(&path, "model name").unwrap_err().ends_with("no line \"model name\""));
        fs::write(&path, "\n").unwrap();
        assert!(read(&path).unwrap_err().ends_with("governor: it is empty"));
    }
}
