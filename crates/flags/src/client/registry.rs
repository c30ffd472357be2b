//! The styles by name.

use super::style::Style;
use super::{asynchronous, processes, sequential, threads, threads_map};

/// Every style. A new one is one file and one line here.
pub static STYLES: &[&dyn Style] =
    &[&sequential::Kind, &threads::Kind, &threads_map::Kind, &processes::Kind, &asynchronous::Kind];

/// The style of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Style> {
    STYLES.iter().copied().find(|style| style.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::style::Limits;

    #[test]
    fn styles_have_the_limits_of_the_book_and_distinct_names() {
        let limits = |name| find(name).unwrap().limits();
        assert_eq!(limits("sequential"), Limits { default: 1, cap: 1 });
        assert_eq!(limits("threads"), Limits { default: 30, cap: 1000 });
        assert_eq!(limits("threads-map"), limits("threads"));
        assert_eq!(limits("async"), limits("threads"));
        assert_eq!(limits("processes").cap, 64);
        assert!(limits("processes").default >= 1);
        let mut names: Vec<&str> = STYLES.iter().map(|style| style.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STYLES.len());
        assert!(find("fibers").is_none());
    }
}
