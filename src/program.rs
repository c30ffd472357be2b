//! The name of this program, which is `speedup` or one that a [`Tool`](crate::Tool) makes.

use std::sync::OnceLock;

/// The name of the tool that this crate is.
pub(crate) const SPEEDUP: &str = "speedup";

static PROGRAM: OnceLock<Program> = OnceLock::new();

struct Program {
    name: String,
    version: Option<String>,
}

/// Gives this program its name and version; the first call counts.
pub(crate) fn set(name: &str, version: Option<&str>) {
    PROGRAM.get_or_init(|| Program { name: name.to_string(), version: version.map(ToString::to_string) });
}

/// Its name.
pub(crate) fn name() -> &'static str {
    PROGRAM.get().map_or(SPEEDUP, |program| &program.name)
}

/// Its name and version where it is not `speedup` itself.
pub(crate) fn own() -> Option<String> {
    let program = PROGRAM.get().filter(|program| program.name != SPEEDUP)?;
    let version = program.version.as_ref().map(|version| format!(" {version}"));
    Some(format!("{}{}", program.name, version.unwrap_or_default()))
}
