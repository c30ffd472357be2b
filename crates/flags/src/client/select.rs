//! Which flags to ask for.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::codes::{ALL, CountryCode, POP20, every};

/// A code such as `BR`, or a first letter, which stands for the 26 codes that begin with it. Case does not
/// matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err("must be a code, AA to ZZ, or a first letter, A to Z")
        }
    }
}

/// What was asked for. Each goes before those after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every code that two letters can make: 676.
    Every,
    /// Every code that has a flag: 194.
    All,
    /// These; if there are none, the twenty most populous countries.
    Named(Vec<Pattern>),
}

impl Selection {
    /// The codes, each once, in order; no more than `limit` of them.
    #[must_use]
    pub fn codes(&self, limit: Option<usize>) -> Vec<CountryCode> {
        let codes: BTreeSet<CountryCode> = match self {
            Self::Every => every().collect(),
            Self::All => ALL.into_iter().collect(),
            Self::Named(patterns) if patterns.is_empty() => POP20.into_iter().collect(),
            Self::Named(patterns) => every().filter(|cc| named(patterns, &cc.to_string())).collect(),
        };
        codes.into_iter().take(limit.unwrap_or(usize::MAX)).collect()
    }
}

fn named(patterns: &[Pattern], code: &str) -> bool {
    patterns.iter().any(|Pattern(pattern)| code.starts_with(pattern))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(texts: &[&str]) -> Selection {
        Selection::Named(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn names(codes: &[CountryCode]) -> String {
        codes.iter().map(CountryCode::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_selections_of_the_book() {
        let default = "BD BR CD CN DE EG ET FR ID IN IR JP MX NG PH PK RU TR US VN";
        assert_eq!(names(&patterns(&[]).codes(None)), default);
        let abc = patterns(&["a", "b", "c"]).codes(None);
        assert_eq!((abc.len(), names(&abc[..1]), names(&abc[77..])), (78, "AA".into(), "CZ".into()));
        let all = Selection::All.codes(Some(100));
        assert_eq!((all.len(), names(&all[..1]), names(&all[99..])), (100, "AD".into(), "LK".into()));
        assert_eq!((Selection::Every.codes(None).len(), Selection::All.codes(None).len()), (676, 194));
        assert_eq!(names(&patterns(&["us", "BR", "Us"]).codes(None)), "BR US");
        assert_eq!(names(&patterns(&["us", "br", "it"]).codes(Some(2))), "BR IT");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "usa", "u1", "é", "ß", "1", " a", "a b", "-"] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_exactly_if_it_is_one_or_two_letters(text in "\\PC{0,3}|[a-zA-Z]{0,3}") {
            let letters = text.chars().all(|letter| letter.is_ascii_alphabetic());
            let fits = letters && (1..=2).contains(&text.chars().count());
            prop_assert_eq!(text.parse::<Pattern>().is_ok(), fits);
        }

        #[test]
        fn codes_come_sorted_once_each_and_as_asked_for(
            texts in prop::collection::vec("[a-zA-Z]{1,2}", 1..20),
            limit in prop::option::of(1_usize..800),
        ) {
            let selection = Selection::Named(texts.iter().map(|text| text.parse().unwrap()).collect());
            let all = selection.codes(None);
            prop_assert!(all.is_sorted_by(|a, b| a < b));
            // Each text brings its code, or its 26 codes, and no code comes without one.
            for text in &texts {
                let text = text.to_uppercase();
                let count = all.iter().filter(|cc| cc.to_string().starts_with(&text)).count();
                prop_assert_eq!(count, if text.len() == 1 { 26 } else { 1 });
            }
            for cc in &all {
                let cc = cc.to_string();
                prop_assert!(texts.iter().any(|text| cc.starts_with(&text.to_uppercase())));
            }
            let limited = selection.codes(limit);
            prop_assert_eq!(&limited[..], &all[..limit.unwrap_or(usize::MAX).min(all.len())]);
        }
    }
}
