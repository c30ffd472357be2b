//! A command as it is run: its texts with all that is to be put in.

use std::ffi::{OsStr, OsString};
use std::ops::BitOr;

use super::template::{Counts, Given, Kind, Mentions, Template, quote};
use speedup_observe::Spec;
use speedup_report::record::Text;

/// A program with places in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// A text for the shell.
    Shell(Template),
    /// A program and its arguments.
    Direct(Vec<Template>),
}

impl Program {
    /// The program of some words: one text for the shell, or a program and its arguments.
    ///
    /// # Errors
    ///
    /// In a sentence, what is wrong with a word.
    pub(super) fn parse(words: &[Text], shell: bool, kind: Kind) -> Result<Self, String> {
        let parse = |word: &Text| Template::parse(&word.to_os(), kind);
        match words {
            [] => Err("a command is missing".to_string()),
            [word] if word.to_os().is_empty() => Err("the command is empty".to_string()),
            [word] if shell => parse(word).map(Self::Shell),
            words => words.iter().map(parse).collect::<Result<_, _>>().map(Self::Direct),
        }
    }

    fn templates(&self) -> &[Template] {
        match self {
            Self::Shell(text) => std::slice::from_ref(text),
            Self::Direct(words) => words,
        }
    }

    pub(super) fn mentions(&self) -> Mentions {
        self.templates().iter().map(Template::mentions).fold(Mentions::default(), BitOr::bitor)
    }

    pub(super) fn has_input(&self) -> bool {
        self.templates().iter().any(Template::has_input)
    }

    /// Puts the input at the end, where the command says nowhere else.
    pub(super) fn with_input(mut self) -> Result<Self, String> {
        if !self.has_input() {
            match &mut self {
                Self::Shell(text) => text.push_input(),
                Self::Direct(words) => words.push(Template::parse(OsStr::new("{}"), Kind::Input)?),
            }
        }
        Ok(self)
    }

    /// What to run for a case.
    pub(super) fn for_counts(&self, counts: Counts) -> Spec {
        self.spec(|template, _| template.for_counts(counts))
    }

    /// What to run for an input.
    pub(super) fn for_input(&self, given: Given<'_>) -> Spec {
        self.spec(|template, quoted| template.for_input(given, quoted))
    }

    /// What to run, with how a text is made of a template and of whether it is quoted.
    fn spec(&self, fill: impl Fn(&Template, bool) -> OsString) -> Spec {
        match self {
            Self::Shell(text) => shell(fill(text, true)),
            Self::Direct(words) => {
                let mut words = words.iter().map(|word| fill(word, false));
                let program = words.next().unwrap_or_default();
                Spec::new(program, words)
            }
        }
    }

    /// The command line for an input, as a shell would read it.
    pub(super) fn line(&self, given: Given<'_>) -> OsString {
        match self {
            Self::Shell(text) => text.for_input(given, true),
            Self::Direct(words) => {
                let quoted = |word: &Template| quote(word.for_input(given, false).as_encoded_bytes());
                let words: Vec<Vec<u8>> = words.iter().map(quoted).collect();
                std::os::unix::ffi::OsStringExt::from_vec(words.join(&b' '))
            }
        }
    }
}

/// A text for the shell, whatever its bytes are.
pub(super) fn shell(text: OsString) -> Spec {
    match text.into_string() {
        Ok(text) => Spec::shell(text),
        Err(text) => Spec::new("/bin/sh", [OsString::from("-c"), text]),
    }
}

/// A command in one string as a program and its arguments: blanks part words, quotes and backslashes keep
/// them together, as in a shell; nothing else is special.
///
/// # Errors
///
/// In a sentence, what does not end.
pub(super) fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        None => return Err(format!("a quotation mark {character} is not closed")),
                        Some(end) if end == character => break,
                        Some('\\') if character == '"' => match characters.next() {
                            Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => return Err("a quotation mark \" is not closed".to_string()),
                        },
                        Some(inner) => word.push(inner),
                    }
                }
            }
            '\\' => match characters.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err("there is nothing behind the last backslash".to_string()),
            },
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_observe::Program as Run;

    #[test]
    fn words_are_parted_as_in_a_shell() {
        let words = |text: &str| split(text).unwrap();
        assert_eq!(words("  xz -T1  'a b' "), ["xz", "-T1", "a b"]);
        assert_eq!(words(r#"a\ b "c \" d" '' e'f'g"#), ["a b", "c \" d", "", "efg"]);
        assert!(words(" ").is_empty());
        for bad in ["'a", "\"a", "a\\"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_word_is_for_the_shell_and_several_are_not() {
        let texts = |words: &[&str]| words.iter().map(|word| Text::from(*word)).collect::<Vec<_>>();
        let program = Program::parse(&texts(&["echo {n}"]), true, Kind::Workers).unwrap();
        assert_eq!(program.for_counts(Counts::of("command", 2)).program, Run::Shell("echo 2".into()));
        let program = Program::parse(&texts(&["echo", "a {n}"]), false, Kind::Workers).unwrap();
        let words = |spec: Spec| match spec.program {
            Run::Direct { program, args } => [vec![program], args].concat(),
            Run::Shell(text) => vec![text.into()],
        };
        assert_eq!(words(program.for_counts(Counts::of("command", 2))), ["echo", "a 2"]);
        let given = Given { input: OsStr::new("x y"), number: 1 };
        let program = Program::parse(&texts(&["gzip"]), false, Kind::Input).unwrap().with_input().unwrap();
        assert_eq!(words(program.for_input(given)), ["gzip", "x y"]);
        assert_eq!(program.line(given), "gzip 'x y'");
        let program = Program::parse(&texts(&["gzip -k"]), true, Kind::Input).unwrap().with_input().unwrap();
        assert_eq!(words(program.for_input(given)), ["gzip -k 'x y'"]);
    }
}
