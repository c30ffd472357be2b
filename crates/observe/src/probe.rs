//! What this system tells of a program, found out by trying it.

use crate::execution::{Source, Told, Untold};
use crate::spec::{Options, Spec, Wanted};
use crate::{Error, Runner};

/// Which sources there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Every source, best first, and why it is not to be had.
    pub sources: Vec<(Source, Told<()>)>,
}

impl Probe {
    /// The best that there is.
    #[must_use]
    pub fn best(&self) -> Source {
        let there = self.sources.iter().find(|(_, told)| told.is_ok());
        there.map_or(Source::Usage, |(source, _)| *source)
    }
}

/// Tries every source on `sh -c :`, some milliseconds each.
///
/// # Errors
///
/// If not even a shell can be run.
pub fn probe() -> Result<Probe, Error> {
    let mut runner = Runner::new()?;
    let mut sources = Vec::new();
    for source in Source::ALL {
        let options = Options { source: Wanted::Only(source), ..Options::default() };
        let told = match runner.run(&Spec::shell(":"), &options) {
            Ok(execution) if source.switches() => execution.trace.map(|_| ()),
            Ok(_) => Ok(()),
            Err(Error::NoSource { why, .. }) => Err(why),
            Err(error) if source == Source::Usage => return Err(error),
            Err(error) => Err(Untold(error.to_string())),
        };
        sources.push((source, told));
    }
    Ok(Probe { sources })
}
