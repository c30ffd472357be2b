//! A setting that cannot be used, said in one form wherever it came from.

use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The variable of a setting.
pub(super) fn variable(setting: &str) -> String {
    format!("SPEEDUP_{}", setting.replace('-', "_").to_uppercase())
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// Which one, as it is spelled on the command line without hyphens, such as `max-time`; of an
    /// argument without a name what stands for it in the help, such as `CC`.
    pub setting: String,
    /// What was given.
    pub value: String,
    /// What is wrong and what would be right.
    pub problem: String,
    /// Whether it has no name.
    positional: bool,
}

impl SettingError {
    /// An error of a setting with a name.
    #[must_use]
    pub fn new(setting: &str, value: impl fmt::Display, problem: impl Into<String>) -> Self {
        let (setting, value) = (setting.to_string(), value.to_string());
        Self { setting, value, problem: problem.into(), positional: false }
    }

    /// What clap says of a value, if that is what its error is about: of an option without its value
    /// there is nothing to say here.
    #[must_use]
    pub fn of_clap(error: &clap::Error) -> Option<Self> {
        if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
            return None;
        }
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        // Such as "--workers <N|A..B|LIST>", "-l, --limit <N>" or "[CC]...".
        let argument = text(ContextKind::InvalidArg)?;
        let (value, own) = (text(ContextKind::InvalidValue)?, text(ContextKind::Custom));
        if value.is_empty() && own.is_none() {
            return None;
        }
        let name = argument.split([' ', '=']).find_map(|word| word.strip_prefix("--"));
        let stand_in = || argument.trim_matches(|c: char| !c.is_alphanumeric()).to_string();
        Some(Self {
            setting: name.map_or_else(stand_in, ToString::to_string),
            value,
            problem: own.unwrap_or_else(|| problem(error)),
            positional: name.is_none(),
        })
    }

    /// The line for a user who gave it as an option.
    #[must_use]
    pub fn as_option(&self) -> String {
        let hyphens = if self.positional { "" } else { "--" };
        format!("{hyphens}{} '{}': {}", self.setting, self.value, self.problem)
    }

    /// The line for a user who gave it as an environment variable.
    #[must_use]
    pub fn as_variable(&self) -> String {
        format!("{} '{}': {}", variable(&self.setting), self.value, self.problem)
    }
}

/// What is wrong with a value that clap's own readers refuse.
fn problem(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(names)) if !names.is_empty() => {
            format!("must be one of {}", names.join(", "))
        }
        _ => {
            std::error::Error::source(error).map_or_else(|| "cannot be used".to_string(), ToString::to_string)
        }
    }
}

impl fmt::Display for SettingError {
    /// The name without hyphens, the value, and the problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}': {}", self.setting, self.value, self.problem)
    }
}

impl std::error::Error for SettingError {}
