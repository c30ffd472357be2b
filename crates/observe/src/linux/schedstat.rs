//! `/proc/TASK/schedstat` and `/proc/PROCESS/stat`, read without allocating: the supervisor uses them.

use rustix::fs::{Mode, OFlags, open};
use rustix::io::read;

/// CPU time and run delay of a task, in ns; absent where the kernel does not keep them.
///
/// The number of any thread will do, not only of a process's first; a zombie still tells.
pub(super) fn schedstat(task: i32) -> Option<(u64, u64)> {
    let mut buffer = [0; 128];
    let text = file(b"schedstat", task, &mut buffer)?;
    let mut numbers = text.split(|byte| *byte == b' ');
    Some((decimal(numbers.next()?)?, decimal(numbers.next()?)?))
}

/// The parent of a process.
pub(super) fn parent(process: i32) -> Option<i32> {
    let mut buffer = [0; 512];
    let text = file(b"stat", process, &mut buffer)?;
    // The name in parentheses may hold anything; after its end come the state and the parent.
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    let parent = text.get(name_end + 2..)?.split(|byte| *byte == b' ').nth(1)?;
    i32::try_from(decimal(parent)?).ok()
}

/// The beginning of `/proc/TASK/NAME`.
fn file<'a>(name: &[u8], task: i32, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut path = [0; 48];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        if let Some(place) = path.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
            at += bytes.len();
        }
    };
    put(b"/proc/");
    let mut digits = [0; 10];
    let mut left = u32::try_from(task).ok()?;
    let mut first = digits.len();
    loop {
        first = first.checked_sub(1)?;
        *digits.get_mut(first)? = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    put(digits.get(first..)?);
    put(b"/");
    put(name);
    let path = std::ffi::CStr::from_bytes_until_nul(&path).ok()?;
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let len = read(&file, &mut *buffer).ok()?;
    buffer.get(..len)
}

/// A number of decimal digits, with nothing before or after it but a line's end.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_whole_or_not_at_all() {
        assert_eq!(decimal(b"120"), Some(120));
        assert_eq!(decimal(b"7\n"), Some(7));
        assert_eq!((decimal(b""), decimal(b"1a"), decimal(b"99999999999999999999")), (None, None, None));
    }

    #[test]
    fn this_process_has_times_and_a_parent() {
        let own = std::process::id() as i32;
        assert_eq!(parent(own), Some(std::os::unix::process::parent_id() as i32));
        if std::path::Path::new("/proc/self/schedstat").exists() {
            assert!(schedstat(own).unwrap().0 > 0);
        } else {
            println!("skipped: no /proc/self/schedstat");
        }
        assert_eq!(schedstat(-1), None);
    }
}
