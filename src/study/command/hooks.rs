//! The commands around the measured one.

use super::session::{Session, template};
use super::template::{Kind, Template};
use speedup_report::record::{Check, CommandRecord, Text};

/// The commands that run around the measured one, and which of them is due.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    setup: Option<Template>,
    prepare: Option<Template>,
    conclude: Option<Template>,
    cleanup: Option<Template>,
    check: Option<Template>,
    /// Whether the setup has been tried, so that there is something to clean up.
    begun: bool,
}

impl Hooks {
    /// Those of a record.
    ///
    /// # Errors
    ///
    /// In a sentence, what is wrong with one.
    pub(super) fn of(record: &CommandRecord) -> Result<Self, String> {
        let of = |option: &str, text: Option<&String>, kind| {
            text.map(|text| template(option, &Text::from(text), kind)).transpose()
        };
        let check = match &record.check {
            Some(Check::Command(text)) => Some(text),
            Some(Check::Stdout) | None => None,
        };
        let hooks = &record.hooks;
        Ok(Self {
            setup: of("setup", hooks.setup.as_ref(), Kind::Fixed)?,
            prepare: of("prepare", hooks.prepare.as_ref(), Kind::Workers)?,
            conclude: of("conclude", hooks.conclude.as_ref(), Kind::Workers)?,
            cleanup: of("cleanup", hooks.cleanup.as_ref(), Kind::Fixed)?,
            check: of("check", check, Kind::Workers)?,
            begun: false,
        })
    }

    /// Whether what is done before an execution differs with the number of workers.
    pub(super) fn prepare_has_workers(&self) -> bool {
        self.prepare.as_ref().is_some_and(Template::has_workers)
    }

    pub(super) fn set_up(&mut self, session: &mut Session) -> Result<(), String> {
        self.begun = true;
        self.setup.as_ref().map_or(Ok(()), |setup| session.hook("setup", setup, 1))
    }

    pub(super) fn clean_up(&self, session: &mut Session) -> Result<(), String> {
        match &self.cleanup {
            Some(cleanup) if self.begun => session.last_hook("cleanup", cleanup),
            _ => Ok(()),
        }
    }

    /// Before an execution.
    pub(super) fn before(&self, session: &mut Session, workers: usize) -> Result<(), String> {
        self.prepare.as_ref().map_or(Ok(()), |prepare| session.hook("prepare", prepare, workers))
    }

    /// After an execution that ended well: whether what it did is right, then what is to be put away.
    pub(super) fn after(&self, session: &mut Session, workers: usize) -> Result<(), String> {
        self.check.as_ref().map_or(Ok(()), |check| session.hook("check", check, workers))?;
        self.conclude.as_ref().map_or(Ok(()), |conclude| session.hook("conclude", conclude, workers))
    }
}
