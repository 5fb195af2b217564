//! How a file store is to be kept.

use std::{fmt, time::Duration};

use super::FileFault;

/// What survives a power loss. A crash or `kill -9` of this process alone loses nothing that `put`
/// has acknowledged, under any of these: the operating system has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing is promised; whatever the system has written out by then.
    None,
    /// All that was acknowledged longer ago than this, and the time that a sync takes. A thread
    /// syncs at this interval, of a millisecond at least, when there is something to sync.
    Interval(Duration),
    /// All that was acknowledged: `put` returns after the sync. Puts that wait at the same time
    /// share one.
    Always,
}

/// Settings of a [`FileStore`](crate::store::FileStore); made by its
/// [`options`](crate::store::FileStore::options).
#[derive(Clone, Copy, Debug)]
pub struct FileStoreOptions {
    pub(super) max_bytes: u64,
    pub(super) segment_bytes: Option<u32>,
    pub(super) durability: Durability,
    #[cfg(feature = "lz4")]
    pub(super) compresses: bool,
    pub(super) is_read_only: bool,
    pub(super) trusts_group: bool,
    open_segments: u32,
    namespace: Option<Namespace>,
    pub(crate) may_be_on_network: bool,
}

/// The name of a namespace, in place, so that options are copied like any other settings.
#[derive(Clone, Copy)]
struct Namespace {
    bytes: [u8; NAMESPACE_MAX],
    /// More than fit, for a name that is too long.
    len: usize,
}

impl Default for FileStoreOptions {
    /// 256 MiB, synced every second.
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            segment_bytes: None,
            durability: Durability::Interval(Duration::from_secs(1)),
            #[cfg(feature = "lz4")]
            compresses: false,
            is_read_only: false,
            trusts_group: false,
            open_segments: OPEN_SEGMENTS,
            namespace: None,
            may_be_on_network: false,
        }
    }
}

impl FileStoreOptions {
    /// The bound on the bytes of all segment files; the default is 256 MiB, the least 64 KiB.
    ///
    /// It holds after every put of a process that is alone. Where several write, the files outgrow
    /// it by one segment for each that is writing, whatever any of them does. A process that stops
    /// while it holds the maintenance lock, without which nothing is deleted, makes the others
    /// decline puts after two seconds, with
    /// [`BoundReached`](crate::store::FileFault::BoundReached). The
    /// [store](crate::store::FileStore) says what goes.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = if bytes < MAX_BYTES_MIN { MAX_BYTES_MIN } else { bytes };
        self
    }

    /// The size of a segment file: the default is a 32nd of `max_bytes` and at most 64 MiB,
    /// the least 4 KiB. A larger entry gets a file of its own.
    #[must_use]
    pub const fn segment_bytes(mut self, bytes: u32) -> Self {
        self.segment_bytes = Some(if bytes < SEGMENT_MIN { SEGMENT_MIN } else { bytes });
        self
    }

    /// What survives a power loss; the default is [`Durability::Interval`] of a second.
    #[must_use]
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Whether payloads are compressed, with LZ4, where that saves an eighth at least; the default
    /// is that they are not. Recorded answers shrink to 57 % of what they take on the disk; a put
    /// takes 7 us longer and a get 2.4 us.
    ///
    /// A store without the feature `lz4` does not find entries that were compressed.
    #[cfg(feature = "lz4")]
    #[must_use]
    pub const fn compress(mut self, compress: bool) -> Self {
        self.compresses = compress;
        self
    }

    /// Opens the store of one namespace of the directory: a store of its own in `ns-NAME`, with a
    /// bound of its own. `clear` and `compact` there touch no other one. The default is none: the
    /// store in the directory itself.
    ///
    /// A name has 1 to 64 characters of `a-z`, `0-9`, `-` and `_`; capitals are left out since some
    /// file systems take them for small letters. [`open`](Self::open) refuses any other.
    #[must_use]
    pub fn namespace(mut self, name: &str) -> Self {
        let (mut bytes, len) = ([0; NAMESPACE_MAX], name.len());
        let kept = len.min(NAMESPACE_MAX);
        bytes[..kept].copy_from_slice(&name.as_bytes()[..kept]);
        self.namespace = Some(Namespace { bytes, len });
        self
    }

    /// Whether the directory may be on a network file system; the default is that it may not.
    ///
    /// There the locks may hold nobody back, and a read may miss what another machine has just
    /// written. Where one machine alone uses the directory, both usually hold. FUSE counts as a
    /// network: what is behind it is not known.
    #[must_use]
    pub const fn allow_network_file_system(mut self, allow: bool) -> Self {
        self.may_be_on_network = allow;
        self
    }

    /// Whether the store is only read; the default is that it is not.
    ///
    /// Then nothing in the directory is made, changed or locked for good, so that it may be on a
    /// mount that is read only, as the layer of an image or a folder under version control. It may
    /// belong to root, on such a mount to anybody, and its modes stay as they are. Puts, removals,
    /// clears and compactions return [`ReadOnly`](crate::store::FileFault::ReadOnly). What
    /// others write there meanwhile is seen as ever; where there is no `lock` yet, within half a
    /// second.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = read_only;
        self
    }

    /// Whether directories above the store may be writable for their group; the default is that
    /// they may not, since whoever may write to one can put another store in place of this one.
    ///
    /// For volumes of containers, which belong to a group that one application has to itself (mode
    /// 2775). Such a group may also write to the store's own directory; one that holds nothing else
    /// is closed to it.
    #[must_use]
    pub const fn allow_group_writable_parent(mut self, allow: bool) -> Self {
        self.trusts_group = allow;
        self
    }

    /// How many segment files are open at a time; the default is 64, the least 4. A quarter of what
    /// the process may open at all (`ulimit -n`) is never exceeded.
    ///
    /// One that is not open is opened for a read, and the one that was not read for the longest
    /// time is closed for it. Beside these the store has at most five descriptors (the directory,
    /// `lock`, the two segments that it writes, one for a moment) and one for each segment that
    /// another process is writing.
    #[must_use]
    pub const fn open_segments(mut self, files: u32) -> Self {
        self.open_segments = if files < OPEN_SEGMENTS_MIN { OPEN_SEGMENTS_MIN } else { files };
        self
    }

    /// The name of the namespace whose store is opened; `None` where none is set.
    ///
    /// # Errors
    /// A name that no namespace may have.
    pub(crate) fn namespace_name(&self) -> Result<Option<&str>, FileFault> {
        let Some(namespace) = &self.namespace else { return Ok(None) };
        namespace.name().map(Some).ok_or(FileFault::InvalidNamespace)
    }

    /// How many files may be open beside those that are written.
    pub(super) fn open_max(&self) -> usize {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let share = limit.map_or(u64::MAX, |limit| limit / 4).max(OPEN_SEGMENTS_MIN.into());
        usize::try_from(share).unwrap_or(usize::MAX).min(self.open_segments as usize)
    }

    /// The capacity of a new segment file, a multiple of the record alignment.
    pub(super) fn segment_capacity(&self) -> u32 {
        let share = (self.max_bytes / 32).clamp(u64::from(SEGMENT_MIN), 64 << 20);
        let capacity = self.segment_bytes.unwrap_or(share as u32);
        capacity.min(u32::try_from(self.max_bytes).unwrap_or(u32::MAX)) & !15
    }
}

