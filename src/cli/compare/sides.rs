//! Which of many runs belong together: those before, and those after.

use std::path::{Path, PathBuf};

use speedup_report::record::RunRecord;

/// A run and where it was read from.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) path: PathBuf,
    pub(super) record: RunRecord,
}

/// The runs before and those after, each in the order of time.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) a: Vec<Given>,
    pub(super) b: Vec<Given>,
    /// A second arm of the run before, in the same rounds.
    pub(super) again: Option<Given>,
}

/// What may tell two sides apart, with how to say it.
type Key = (&'static str, fn(&Given) -> String);

/// In this order: what the user has named comes first.
const KEYS: [Key; 3] = [
    ("names", |given| without_number(&given.record.name).to_string()),
    ("builds", |given| {
        let tool = &given.record.tool;
        let revision = tool.git_revision.as_deref().unwrap_or_default();
        format!("{} {revision} {}", tool.program(), tool.program.as_deref().unwrap_or_default())
    }),
    ("folders", |given| folder(&given.path)),
];

impl Sides {
    pub(super) fn of(mut a: Vec<Given>, mut b: Vec<Given>) -> Self {
        for side in [&mut a, &mut b] {
            side.sort_by(|one, other| one.record.created.cmp(&other.record.created));
        }
        Self { a, b, again: None }
    }

    /// Tells runs apart by the first of the keys that has two values.
    pub(super) fn told_apart(runs: Vec<Given>) -> Result<Self, String> {
        for (_, key) in KEYS {
            let mut values: Vec<String> = Vec::new();
            for value in runs.iter().map(key) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            if values.len() == 2 {
                let (a, b) = runs.into_iter().partition(|given| key(given) == values[0]);
                return Ok(Self::of(a, b));
            }
        }
        let kinds = KEYS.map(|(name, _)| name).join(", ");
        Err(format!(
            "<RUN>: the {} runs are not told apart by two {kinds}; say which they are with --old A… --new B…",
            runs.len()
        ))
    }

    /// Whether each run is given once.
    pub(super) fn check(&self) -> Result<(), String> {
        let all: Vec<&Given> = self.a.iter().chain(&self.b).collect();
        for (index, given) in all.iter().enumerate() {
            if let Some(other) = all[..index].iter().find(|other| other.record == given.record) {
                let (one, two) = (other.path.display(), given.path.display());
                return Err(format!("<RUN>: {one} and {two} are one and the same run"));
            }
        }
        Ok(())
    }
}

/// A name without a number at its end: `main` of `main-2`.
fn without_number(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let bare = stem.strip_suffix(['-', '_', '.']);
    match bare {
        Some(bare) if stem.len() < name.len() && !bare.is_empty() => bare,
        _ => name,
    }
}

/// The name of a run's folder without the date before and a number behind.
fn folder(path: &Path) -> String {
    let folder =
        if path.file_name().is_some_and(|name| name == "run.json") { path.parent() } else { Some(path) };
    let name = folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let dated = name.get(..11).is_some_and(|date| {
        date.chars()
            .zip("dddd-dd-dd-".chars())
            .all(|(c, of)| if of == 'd' { c.is_ascii_digit() } else { c == of })
    });
    let name = if dated { &name[11..] } else { &name };
    without_number(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_report::record::book;

    fn given(path: &str, name: &str, build: &str, minute: u32) -> Given {
        let mut record = book::record();
        (record.name, record.created) = (name.to_string(), format!("2026-01-01T00:{minute:02}:00Z"));
        record.tool.git_revision = Some(build.to_string());
        Given { path: path.into(), record }
    }

    fn paths(side: &[Given]) -> Vec<&str> {
        side.iter().map(|given| given.path.to_str().unwrap()).collect()
    }

    #[test]
    fn names_come_before_builds_and_builds_before_folders() {
        let runs = vec![
            given("x", "main-1", "f", 3),
            given("y", "branch-1", "f", 1),
            given("z", "branch-2", "f", 2),
            given("w", "main-2", "f", 0),
        ];
        let sides = Sides::told_apart(runs).unwrap();
        assert_eq!((paths(&sides.a), paths(&sides.b)), (vec!["w", "x"], vec!["y", "z"]));
        let runs = vec![given("x", "run", "f", 0), given("y", "run", "g", 1), given("z", "run", "g", 2)];
        let sides = Sides::told_apart(runs).unwrap();
        assert_eq!((paths(&sides.a), paths(&sides.b)), (vec!["x"], vec!["y", "z"]));
        let folders = ["r/2026-11-22-old", "r/2026-11-22-new", "r/2026-11-22-old-2/run.json", "r/new-2"];
        let runs = (0..).zip(folders).map(|(minute, path)| given(path, "run", "f", minute)).collect();
        let sides = Sides::told_apart(runs).unwrap();
        assert_eq!(paths(&sides.a), ["r/2026-11-22-old", "r/2026-11-22-old-2/run.json"]);
        let runs = vec![given("a", "run", "f", 0), given("b", "run", "f", 1), given("c", "run", "f", 2)];
        assert!(Sides::told_apart(runs).unwrap_err().contains("--old A… --new B…"));
    }

    #[test]
    fn a_run_stands_on_one_side_once() {
        let one = || given("x", "main", "f", 0);
        let error = Sides::of(vec![one()], vec![one(), given("y", "b", "f", 1)]).check().unwrap_err();
        assert_eq!(error, "<RUN>: x and x are one and the same run");
    }

    #[test]
    fn a_number_at_the_end_is_of_no_account() {
        let names = ["main-2", "main_10", "main.3", "main", "v2", "-2", "2026"];
        assert_eq!(names.map(without_number), ["main", "main", "main", "main", "v2", "-2", "2026"]);
    }
}
