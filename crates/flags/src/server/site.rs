//! The sites of the book: one answers at once, one late, and one is not to be relied upon.

/// A site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Answers at once.
    Local,
    /// Answers late, whatever it is asked.
    Delay,
    /// A quarter of its answers are errors, half of them late.
    Error,
}

impl Site {
    /// All of them, in the order of their ports.
    pub const ALL: [Self; 3] = [Self::Local, Self::Delay, Self::Error];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "LOCAL",
            Self::Delay => "DELAY",
            Self::Error => "ERROR",
        }
    }

    /// The port where clients look for it.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Local => 8001,
            Self::Delay => 8002,
            Self::Error => 8003,
        }
    }

    /// The site of that name, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|site| site.name().eq_ignore_ascii_case(name))
    }
}
