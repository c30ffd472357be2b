//! Numbers, texts and bytes of a message's head, one after the other: little-endian, lengths before contents.

use speedup_executor::{Error, Exit};

/// What is written.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn of_kind(kind: u8) -> Self {
        Self(vec![kind])
    }

    pub(crate) fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn u128(&mut self, number: u128) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.u64(items.len() as u64);
        for item in items {
            write(self, item);
        }
    }

    /// An error. What has no form here arrives as a failed transfer with its text.
    pub(crate) fn error(&mut self, error: &Error) {
        let exit = |writer: &mut Self, exit: &Exit| {
            let (kind, number) = match exit {
                Exit::Code(code) => (0, *code),
                Exit::Signal(signal) => (1, *signal),
                Exit::Misbehaved => (2, 0),
                Exit::Unknown => (3, 0),
            };
            writer.u8(kind);
            writer.u64(i64::from(number).cast_unsigned());
        };
        let reasoned = |writer: &mut Self, kind: u8, number: usize, reason: &str| {
            writer.u8(kind);
            writer.u64(number as u64);
            writer.bytes(reason.as_bytes());
        };
        match error {
            Error::BrokenPool { worker, pid, exit: how } => {
                reasoned(self, 0, *worker, "");
                self.u64(u64::from(*pid));
                exit(self, how);
            }
            Error::WorkerDied { worker, pid, exit: how } => {
                reasoned(self, 1, *worker, "");
                self.u64(u64::from(*pid));
                exit(self, how);
            }
            Error::Spawn { worker, reason } => reasoned(self, 2, *worker, reason),
            Error::Initializer { worker, reason } => reasoned(self, 3, *worker, reason),
            Error::Cancelled => reasoned(self, 4, 0, ""),
            Error::Dropped => reasoned(self, 5, 0, ""),
            Error::NotInitialised { reason } => reasoned(self, 6, 0, reason),
            Error::Transfer { task, reason } => {
                reasoned(self, 7, 0, reason);
                self.bytes(task.as_bytes());
            }
            other => {
                reasoned(self, 7, 0, &other.to_string());
                self.bytes(b"");
            }
        }
    }
}

/// What is read. Nothing is taken for granted: each gives `None` where the message is too short.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn u128(&mut self) -> Option<u128> {
        Some(u128::from_le_bytes(self.take(16)?.try_into().ok()?))
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u64()?).ok()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        Some(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    /// As many items as the message says that it has.
    pub(crate) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u64()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Some(items)
    }

    pub(crate) fn error(&mut self) -> Option<Error> {
        let kind = self.u8()?;
        let worker = usize::try_from(self.u64()?).ok()?;
        let reason = self.text()?;
        Some(match kind {
            0 | 1 => {
                let pid = u32::try_from(self.u64()?).ok()?;
                let how = self.u8()?;
                let number = i32::try_from(self.u64()?.cast_signed()).ok()?;
                let exit = match how {
                    0 => Exit::Code(number),
                    1 => Exit::Signal(number),
                    2 => Exit::Misbehaved,
                    _ => Exit::Unknown,
                };
                match kind {
                    0 => Error::BrokenPool { worker, pid, exit },
                    _ => Error::WorkerDied { worker, pid, exit },
                }
            }
            2 => Error::Spawn { worker, reason },
            3 => Error::Initializer { worker, reason },
            4 => Error::Cancelled,
            5 => Error::Dropped,
            6 => Error::NotInitialised { reason },
            7 => Error::Transfer { task: self.text()?, reason },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_arrive_as_they_were() {
        let errors = [
            Error::BrokenPool { worker: 3, pid: 77, exit: Exit::Signal(9) },
            Error::WorkerDied { worker: 0, pid: 1, exit: Exit::Code(-1) },
            Error::Spawn { worker: 2, reason: "no more processes".to_string() },
            Error::Initializer { worker: 1, reason: "panicked".to_string() },
            Error::Cancelled,
            Error::Dropped,
            Error::NotInitialised { reason: "at the start".to_string() },
            Error::Transfer { task: "square".to_string(), reason: "too long".to_string() },
        ];
        for error in errors {
            let mut writer = Writer::default();
            writer.error(&error);
            assert_eq!(Reader(&writer.0).error(), Some(error));
            for length in 0..writer.0.len() {
                assert_eq!(Reader(&writer.0[..length]).error(), None, "{length}");
            }
        }
    }
}
