//! All of a log in the order of writing.

use super::{Crc32c, Kind, Log, Medium, Record, Scan, SegmentHeader};
use crate::RequestKey;

/// A walk over a [`Log`], made by [`Log::iter`]. Damaged records are passed over and counted.
#[derive(Debug)]
pub struct LogIter<'l, M, C> {
    log: &'l mut Log<M, C>,
    /// Segments not begun yet.
    age: u32,
    segment: Option<(u32, SegmentHeader, Scan)>,
    damaged: u32,
}

/// One step of [`LogIter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogItem<'b> {
    /// An entry; it replaces earlier ones of its key.
    Entry(Record<'b>),
    /// Earlier entries of this key are gone.
    Removed(RequestKey),
    /// An entry whose usage, extensions and payload do not fit into the buffer.
    BufferTooSmall {
        /// Its key.
        key: RequestKey,
        /// Bytes that they take.
        needed: u64,
    },
}

impl<'l, M, C> LogIter<'l, M, C> {
    pub(super) const fn new(log: &'l mut Log<M, C>) -> Self {
        // The oldest of the ring is next to be erased and does not count any more.
        let age = log.segments - 1;
        Self { log, age, segment: None, damaged: 0 }
    }

    /// Stretches of damage and entries with a damaged body met so far.
    #[must_use]
    pub const fn damaged(&self) -> u32 {
        self.damaged
    }
}

impl<M: Medium, C: Crc32c> LogIter<'_, M, C> {
    /// The next entry, read into `buffer`, or removal; `None` at the end.
    ///
    /// # Errors
    /// The medium's.
    pub fn next<'b>(&mut self, buffer: &'b mut [u8]) -> Result<Option<LogItem<'b>>, M::Error> {
        loop {
            let Some((base, header, scan)) = &mut self.segment else {
                if self.age == 0 {
                    return Ok(None);
                }
                self.age -= 1;
                self.segment = self.log.segment_by_age(self.age)?;
                continue;
            };
            let (base, header) = (*base, *header);
            let Some(found) = scan.next(&mut self.log.medium, &self.log.crc)? else {
                self.damaged += scan.damaged();
                self.segment = None;
                continue;
            };
            let key = found.head.key;
            match found.head.kind {
                Kind::Removal => return Ok(Some(LogItem::Removed(key))),
                Kind::Entry => {}
                _ => continue,
            }
            let (medium, crc) = (&mut self.log.medium, &self.log.crc);
            let needed = found.head.body_len();
            let is_fitting = needed <= buffer.len() as u64;
            let is_whole = if is_fitting {
                found.read(medium, base, &header, crc, buffer)?.is_ok()
            } else {
                found.is_whole(medium, base, &header, crc)?
            };
            if !is_whole {
                self.damaged += 1;
            } else if is_fitting {
                // The body that was just read and checked.
                let record = found.head.with_body(buffer, &found.frame(&header, crc), crc);
                return Ok(record.ok().map(LogItem::Entry));
            } else {
                return Ok(Some(LogItem::BufferTooSmall { key, needed }));
            }
        }
    }
}