impl Namespace {
    /// The name, unless it is none that a namespace may have.
    fn name(&self) -> Option<&str> {
        let name = std::str::from_utf8(self.bytes.get(..self.len)?).ok()?;
        let is_allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        (!name.is_empty() && name.bytes().all(is_allowed)).then_some(name)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name().unwrap_or("(invalid)"), f)
    }
}

const NAMESPACE_MAX: usize = 64;
const MAX_BYTES_MIN: u64 = 64 << 10;
const SEGMENT_MIN: u32 = 4 << 10;
/// Twice what a store with segments of the default size has.
const OPEN_SEGMENTS: u32 = 64;
const OPEN_SEGMENTS_MIN: u32 = 4;

#[cfg(test)]
mod tests {
    use llm_cache_core::{RequestKey, record::Record};
    use tempfile::TempDir;

    use super::*;
    use crate::store::FileStore;

    /// Each namespace has its own entries and a clear of its own, beside the store in the directory
    /// itself; and the directory stays closed to others.
    #[test]
    fn namespaces_are_apart() {
        let dir = TempDir::new().unwrap();
        let options = FileStore::options().durability(Durability::None);
        let stores = [options, options.namespace("a"), options.namespace("b-2_x")];
        let stores = stores.map(|options| options.open(&dir).unwrap());
        let key = RequestKey::from_bytes([7; 32]);
        for (n, store) in stores.iter().enumerate() {
            store.put(&Record::new(key, &[n as u8])).unwrap();
        }
        stores[1].clear().unwrap();
        let found = stores.each_ref().map(|store| store.get(&key).unwrap().map(|it| it.payload[0]));
        assert_eq!(found, [Some(0), None, Some(2)]);
        drop(stores);
        let store = options.namespace("b-2_x").open(&dir).unwrap();
        assert_eq!(store.path(), dir.path().join("ns-b-2_x"));
        assert_eq!(store.get(&key).unwrap().unwrap().payload, [2][..]);
    }

    /// A name that could lead elsewhere or be taken for another is refused, and nothing is made.
    #[test]
    fn other_names_are_refused() {
        let dir = TempDir::new().unwrap();
        let long = "x".repeat(65);
        for name in
            ["", "..", "a/b", "a.seg", "Tenant", "a b", "\u{e4}", "a\0", &long, &long.repeat(9)]
        {
            let error = FileStore::options().namespace(name).open(&dir).unwrap_err();
            assert_eq!(FileFault::of(&error), Some(FileFault::InvalidNamespace), "{name:?}");
        }
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
        FileStore::options().namespace(&long[..64]).open(&dir).unwrap();
    }
}
