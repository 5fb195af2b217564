//! Reading everything, to say what is whole and what is not.

use std::{fmt, io, path::PathBuf};

use llm_cache_core::{
    RequestKey,
    record::{Found, Kind},
};

use crate::store::{
    FileFault, StoreError,
    file::{
        directory::Directory,
        disk::Listed,
        segment::{DATA_START, Opened, Segment, Until, sequence_of},
    },
};

/// What [`FileStore::verify`](crate::store::FileStore::verify) has read. `Display` is a line of
/// totals and a line for each place that is damaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Segment files.
    pub segments: u64,
    /// Entries whose checksums hold, replaced and removed ones included.
    pub entries_whole: u64,
    /// Removals and clears.
    pub removals: u64,
    /// Bytes of all segment files.
    pub bytes: u64,
    /// What was skipped, by file and offset.
    pub damage: Vec<Damage>,
}

/// A place in a file that no entry can be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in it the damage begins, in bytes.
    pub offset: u64,
    /// How many bytes are skipped for it.
    pub len: u64,
    /// What is the matter.
    pub kind: DamageKind,
}

/// What is the matter with a place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// The file has no good header: nothing in it can be read.
    Header,
    /// The file was written by a newer version of this library, which can read it.
    NewerVersion {
        /// Its format version.
        found: u16,
    },
    /// Bytes between records that are none: a record whose head is damaged.
    Record,
    /// The body of an entry fails its checksum; the head is whole and names the key.
    Body {
        /// The key of the entry.
        key: RequestKey,
    },
    /// What stands behind the last record: one that was cut off, by a crash as a rule.
    TornEnd,
}

impl Verification {
    /// Whether everything is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }

    fn note(&mut self, segment: &Segment, offset: u32, end: u32, kind: DamageKind) {
        let (offset, len) = (u64::from(offset), u64::from(end - offset));
        self.damage.push(Damage { file: segment.path.clone(), offset, len, kind });
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, entries_whole, removals, bytes, damage } = self;
        write!(
            f,
            "{entries_whole} entries whole, {removals} removals, in {segments} segments of {bytes} \
             bytes; {} places damaged",
            damage.len()
        )?;
        damage.iter().try_for_each(|damage| write!(f, "\n{damage}"))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, len, kind } = self;
        write!(f, "{}: {len} bytes at {offset}: {kind}", file.display())
    }
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("no good segment header, nothing can be read"),
            Self::NewerVersion { found } => write!(f, "format version {found}, newer than ours"),
            Self::Record => f.write_str("no record, or one whose head is damaged"),
            Self::Body { key } => write!(f, "the body of the entry {key} fails its checksum"),
            Self::TornEnd => f.write_str("a record that was cut off"),
        }
    }
}

/// Reads all segments of the directory from the disk. What others append meanwhile may be missed.
pub(crate) fn verify(directory: &Directory) -> Result<Verification, StoreError> {
    let mut listed = directory.disk.list().map_err(|error| directory.failed(error))?;
    listed.retain(|file| sequence_of(&file.name).is_some());
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    let mut verification = Verification::default();
    for file in &listed {
        match verify_file(file, directory, &mut verification) {
            // Compacted or evicted meanwhile.
            Err(error) if FileFault::cause_of(&error) == Some(io::ErrorKind::NotFound) => {}
            done => done?,
        }
    }
    Ok(verification)
}

fn verify_file(
    file: &Listed,
    directory: &Directory,
    verification: &mut Verification,
) -> Result<(), StoreError> {
    let opened = Segment::open(&directory.disk, &directory.path, file)?;
    verification.segments += 1;
    verification.bytes += file.len;
    let kind = match opened {
        Opened::Segment(segment) => {
            let read = verify_segment(&segment, verification);
            return read.map_err(|error| FileFault::io(&segment.path, error));
        }
        Opened::Unreadable => DamageKind::Header,
        Opened::Newer { found } => DamageKind::NewerVersion { found },
    };
    let path = directory.path.join(&file.name);
    verification.damage.push(Damage { file: path, offset: 0, len: file.len, kind });
    Ok(())
}

fn verify_segment(segment: &Segment, verification: &mut Verification) -> io::Result<()> {
    let file = segment.file()?;
    let (is_live, file_len) = (file.is_locked()?, file.len()?);
    let mut records: Vec<Found> = Vec::new();
    let scan = segment.walk(DATA_START, Until::End, |found| {
        records.push(*found);
        Ok(())
    })?;
    let mut end = DATA_START;
    for (i, found) in records.iter().enumerate() {
        // Zeros that a power loss has left between records are damage too: something stood there.
        if found.offset > end {
            verification.note(segment, end, found.offset, DamageKind::Record);
        }
        end = segment.end_of(found);
        match found.head.kind {
            Kind::Entry if segment.is_whole(found)? => verification.entries_whole += 1,
            // It is being written.
            Kind::Entry if is_live && i + 1 == records.len() => {}
            Kind::Entry if u64::from(end) > file_len => {
                verification.note(segment, found.offset, file_len as u32, DamageKind::TornEnd);
            }
            Kind::Entry => {
                let kind = DamageKind::Body { key: found.head.key };
                verification.note(segment, found.offset, end, kind);
            }
            Kind::Removal | Kind::Clear => verification.removals += 1,
            _ => {}
        }
    }
    if scan.end() > end && !is_live {
        verification.note(segment, end, scan.end(), DamageKind::TornEnd);
    }
    Ok(())
}
