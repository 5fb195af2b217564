//! An entry as bytes, over embedded-io.

use core::fmt;

use embedded_io::{Read, ReadExactError, Write};

use super::{Crc32c, DecodeError, Frame, HEAD_LEN, Head, Record, usage};

/// Why a record was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError<E> {
    /// The extensions or the payload are longer than 4 GiB.
    TooBig,
    /// The writer failed, perhaps after a part of the record.
    Write(E),
}

impl<E: fmt::Debug> fmt::Display for EncodeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig => f.write_str("a payload of more than 4 GiB"),
            Self::Write(error) => write!(f, "writing a record: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for EncodeError<E> {}

/// Why a record was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The body does not fit into the buffer; the reader stands at the body.
    BufferTooSmall {
        /// Bytes that the body takes.
        needed: u64,
    },
    /// What was read is no entry. After [`DecodeError::NeedMore`] the reader has ended.
    Decode(DecodeError),
    /// The reader failed.
    Read(E),
}

impl<E: fmt::Debug> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => write!(f, "the record's body takes {needed} bytes"),
            Self::Decode(error) => error.fmt(f),
            Self::Read(error) => write!(f, "reading a record: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for ReadError<E> {}

impl<'a> Record<'a> {
    /// Bytes that [`encode`](Self::encode) writes: 96, the extensions, the payload, and 5 to 50 for
    /// a usage, 8 as a rule.
    #[must_use]
    pub fn encoded_len(&self) -> u64 {
        let usage_len = usage::encode(self.usage.as_ref()).len();
        (HEAD_LEN + usage_len) as u64 + self.extensions.len() as u64 + self.payload.len() as u64
    }

    /// Writes the record as it stands in `frame`, with the order 0. Reads the payload twice, once
    /// for its checksum.
    ///
    /// # Errors
    /// [`EncodeError::TooBig`] before anything is written, else the writer's error.
    pub fn encode<W: Write>(
        &self,
        frame: &Frame,
        crc: &impl Crc32c,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        self.encode_ordered(0, frame, crc, writer)
    }

    /// [`encode`](Self::encode) with an order: where several write, the one that
    /// [`Head::order`] tells of.
    ///
    /// # Errors
    /// As [`encode`](Self::encode)'s.
    pub fn encode_ordered<W: Write>(
        &self,
        order: u64,
        frame: &Frame,
        crc: &impl Crc32c,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        let head = Head::of(self, order, frame, crc).ok_or(EncodeError::TooBig)?;
        let usage_bytes = usage::encode(self.usage.as_ref());
        for part in [&head.encode(frame, crc), &usage_bytes[..], self.extensions, self.payload] {
            writer.write_all(part).map_err(EncodeError::Write)?;
        }
        Ok(())
    }

    /// Reads the record at the start of `bytes`; gives it and its length. Copies nothing.
    ///
    /// # Errors
    /// What [`DecodeError`] lists. Never panics, whatever the bytes.
    pub fn decode(
        bytes: &'a [u8],
        frame: &Frame,
        crc: &impl Crc32c,
    ) -> Result<(Self, usize), DecodeError> {
        let Some((head, body)) = bytes.split_first_chunk::<HEAD_LEN>() else {
            return Err(DecodeError::NeedMore { needed: HEAD_LEN as u64 });
        };
        let head = Head::decode(head, frame, crc)?;
        let record = head.with_body(body, frame, crc)?;
        // `with_body` has found that many bytes in a slice.
        Ok((record, head.record_len() as usize))
    }

    /// Reads the next record; its body goes into `buffer`, which the record borrows.
    ///
    /// # Errors
    /// What [`ReadError`] lists. At a clean end of the reader, `NeedMore { needed: 96 }`.
    pub fn read<R: Read>(
        reader: &mut R,
        frame: &Frame,
        crc: &impl Crc32c,
        buffer: &'a mut [u8],
    ) -> Result<Self, ReadError<R::Error>> {
        let mut head = [0; HEAD_LEN];
        fill(reader, &mut head, HEAD_LEN as u64)?;
        let head = Head::decode(&head, frame, crc).map_err(ReadError::Decode)?;
        let body = usize::try_from(head.body_len())
            .ok()
            .and_then(|len| buffer.get_mut(..len))
            .ok_or(ReadError::BufferTooSmall { needed: head.body_len() })?;
        fill(reader, body, head.record_len())?;
        head.with_body(body, frame, crc).map_err(ReadError::Decode)
    }
}

fn fill<R: Read>(reader: &mut R, bytes: &mut [u8], needed: u64) -> Result<(), ReadError<R::Error>> {
    reader.read_exact(bytes).map_err(|error| match error {
        ReadExactError::UnexpectedEof => ReadError::Decode(DecodeError::NeedMore { needed }),
        ReadExactError::Other(error) => ReadError::Read(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Millis, RequestKey, Usage,
        record::{ClockDomain, PortableCrc32c, Salt, Timestamp},
    };
    use proptest::prelude::*;
    use std::{vec, vec::Vec};

    const CRC: PortableCrc32c = PortableCrc32c;

    fn encoded(record: &Record<'_>, frame: &Frame) -> Vec<u8> {
        let mut bytes = vec![0; record.encoded_len() as usize];
        let mut writer = &mut bytes[..];
        record.encode(frame, &CRC, &mut writer).unwrap();
        assert!(writer.is_empty(), "encoded_len agrees");
        bytes
    }

    fn domains() -> impl Strategy<Value = ClockDomain> {
        prop_oneof![
            Just(ClockDomain::Unknown),
            Just(ClockDomain::UnixMs),
            any::<u32>().prop_map(|id| ClockDomain::Boot { id }),
        ]
    }

    fn usages() -> impl Strategy<Value = Usage> {
        any::<[u64; 6]>().prop_map(|[a, b, c, d, e, f]| Usage {
            input_tokens: a,
            cache_read_tokens: b >> 7,
            cache_write_tokens: c >> 30,
            cache_write_1h_tokens: d >> 57,
            cache_write_12h_tokens: e >> 50,
            output_tokens: f >> 63,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 256 },
        failure_persistence: None,
        ..Default::default()
    })]

        /// Every record reads back as it was, from a slice and from a reader, and its length is
        /// the foretold one.
        #[test]
        fn records_round_trip(
            key in any::<[u8; 32]>(),
            domain in domains(),
            (ms, ttl, cost) in any::<(u64, Option<u64>, u32)>(),
            usage in proptest::option::of(usages()),
            extensions in any::<Vec<u8>>(),
            payload in any::<Vec<u8>>(),
            (salt, offset, order) in any::<([u8; 16], u32, u64)>(),
        ) {
            let record = Record {
                key: RequestKey::from_bytes(key),
                created: Timestamp { domain, ms: Millis(ms) },
                ttl: ttl.map(Millis),
                cost,
                usage,
                extensions: &extensions,
                payload: &payload,
            };
            let frame = Frame::new(&Salt(salt), offset, &CRC);
            let bytes = encoded(&record, &frame);
            prop_assert_eq!(Record::decode(&bytes, &frame, &CRC), Ok((record, bytes.len())));
            let mut buffer = vec![0; bytes.len() - HEAD_LEN];
            let read = Record::read(&mut &bytes[..], &frame, &CRC, &mut buffer);
            prop_assert_eq!(read.unwrap(), record);
            let mut ordered = vec![0; bytes.len()];
            record.encode_ordered(order, &frame, &CRC, &mut &mut ordered[..]).unwrap();
            let head = ordered.first_chunk().unwrap();
            prop_assert_eq!(Head::decode(head, &frame, &CRC).unwrap().order, order);
            prop_assert_eq!(Record::decode(&ordered, &frame, &CRC), Ok((record, bytes.len())));
        }
    }

    fn example() -> Record<'static> {
        Record {
            created: Timestamp::unix(Millis(1)),
            usage: Some(Usage { input_tokens: 300, output_tokens: 7, ..Usage::default() }),
            ..Record::new(RequestKey::from_bytes([9; 32]), b"an answer")
        }
    }

    /// A record cut anywhere asks for more; with any one bit flipped it is refused; in another
    /// frame it is no record.
    #[test]
    fn damage_is_found() {
        let frame = Frame::new(&Salt([3; 16]), 128, &CRC);
        let bytes = encoded(&example(), &frame);
        for cut in 0..bytes.len() {
            let error = Record::decode(&bytes[..cut], &frame, &CRC).unwrap_err();
            assert!(matches!(error, DecodeError::NeedMore { needed } if needed > cut as u64));
        }
        for bit in (0..bytes.len() * 8).step_by(if cfg!(miri) { 13 } else { 1 }) {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Record::decode(&bytes, &frame, &CRC).unwrap_err();
        }
        let moved = Frame::new(&Salt([3; 16]), 144, &CRC);
        assert_eq!(Record::decode(&bytes, &moved, &CRC), Err(DecodeError::HeadDamaged));
        let other = Frame::new(&Salt([4; 16]), 128, &CRC);
        assert_eq!(Record::decode(&bytes, &other, &CRC), Err(DecodeError::NotARecord));
    }

    /// A whole record of a newer version says so.
    #[test]
    fn a_newer_version_is_named() {
        let frame = Frame::standalone();
        let mut bytes = encoded(&example(), &frame);
        bytes[8] = 2;
        let checksum = frame.checksum(&CRC, &bytes[..92]);
        bytes[92..96].copy_from_slice(&checksum.to_le_bytes());
        let newer = Err(DecodeError::NewerVersion { found: 2 });
        assert_eq!(Record::decode(&bytes, &frame, &CRC), newer);
    }
}
