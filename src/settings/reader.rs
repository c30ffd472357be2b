//! Readers of settings for clap: from a text to a typed value, or to a problem that names the option
//! and the text.

use std::ffi::OsStr;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};
use speedup_values::{HumanDuration, List, choose, number};

type Read<T> = dyn Fn(&str) -> Result<T, String> + Send + Sync;

/// A reader of one kind of value, with the names that a shell can complete.
#[derive(Clone)]
pub struct Reader<T> {
    read: Arc<Read<T>>,
    names: Vec<PossibleValue>,
}

/// Reads a type from its text.
#[must_use]
pub fn text<T: FromStr<Err: Display>>() -> Reader<T> {
    by(|text| text.parse().map_err(|problem: T::Err| problem.to_string()))
}

/// Reads with a function.
#[must_use]
pub fn by<T>(read: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static) -> Reader<T> {
    Reader { read: Arc::new(read), names: Vec::new() }
}

/// Reads a whole number of the range.
#[must_use]
pub fn whole<T>(range: RangeInclusive<T>) -> Reader<T>
where
    T: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    by(move |text| number(text, *range.start(), *range.end()))
}

/// Reads a duration of the range.
#[must_use]
pub fn duration(range: RangeInclusive<Duration>) -> Reader<Duration> {
    by(move |text| HumanDuration::within(text, &range))
}

/// Reads the name of one of several things, given with a name and a summary each.
#[must_use]
pub fn one_of<T>(
    kind: &'static str,
    things: impl IntoIterator<Item = (&'static str, &'static str, T)>,
) -> Reader<T>
where
    T: Clone + Send + Sync + 'static,
{
    let things: Vec<_> = things.into_iter().collect();
    let names = things.iter().map(|(name, summary, _)| (*name, *summary)).collect::<Vec<_>>();
    let read = move |text: &str| Ok(choose(kind, text, &things, |(name, ..)| name)?.2.clone());
    by(read).completing(names)
}

/// Reads a list of the names of several things, each at most once.
#[must_use]
pub fn some_of<T>(
    kind: &'static str,
    things: impl IntoIterator<Item = (&'static str, &'static str, T)>,
) -> Reader<List<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let one = one_of(kind, things);
    let read = one.read;
    Reader { read: Arc::new(move |text| List::read(text, |item| read(item))), names: one.names }
}

impl<T> Reader<T> {
    /// Lets shells complete these names; the reader may take other texts too.
    #[must_use]
    pub fn completing(mut self, names: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        let names = names.into_iter();
        self.names = names.map(|(name, summary)| PossibleValue::new(name).help(summary)).collect();
        self
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Reader<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let text = value.to_str().ok_or_else(|| "is not UTF-8 text".to_string());
        text.and_then(|text| (self.read)(text)).map_err(|problem| {
            let mut error = clap::Error::new(ErrorKind::ValueValidation).with_cmd(command);
            let arg = arg.map_or_else(String::new, ToString::to_string);
            error.insert(ContextKind::InvalidArg, ContextValue::String(arg));
            let value = value.to_string_lossy().into_owned();
            error.insert(ContextKind::InvalidValue, ContextValue::String(value));
            error.insert(ContextKind::Custom, ContextValue::String(problem));
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        (!self.names.is_empty()).then(|| Box::new(self.names.iter().cloned()) as Box<dyn Iterator<Item = _>>)
    }
}
