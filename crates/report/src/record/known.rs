//! A fact or the reason why it is missing.

use serde::{Deserialize, Serialize};

/// A fact about a machine: its value, or why it is unknown. In JSON `{"value": 4}` or
/// `{"missing": "not published"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Known<T> {
    /// What it is.
    Value(T),
    /// Why it is not known.
    Missing(String),
}

impl<T> Known<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// Why there is no value, if there is none.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        match self {
            Self::Value(_) => None,
            Self::Missing(reason) => Some(reason),
        }
    }

    /// The same fact in another form.
    #[must_use]
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Value(value) => Known::Value(form(value)),
            Self::Missing(reason) => Known::Missing(reason),
        }
    }
}

/// Nothing was recorded.
impl<T> Default for Known<T> {
    fn default() -> Self {
        Self::Missing("not recorded".into())
    }
}

impl<T> From<Result<T, String>> for Known<T> {
    fn from(answer: Result<T, String>) -> Self {
        answer.map_or_else(Self::Missing, Self::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_their_key_in_json() {
        let (four, none) = (Known::Value(4), Known::<u32>::Missing("not published".into()));
        assert_eq!(serde_json::to_string(&four).unwrap(), r#"{"value":4}"#);
        assert_eq!(serde_json::to_string(&none).unwrap(), r#"{"missing":"not published"}"#);
        for known in [four, none] {
            let json = serde_json::to_string(&known).unwrap();
            assert_eq!(serde_json::from_str::<Known<u32>>(&json).unwrap(), known);
        }
        assert!(serde_json::from_str::<Known<u32>>("4").is_err());
        assert!(serde_json::from_str::<Known<u32>>("null").is_err());
    }

    #[test]
    fn an_answer_of_the_system_becomes_a_fact() {
        let known = Known::from(Ok::<_, String>(3));
        assert_eq!((known.value(), known.missing()), (Some(&3), None));
        let missing = Known::from(Err::<u8, _>("no such file".to_string()));
        assert_eq!((missing.value(), missing.missing()), (None, Some("no such file")));
        assert_eq!(missing.map(u32::from), Known::Missing("no such file".into()));
        assert_eq!(known.map(|value| value + 1), Known::Value(4));
    }
}
