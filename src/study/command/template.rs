//! Texts with places for the number of workers and for the input of a job.
//!
//! A place is a name in braces. Braces that hold anything else, as those of `awk '{print $1}'` or of a
//! shell's `${name}`, are text; a name that is none of ours is refused, for it may be misspelt, and
//! `{{name}}` stands for `{name}` as a text.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use speedup_report::record::Axes;

/// Where a text stands, which says what places it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In a command whose number of workers is to be put in.
    Workers,
    /// In one whose numbers of processes and of threads are to be put in, or their product.
    Grid,
    /// In a command whose input is to be put in.
    Input,
    /// Where nothing is to be put in.
    Fixed,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    Workers,
    Processes,
    Threads,
    Input(Form),
    Number,
}

/// What of an input is put in, with GNU parallel's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `{}`: all of it.
    Whole,
    /// `{.}`: without its extension.
    NoExtension,
    /// `{/}`: the last part of a path.
    Name,
    /// `{//}`: the path without its last part.
    Folder,
    /// `{/.}`: the last part without its extension.
    Stem,
}

/// A text with places in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

/// The numbers of a case: of workers, and in a grid of processes and of threads of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) workers: usize,
    pub(super) processes: usize,
    pub(super) threads: usize,
}

impl Counts {
    /// One of everything, as of the baseline.
    pub(super) const ONE: Self = Self { workers: 1, processes: 1, threads: 1 };

    /// Those of a case of the plan.
    pub(super) fn of(executor: &str, workers: usize) -> Self {
        let (processes, threads) = Axes::pair(executor, workers).unwrap_or((1, workers));
        Self { workers, processes, threads }
    }
}

/// What a text says of the numbers of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mentions {
    /// `{n}` and its other names.
    pub(super) workers: bool,
    /// `{p}`, also called `{processes}`.
    pub(super) processes: bool,
    /// `{t}`, also called `{threads}`.
    pub(super) threads: bool,
}

impl std::ops::BitOr for Mentions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            workers: self.workers | other.workers,
            processes: self.processes | other.processes,
            threads: self.threads | other.threads,
        }
    }
}

/// An input and its number, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) input: &'a OsStr,
    pub(super) number: usize,
}

const WORKERS: [&[u8]; 3] = [b"n", b"workers", b"threads"];

impl Template {
    /// Takes a text apart.
    ///
    /// # Errors
    ///
    /// In a sentence, which place is unknown.
    pub(super) fn parse(text: &OsStr, kind: Kind) -> Result<Self, String> {
        let bytes = text.as_bytes();
        let (mut parts, mut plain, mut at) = (Vec::new(), Vec::new(), 0);
        while at < bytes.len() {
            if let Some(name) = escaped(&bytes[at..]) {
                plain.extend([b"{", name, b"}"].concat());
                at += name.len() + 4;
                continue;
            }
            let of_the_shell = at > 0 && bytes[at - 1] == b'$';
            if let Some(name) = braced(&bytes[at..]).filter(|_| !of_the_shell) {
                if let Some(part) = place(name, kind)? {
                    parts.extend([Part::Text(std::mem::take(&mut plain)), part]);
                    at += name.len() + 2;
                } else {
                    plain.push(b'{');
                    at += 1;
                }
            } else {
                plain.push(bytes[at]);
                at += 1;
            }
        }
        parts.push(Part::Text(plain));
        parts.retain(|part| *part != Part::Text(Vec::new()));
        Ok(Self(parts))
    }

    /// Which numbers of a case the text has places for.
    pub(super) fn mentions(&self) -> Mentions {
        Mentions {
            workers: self.0.contains(&Part::Workers),
            processes: self.0.contains(&Part::Processes),
            threads: self.0.contains(&Part::Threads),
        }
    }

