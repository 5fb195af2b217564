//! The 96 bytes that a record begins with.

use super::{ClockDomain, Crc32c, Frame, Record, Timestamp, usage};
use crate::{Millis, RequestKey};

/// The length of a record's head in bytes.
pub const HEAD_LEN: usize = 96;
/// The version of the record format that this library writes, and the newest that it reads.
pub const RECORD_VERSION: u8 = 1;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An entry.
    Entry,
    /// A removal: all earlier entries of its key are gone. It has no body.
    Removal,
    /// No record follows in its segment, which nobody writes any more. It has no body, and a key of
    /// zeros.
    Close,
    /// All entries with a lower order are gone, whatever their key. It has no body, and a key of
    /// zeros.
    Clear,
    /// Something that this version does not know and skips.
    Other(u8),
}

impl Kind {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Entry => 1,
            Self::Removal => 2,
            Self::Close => 3,
            Self::Clear => 4,
            Self::Other(byte) => byte,
        }
    }

    const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::Entry,
            2 => Self::Removal,
            3 => Self::Close,
            4 => Self::Clear,
            other => Self::Other(other),
        }
    }
}

/// A record's fixed part: all but its body, which is usage, extensions and payload.
///
/// Enough to build an index from, since the lengths tell where the next record starts. It has a
/// checksum of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What the record is.
    pub kind: Kind,
    /// The entry's key, or the removed one.
    pub key: RequestKey,
    /// When the answer was received.
    pub created: Timestamp,
    /// How long it may be served.
    pub ttl: Option<Millis>,
    /// What it costs to get again.
    pub cost: u32,
    /// Bytes of the encoded usage, 0 for none.
    pub usage_len: u8,
    /// Bytes of the extensions.
    pub extensions_len: u32,
    /// Bytes of the payload.
    pub payload_len: u32,
    /// Of two records of one key the one with the higher order is newer; where they are equal, as
    /// in a [`Log`](super::Log), which writes 0, the one with the higher sequence of its segment,
    /// then the one at the higher offset. It does not change when a record is copied.
    pub order: u64,
    /// The checksum of the body in its frame.
    pub body_crc: u32,
}

