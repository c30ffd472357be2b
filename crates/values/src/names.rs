//! Names of things, of which one is to be chosen.

/// The item of that name.
///
/// # Errors
///
/// That there is none, which ones there are, and which of them may have been meant. `kind` says what
/// the items are.
pub fn choose<T>(
    kind: &str,
    name: &str,
    items: impl IntoIterator<Item = T>,
    name_of: impl Fn(&T) -> &str,
) -> Result<T, String> {
    let mut others = Vec::new();
    for item in items {
        if name_of(&item) == name {
            return Ok(item);
        }
        others.push(item);
    }
    let names: Vec<&str> = others.iter().map(&name_of).collect();
    let hint = suggest(name, names.iter().copied()).map(|close| format!("; did you mean {close}?"));
    Err(format!("there is no {kind} {name}; there are {}{}", names.join(", "), hint.unwrap_or_default()))
}

/// The name that is closest to a misspelled one, if any is close: at most every third character is
/// wrong, missing, too many, or has changed places with the next.
#[must_use]
pub fn suggest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let allowed = (length.max(3) / 3).min(length.saturating_sub(1));
    let distance = |other: &str| strsim::osa_distance(&name.to_lowercase(), &other.to_lowercase());
    let closest =
        names.into_iter().map(|other| (distance(other), other)).min_by_key(|(distance, _)| *distance);
    closest.filter(|(distance, _)| *distance <= allowed).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        let names = ["run", "report", "threads", "processes", "workers"];
        for (slip, meant) in [
            ("rnu", "run"),
            ("threds", "threads"),
            ("wrokers", "workers"),
            ("proceses", "processes"),
            ("Run", "run"),
        ] {
            assert_eq!(suggest(slip, names), Some(meant), "{slip}");
        }
        for other in ["", "x", "md5", "fibers", "frobnicate"] {
            assert_eq!(suggest(other, names), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_says_which_are() {
        let names = ["threads", "processes"];
        assert_eq!(choose("executor", "processes", names, |name| name), Ok("processes"));
        assert_eq!(
            choose("executor", "threds", names, |name| name).unwrap_err(),
            "there is no executor threds; there are threads, processes; did you mean threads?"
        );
        assert_eq!(
            choose("executor", "fibers", names, |name| name).unwrap_err(),
            "there is no executor fibers; there are threads, processes"
        );
    }
}