    /// Whether the text differs with the input.
    pub(super) fn has_input(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Input(_) | Part::Number))
    }

    /// Puts ` {}` at the end.
    pub(super) fn push_input(&mut self) {
        self.0.extend([Part::Text(b" ".to_vec()), Part::Input(Form::Whole)]);
    }

    /// The text for a case.
    pub(super) fn for_counts(&self, counts: Counts) -> OsString {
        self.fill(counts, None, false)
    }

    /// The text for an input, which is quoted where a shell will read it.
    pub(super) fn for_input(&self, given: Given<'_>, quoted: bool) -> OsString {
        self.fill(Counts::ONE, Some(given), quoted)
    }

    fn fill(&self, counts: Counts, given: Option<Given<'_>>, quoted: bool) -> OsString {
        let mut text = Vec::new();
        for part in &self.0 {
            match (part, given) {
                (Part::Text(plain), _) => text.extend(plain),
                (Part::Workers, _) => text.extend(counts.workers.to_string().bytes()),
                (Part::Processes, _) => text.extend(counts.processes.to_string().bytes()),
                (Part::Threads, _) => text.extend(counts.threads.to_string().bytes()),
                (Part::Number, Some(given)) => text.extend(given.number.to_string().bytes()),
                (Part::Input(form), Some(given)) => {
                    let input = form.of(given.input.as_bytes());
                    text.extend(if quoted { quote(&input) } else { input });
                }
                (Part::Number | Part::Input(_), None) => {}
            }
        }
        OsString::from_vec(text)
    }
}

/// The name between the braces at the start of a text.
fn braced(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"{")?;
    let end = inner.iter().position(|&byte| byte == b'}')?;
    Some(&inner[..end])
}