/// Why bytes are not a record. What the caller should do differs for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// More bytes are needed: this many in all, as far as can be told.
    NeedMore {
        /// From the start of the record.
        needed: u64,
    },
    /// The bytes do not begin as a record of this frame does.
    NotARecord,
    /// The head fails its checksum.
    HeadDamaged,
    /// The head is whole, the body fails its checksum.
    BodyDamaged,
    /// A whole record of a newer version of the format.
    NewerVersion {
        /// Its version.
        found: u8,
    },
    /// A whole record that is no entry: a removal, a close, a clear, or something newer.
    NotAnEntry,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NeedMore { needed } => write!(f, "the record goes on to byte {needed}"),
            Self::NotARecord => f.write_str("no record begins here"),
            Self::HeadDamaged => f.write_str("the record's head is damaged"),
            Self::BodyDamaged => f.write_str("the record's body is damaged"),
            Self::NewerVersion { found } => write!(f, "record of newer version {found}"),
            Self::NotAnEntry => f.write_str("the record is no entry"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl Head {
    /// The head of `record` in `frame`, or `None` if its extensions or payload exceed 4 GiB.
    pub(super) fn of(
        record: &Record<'_>,
        order: u64,
        frame: &Frame,
        crc: &impl Crc32c,
    ) -> Option<Self> {
        let usage_bytes = usage::encode(record.usage.as_ref());
        let body_crc = frame.checksum(crc, &usage_bytes);
        let body_crc = crc.append(crc.append(body_crc, record.extensions), record.payload);
        Some(Self {
            kind: Kind::Entry,
            key: record.key,
            created: record.created,
            ttl: record.ttl,
            cost: record.cost,
            usage_len: usage_bytes.len() as u8,
            extensions_len: u32::try_from(record.extensions.len()).ok()?,
            payload_len: u32::try_from(record.payload.len()).ok()?,
            order,
            body_crc,
        })
    }

    /// A record without a body: a removal, a close or a clear. The latter two have a key of zeros.
    #[must_use]
    pub fn bare(kind: Kind, key: RequestKey, order: u64, frame: &Frame, crc: &impl Crc32c) -> Self {
        Self {
            kind,
            key,
            created: Timestamp::UNKNOWN,
            ttl: None,
            cost: 0,
            usage_len: 0,
            extensions_len: 0,
            payload_len: 0,
            order,
            body_crc: frame.checksum(crc, &[]),
        }
    }

    /// Bytes behind the head.
    #[must_use]
    pub const fn body_len(&self) -> u64 {
        self.usage_len as u64 + self.extensions_len as u64 + self.payload_len as u64
    }

    /// Bytes of the whole record.
    #[must_use]
    pub const fn record_len(&self) -> u64 {
        HEAD_LEN as u64 + self.body_len()
    }

    /// The bytes, as FORMAT.md lays them out.
    #[must_use]
    pub fn encode(&self, frame: &Frame, crc: &impl Crc32c) -> [u8; HEAD_LEN] {
        let (domain, boot) = match self.created.domain {
            ClockDomain::Unknown => (0, 0),
            ClockDomain::UnixMs => (1, 0),
            ClockDomain::Boot { id } => (2, id),
        };
        let flags: u16 = domain | u16::from(self.ttl.is_some()) << FLAG_TTL;
        let mut bytes = [0; HEAD_LEN];
        put(&mut bytes, 0, frame.marker());
        put(&mut bytes, 8, &[RECORD_VERSION, self.kind.to_byte()]);
        put(&mut bytes, 10, &flags.to_le_bytes());
        put(&mut bytes, 12, &self.payload_len.to_le_bytes());
        put(&mut bytes, 16, &self.extensions_len.to_le_bytes());
        put(&mut bytes, 20, &self.cost.to_le_bytes());
        put(&mut bytes, 24, &self.created.ms.0.to_le_bytes());
        put(&mut bytes, 32, &self.ttl.map_or(0, |ttl| ttl.0).to_le_bytes());
        put(&mut bytes, 40, &boot.to_le_bytes());
        put(&mut bytes, 44, &[self.usage_len]);
        put(&mut bytes, 48, self.key.as_bytes());
        put(&mut bytes, 80, &self.order.to_le_bytes());
        put(&mut bytes, 88, &self.body_crc.to_le_bytes());
        let checksum = frame.checksum(crc, &bytes[..92]);
        put(&mut bytes, 92, &checksum.to_le_bytes());
        bytes
    }

    /// Reads a head back. O(1); never panics.
    ///
    /// # Errors
    /// `NotARecord`, `HeadDamaged` or `NewerVersion`.
    pub fn decode(
        bytes: &[u8; HEAD_LEN],
        frame: &Frame,
        crc: &impl Crc32c,
    ) -> Result<Self, DecodeError> {
        if bytes[..8] != *frame.marker() {
            return Err(DecodeError::NotARecord);
        }
        if frame.checksum(crc, &bytes[..92]) != u32_at(bytes, 92) {
            return Err(DecodeError::HeadDamaged);
        }
        if bytes[8] != RECORD_VERSION {
            return Err(DecodeError::NewerVersion { found: bytes[8] });
        }
        let flags = u16::from_le_bytes(array_at(bytes, 10));
        let domain = match flags & 3 {
            1 => ClockDomain::UnixMs,
            2 => ClockDomain::Boot { id: u32_at(bytes, 40) },
            _ => ClockDomain::Unknown,
        };
        let ttl = Millis(u64::from_le_bytes(array_at(bytes, 32)));
        Ok(Self {
            kind: Kind::from_byte(bytes[9]),
            key: RequestKey::from_bytes(array_at(bytes, 48)),
            created: Timestamp { domain, ms: Millis(u64::from_le_bytes(array_at(bytes, 24))) },
            ttl: (flags >> FLAG_TTL & 1 == 1).then_some(ttl),
            cost: u32_at(bytes, 20),
            usage_len: bytes[44],
            extensions_len: u32_at(bytes, 16),
            payload_len: u32_at(bytes, 12),
            order: u64::from_le_bytes(array_at(bytes, 80)),
            body_crc: u32_at(bytes, 88),
        })
    }

    /// The entry whose head this is and whose body starts at `body[0]`.
    ///
    /// # Errors
    /// `NotAnEntry`, `NeedMore` or `BodyDamaged`.
    pub fn with_body<'a>(
        &self,
        body: &'a [u8],
        frame: &Frame,
        crc: &impl Crc32c,
    ) -> Result<Record<'a>, DecodeError> {
        if self.kind != Kind::Entry {
            return Err(DecodeError::NotAnEntry);
        }
        let body = usize::try_from(self.body_len())
            .ok()
            .and_then(|len| body.get(..len))
            .ok_or(DecodeError::NeedMore { needed: self.record_len() })?;
        if frame.checksum(crc, body) != self.body_crc {
            return Err(DecodeError::BodyDamaged);
        }
        let (usage_bytes, rest) = body.split_at(usize::from(self.usage_len));
        let (extensions, payload) = rest.split_at(self.extensions_len as usize);
        Ok(Record {
            key: self.key,
            created: self.created,
            ttl: self.ttl,
            cost: self.cost,
            usage: usage::decode(usage_bytes),
            extensions,
            payload,
        })
    }
}

/// Bits 0 and 1 of the flags are the clock domain, this one says that the ttl counts.
const FLAG_TTL: u16 = 2;

fn put(bytes: &mut [u8; HEAD_LEN], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
