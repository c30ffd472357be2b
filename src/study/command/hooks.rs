//! The commands around the measured one.

use super::session::{Session, kind_of, template};
use super::template::{Counts, Kind, Mentions, Template};
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
        let (hooks, each) = (&record.hooks, kind_of(record));
        Ok(Self {
            setup: of("setup", hooks.setup.as_ref(), Kind::Fixed)?,
            prepare: of("prepare", hooks.prepare.as_ref(), each)?,
            conclude: of("conclude", hooks.conclude.as_ref(), each)?,
            cleanup: of("cleanup", hooks.cleanup.as_ref(), Kind::Fixed)?,
            check: of("check", check, each)?,
            begun: false,
        })
    }

    /// Which numbers of a case the text of what is done before an execution has places for.
    pub(super) fn prepare_mentions(&self) -> Mentions {
        self.prepare.as_ref().map_or_else(Mentions::default, Template::mentions)
    }

    pub(super) fn set_up(&mut self, session: &mut Session) -> Result<(), String> {
        self.begun = true;
        self.setup.as_ref().map_or(Ok(()), |setup| session.hook("setup", setup, Counts::ONE))
    }

    pub(super) fn clean_up(&self, session: &mut Session) -> Result<(), String> {
        match &self.cleanup {
            Some(cleanup) if self.begun => session.last_hook("cleanup", cleanup),
            _ => Ok(()),
        }
    }

    /// Before an execution.
    pub(super) fn before(&self, session: &mut Session, counts: Counts) -> Result<(), String> {
        self.prepare.as_ref().map_or(Ok(()), |prepare| session.hook("prepare", prepare, counts))
    }

    /// After an execution that ended well: whether what it did is right, then what is to be put away.
    pub(super) fn after(&self, session: &mut Session, counts: Counts) -> Result<(), String> {
        self.check.as_ref().map_or(Ok(()), |check| session.hook("check", check, counts))?;
        self.conclude.as_ref().map_or(Ok(()), |conclude| session.hook("conclude", conclude, counts))
    }
}
