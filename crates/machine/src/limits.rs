//! How many files and sockets this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Makes room for that many open files, if the system allows it, and says for how many there is room. Often
/// the limit in force is far below what the process may set for itself.
#[must_use]
pub fn make_room_for_files(wanted: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // None is no limit at all.
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current;
    }
    let raised = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised_limit = Rlimit { current: Some(raised), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised_limit) {
        Ok(()) => raised,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_goes_up_and_never_down() {
        let before = make_room_for_files(1);
        let raised = make_room_for_files(before.saturating_add(1));
        assert!(raised >= before);
        assert_eq!(make_room_for_files(1), raised);
    }
}
