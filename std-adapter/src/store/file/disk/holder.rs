//! Who has locked a file, for an error's words.

use std::fs::Metadata;

/// The number of a process that has a lock of the file, as `/proc/locks` tells. One outside of this
/// process's namespace has none.
#[cfg(target_os = "linux")]
pub(crate) fn of(file: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let (major, minor) = (rustix::fs::major(file.dev()), rustix::fs::minor(file.dev()));
    find(&locks, &format!("{major:02x}:{minor:02x}:{}", file.ino()), file.ino())
}

/// Elsewhere the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn of(_: &Metadata) -> Option<u32> {
    None
}

/// The holder in the lines of `/proc/locks`: number, `FLOCK`, two words, process, device and file.
/// Where no line has the device, one of the file's number: a file system in layers has another
/// device than its files say.
#[cfg(target_os = "linux")]
fn find(locks: &str, file: &str, number: u64) -> Option<u32> {
    let mut by_number = None;
    for line in locks.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, locked, ..] = words[..] else { continue };
        let Some(process) = process.parse().ok().filter(|&process| process != 0) else { continue };
        if locked == file {
            return Some(process);
        }
        let is_number = locked.rsplit(':').next().is_some_and(|it| it.parse() == Ok(number));
        by_number = by_number.or(is_number.then_some(process));
    }
    by_number
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The holder is found by device and number, else by the number; those who wait, and other
    /// kinds of locks, are passed over.
    #[test]
    fn the_holder_is_found() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 08:01:99 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 8 08:02:99 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 9 08:01:99 0 EOF\n\
                     3: -> FLOCK  ADVISORY  WRITE 10 08:01:99 0 EOF\n\
                     4: FLOCK  ADVISORY  READ  0 08:01:77 0 EOF\n";
        assert_eq!(find(locks, "08:01:99", 99), Some(9));
        assert_eq!(find(locks, "00:2f:99", 99), Some(8));
        assert_eq!(find(locks, "08:01:77", 77), None);
    }
}
