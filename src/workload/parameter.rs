//! Parameters: fields of a workload that the command line can set.

use std::fmt::Display;
use std::str::FromStr;

/// An option of `run` that sets a field of a workload. The field's type says what values there are, and the
/// prototype's value is the default.
///
/// ```
/// use speedup::workload::Parameter;
///
/// let mut max_iter = 1000_u32;
/// let parameter = Parameter::new("max-iter", &mut max_iter, "iterations before a point counts as inside");
/// assert_eq!((parameter.name(), parameter.value()), ("max-iter", "1000".to_string()));
/// ```
pub struct Parameter<'a> {
    name: &'static str,
    summary: &'static str,
    field: &'a mut dyn Field,
}

impl<'a> Parameter<'a> {
    /// The option `--NAME` for a field. The name has lower-case letters, digits and hyphens, and is not that of an
    /// option that `run` has anyway.
    pub fn new<T>(name: &'static str, field: &'a mut T, summary: &'static str) -> Self
    where
        T: FromStr<Err: Display> + Display,
    {
        Self { name, summary, field }
    }

    /// Its name, without hyphens in front.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// The field's value as text.
    #[must_use]
    pub fn value(&self) -> String {
        self.field.value()
    }

    /// Sets the field.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, by the field's type.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        self.field.set(text)
    }
}

/// A place for a value that has a form as text.
trait Field {
    fn value(&self) -> String;
    fn set(&mut self, text: &str) -> Result<(), String>;
}

impl<T: FromStr<Err: Display> + Display> Field for T {
    fn value(&self) -> String {
        self.to_string()
    }

    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = text.parse().map_err(|problem: T::Err| problem.to_string())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_sets_the_field_or_is_refused_by_its_type() {
        let mut size = 5_u8;
        let mut parameter = Parameter::new("size", &mut size, "");
        assert_eq!(parameter.set("300"), Err("number too large to fit in target type".to_string()));
        assert_eq!(parameter.set("30"), Ok(()));
        assert_eq!((parameter.value(), size), ("30".to_string(), 30));
    }
}
