//! Reading the small text files in which Linux describes itself.

use std::fs;
use std::path::Path;

/// The text of a file without white space around it, or why there is none, with the file's name.
pub(super) fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    let text = fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_string(),
            _ => error.to_string(),
        };
        format!("{}: {why}", path.display())
    })?;
    Ok(text.trim().to_string())
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

pub(super) fn field_of(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_string())
    })
}

/// The CPUs in the kernel's ranges, such as `0-3,8`.
pub(super) fn cpu_list(ranges: &str) -> Vec<usize> {
    let range = |range: &str| match range.split_once('-') {
        Some((first, last)) => Some(first.parse().ok()?..=last.parse().ok()?),
        None => range.parse().ok().map(|cpu| cpu..=cpu),
    };
    ranges.trim().split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_fields_are_read_as_the_kernel_writes_them() {
        assert_eq!(cpu_list("0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(cpu_list("0"), [0]);
        assert!(cpu_list("").is_empty());
        assert!(cpu_list("3-1").is_empty());
        assert_eq!(field_of("a\t: x\nmodel name\t: Some CPU\n", "model name").as_deref(), Some("Some CPU"));
        assert_eq!(field_of("model name 2: no\n", "model name"), None);
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
    }
}