/// The name of `{{name}}` at the start of a text.
fn escaped(text: &[u8]) -> Option<&[u8]> {
    let name = braced(text.strip_prefix(b"{")?)?;
    (is_name(name) && text.get(name.len() + 3) == Some(&b'}')).then_some(name)
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

/// What stands for the name in braces; nothing where that is text.
fn place(name: &[u8], kind: Kind) -> Result<Option<Part>, String> {
    let part = match name {
        b"p" | b"processes" if kind == Kind::Grid => Part::Processes,
        b"t" | b"threads" if kind == Kind::Grid => Part::Threads,
        name if WORKERS.contains(&name) => Part::Workers,
        b"" => Part::Input(Form::Whole),
        b"." => Part::Input(Form::NoExtension),
        b"/" => Part::Input(Form::Name),
        b"//" => Part::Input(Form::Folder),
        b"/." => Part::Input(Form::Stem),
        b"#" => Part::Number,
        name if is_name(name) => return Err(unknown(name, kind)),
        _ => return Ok(None),
    };
    match (&part, kind) {
        (Part::Workers, Kind::Workers | Kind::Grid)
        | (Part::Processes | Part::Threads, _)
        | (Part::Input(_) | Part::Number, Kind::Input) => Ok(Some(part)),
        // What only a batch knows is text elsewhere, as `{}` of find; {n} is always meant as a place.
        (Part::Workers, _) => Err(unknown(name, kind)),
        _ => Ok(None),
    }
}

fn unknown(name: &[u8], kind: Kind) -> String {
    let known = match kind {
        Kind::Workers if [&b"p"[..], b"t"].contains(&name) => {
            "it goes with --grid; there are {n}, {workers} and {threads}"
        }
        Kind::Workers => "there are {n}, {workers} and {threads}",
        Kind::Grid => "there are {p} for processes, {t} for threads of each, and {n} for all workers",
        Kind::Input => "there are {}, {.}, {/}, {//}, {/.} and {#}",
        Kind::Fixed => "nothing is put in here",
    };
    let name = String::from_utf8_lossy(name);
    format!("unknown placeholder {{{name}}}: {known}; write {{{{{name}}}}} for the text {{{name}}}")
}

impl Form {
    fn of(self, input: &[u8]) -> Vec<u8> {
        let path = Path::new(OsStr::from_bytes(input));
        let name = || path.file_name().unwrap_or(path.as_os_str()).as_bytes();
        match self {
            Self::Whole => input.to_vec(),
            Self::NoExtension => without_extension(input).to_vec(),
            Self::Name => name().to_vec(),
            Self::Folder => match path.parent().map(|parent| parent.as_os_str().as_bytes()) {
                None | Some(b"") => b".".to_vec(),
                Some(parent) => parent.to_vec(),
            },
            Self::Stem => without_extension(name()).to_vec(),
        }
    }
}

/// Up to the last dot of the last part, as GNU parallel has it.
fn without_extension(text: &[u8]) -> &[u8] {
    let part = text.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let dot = text[part..].iter().rposition(|&byte| byte == b'.');
    dot.map_or(text, |dot| &text[..part + dot])
}

/// A text as one word of a shell.
pub(super) fn quote(text: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(byte);
    if !text.is_empty() && text.iter().all(plain) {
        return text.to_vec();
    }
    let mut quoted = b"'".to_vec();
    for &byte in text {
        if byte == b'\'' { quoted.extend(br"'\''") } else { quoted.push(byte) }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn workers(text: &str) -> Result<String, String> {
        let template = Template::parse(OsStr::new(text), Kind::Workers)?;
        Ok(template.for_counts(Counts::of("command", 3)).into_string().unwrap())
    }

    fn input(text: &str, given: &str, quoted: bool) -> String {
        let template = Template::parse(OsStr::new(text), Kind::Input).unwrap();
        let given = Given { input: OsStr::new(given), number: 7 };
        template.for_input(given, quoted).into_string().unwrap()
    }

    #[test]
    fn each_name_of_the_number_is_put_in() {
        assert_eq!(workers("xz -T{n} {workers}{threads}").unwrap(), "xz -T3 33");
        let plain = "awk '{print $1}' ${n} ${workers:-x} {} {a,b} { n } {1} find {} \\;";
        assert_eq!(workers(plain).unwrap(), plain);
        assert_eq!(workers("awk '{{print}}' {{n}} {n}").unwrap(), "awk '{print}' {n} 3");
    }

    #[test]
    fn a_grid_has_processes_and_threads() {
        let template = Template::parse(OsStr::new("mpirun -n {p} a -t {t} # {n}"), Kind::Grid).unwrap();
        assert_eq!(template.for_counts(Counts::of("p=2", 6)), "mpirun -n 2 a -t 3 # 6");
        let all = Mentions { workers: true, processes: true, threads: true };
        assert_eq!(template.mentions(), all);
        assert!(workers("a {p}").unwrap_err().contains("{p}: it goes with --grid; there are {n},"));
        let problem = Template::parse(OsStr::new("a {x}"), Kind::Grid).unwrap_err();
        assert!(problem.contains("there are {p} for processes, {t} for threads"), "{problem}");
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        assert_eq!(
            workers("xz -T{cores}").unwrap_err(),
            "unknown placeholder {cores}: there are {n}, {workers} and {threads}; write {{cores}} for the text {cores}"
        );
        let of_batch = |text: &str| Template::parse(OsStr::new(text), Kind::Input).unwrap_err();
        assert!(of_batch("gzip {file}").starts_with("unknown placeholder {file}: there are {}, {.}, "));
        assert!(of_batch("gzip -p {n} {}").contains("{n}"));
        assert!(Template::parse(OsStr::new("{n}"), Kind::Fixed).unwrap_err().contains("nothing is put in"));
    }

    #[test]
    fn the_forms_of_an_input_are_gnu_parallels() {
        let all = "{} {.} {/} {//} {/.} {#}";
        assert_eq!(input(all, "a/b.c/d.tar.gz", false), "a/b.c/d.tar.gz a/b.c/d.tar d.tar.gz a/b.c d.tar 7");
        assert_eq!(input(all, "plain", false), "plain plain plain . plain 7");
        assert_eq!(input(all, "a.d/plain", false), "a.d/plain a.d/plain plain a.d plain 7");
        assert_eq!(input("{}", "it's a; rm -rf *", true), r"'it'\''s a; rm -rf *'");
        assert_eq!(input("{}", "", true), "''");
    }

    proptest! {
        #[test]
        fn a_shell_reads_a_quoted_text_as_it_was(bytes in prop::collection::vec(1_u8.., 0..40)) {
            let template = Template::parse(OsStr::new("printf %s {}"), Kind::Input).unwrap();
            let given = Given { input: OsStr::from_bytes(&bytes), number: 1 };
            let text = template.for_input(given, true);
            let output = std::process::Command::new("/bin/sh").arg("-c").arg(text).output().unwrap();
            prop_assert_eq!(output.stdout, bytes);
        }

        #[test]
        fn whatever_is_parsed_does_not_panic(bytes in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'n'), Just(b'$'), any::<u8>()], 0..30)) {
            for kind in [Kind::Workers, Kind::Grid, Kind::Input, Kind::Fixed] {
                if let Ok(template) = Template::parse(OsStr::from_bytes(&bytes), kind) {
                    template.for_counts(Counts::ONE);
                }
            }
        }
    }
}
