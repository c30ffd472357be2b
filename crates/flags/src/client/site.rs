//! The sites by their names, and where no server listens at one, the server within this program.

use std::fs::File;
use std::str::FromStr;

use rustix::fs::{FlockOperation, Mode, OFlags, fchmod, flock, open};

use super::base::{BadUrl, Base};
use crate::server::{Background, Settings, Site};

/// A site by the name that the book gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Answers late.
    Delay,
    /// Answers late, or with errors.
    Error,
    /// Answers.
    Local,
    /// On the Internet.
    Remote,
}

/// All of them, in the order of the book.
pub const LABELS: [Label; 4] = [Label::Delay, Label::Error, Label::Local, Label::Remote];

/// Connections to a site on the Internet, at most.
pub const REMOTE_CAP: usize = 4;

impl Label {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay => "DELAY",
            Self::Error => "ERROR",
            Self::Local => "LOCAL",
            Self::Remote => "REMOTE",
        }
    }

    /// Its base URL.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::Delay => "http://localhost:8002/flags",
            Self::Error => "http://localhost:8003/flags",
            Self::Local => "http://localhost:8001/flags",
            Self::Remote => "http://flupy.org/data/flags",
        }
    }

    /// What the server in this program can stand in for.
    fn site(self) -> Option<Site> {
        match self {
            Self::Delay => Some(Site::Delay),
            Self::Error => Some(Site::Error),
            Self::Local => Some(Site::Local),
            Self::Remote => None,
        }
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        speedup_values::choose("site", &text.to_uppercase(), LABELS, |label| label.name())
    }
}

/// Where to download from.
#[derive(Debug)]
pub struct Target {
    /// Name of the site.
    pub name: &'static str,
    /// Its URL and addresses.
    pub base: Base,
    /// The server within this program, if it is that.
    embedded: Option<Embedded>,
}

/// A server for one run.
#[derive(Debug)]
struct Embedded {
    _server: Background,
    /// Held while the server is at the site's own port.
    _claim: Option<Claim>,
}

impl Target {
    /// Any base URL.
    ///
    /// # Errors
    ///
    /// [`BadUrl`].
    pub fn of_url(url: &str) -> Result<Self, BadUrl> {
        let mut base = Base::parse(url)?;
        if base.addrs().len() > 1 {
            base.probe();
        }
        Ok(Self { name: "URL", base, embedded: None })
    }

    /// The site of that name; where no server listens, a server is started with this seed, which lasts as long as
    /// the target.
    ///
    /// # Errors
    ///
    /// [`BadUrl`] if the host is not known, or what keeps the server from starting.
    pub fn of_site(label: Label, seed: u64) -> Result<Self, Box<dyn std::error::Error>> {
        let (name, mut base) = (label.name(), Base::parse(label.url())?);
        let Some(site) = label.site() else {
            return Ok(Self { name, base, embedded: None });
        };
        let port = base.addrs()[0].port();
        // Looked at before and after: a run that ends in between takes its server with it.
        let held = Claim::is_held(port);
        if base.probe() && !held && !Claim::is_held(port) {
            return Ok(Self { name, base, embedded: None });
        }
        // Where another run has its own server at the port, that server ends with that run.
        let claim = Claim::take(port);
        let settings = |port| Settings { port, seed, ..Settings::of(site) };
        let (server, claim) = match claim.map(|claim| (Background::start(settings(port)), claim)) {
            Some((Ok(server), claim)) => (server, Some(claim)),
            _ => (Background::start(settings(0))?, None),
        };
        let mut base = Base::parse(&format!("http://localhost:{}/flags", server.addr().port()))?;
        base.at(server.addr());
        Ok(Self { name, base, embedded: Some(Embedded { _server: server, _claim: claim }) })
    }

    /// Whether the server is within this program.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }
}

/// That the server at a port is the one of a run of this program, and so not there for others.
#[derive(Debug)]
struct Claim {
    _file: File,
}

impl Claim {
    fn take(port: u16) -> Option<Self> {
        let file = Self::file(port)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(Self { _file: file })
    }

    fn is_held(port: u16) -> bool {
        Self::file(port).is_some_and(|file| flock(file, FlockOperation::NonBlockingLockShared).is_err())
    }

    /// The file is only there to be locked; anyone may. Where it is another user's, some systems let no one
    /// open it in a way that could make it.
    fn file(port: u16) -> Option<File> {
        let path = std::env::temp_dir().join(format!("speedup-flags-{port}.lock"));
        let (flags, mode) = (OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::from_raw_mode(0o644));
        if let Ok(file) = open(&path, flags, mode) {
            return Some(file.into());
        }
        let file = open(&path, flags | OFlags::CREATE, mode).ok()?;
        // Whatever the user's mask; where that fails, others go without.
        let _ = fchmod(&file, mode);
        Some(file.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_in_any_case() {
        for label in LABELS {
            assert_eq!(label.name().to_lowercase().parse(), Ok(label));
            assert!(Base::parse(label.url()).is_ok() || label == Label::Remote);
        }
        let error = "FAST".parse::<Label>().unwrap_err();
        assert_eq!(error, "there is no site FAST; there are DELAY, ERROR, LOCAL, REMOTE");
    }

    #[test]
    fn a_claim_is_seen_until_it_is_dropped() {
        // No site has this port.
        let port = 1;
        let claim = Claim::take(port).unwrap();
        assert!(Claim::is_held(port) && Claim::take(port).is_none());
        drop(claim);
        assert!(!Claim::is_held(port));
        assert!(Claim::take(port).is_some());
    }

    #[test]
    fn two_runs_at_once_have_a_server_each() {
        let one = Target::of_site(Label::Local, 1).unwrap();
        let other = Target::of_site(Label::Local, 1).unwrap();
        // The sites' servers may well run on the machine that tests this.
        if one.is_embedded() {
            assert!(other.is_embedded());
            assert_ne!(one.base.addrs(), other.base.addrs());
        }
    }
}
