//! Lists with commas between their items.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::str::FromStr;

/// The trimmed items of a text; none may be empty.
///
/// # Errors
///
/// That one is.
pub fn items(text: &str) -> Result<Vec<&str>, String> {
    let items: Vec<&str> = text.split(',').map(str::trim).collect();
    if items.contains(&"") {
        return Err("has an empty item; separate items by single commas".to_string());
    }
    Ok(items)
}

/// Items that differ from each other, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T: PartialEq> List<T> {
    /// Reads the items of a text.
    ///
    /// # Errors
    ///
    /// What is wrong with the first item that cannot be used, or which one is there twice.
    pub fn read(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Self, String> {
        let mut list = Vec::new();
        for item in items(text)? {
            let value = read(item)?;
            if list.contains(&value) {
                return Err(format!("names {item} twice"));
            }
            list.push(value);
        }
        Ok(Self(list))
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl FromStr for List<String> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, |item| Ok(item.to_string()))
    }
}

impl<T: Display> Display for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&items.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_trimmed_and_differ() {
        let list: List<String> = "a, b".parse().unwrap();
        assert_eq!((&list[..], list.to_string().as_str()), (&["a".to_string(), "b".to_string()][..], "a,b"));
        for (bad, problem) in
            [("a,b,a", "names a twice"), ("", "has an empty item"), ("a,,b", "has an empty item")]
        {
            assert!(bad.parse::<List<String>>().unwrap_err().starts_with(problem), "{bad}");
        }
    }
}
