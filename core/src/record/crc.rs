//! The checksum of records and segments, as a trait so that hardware can do it.

/// CRC-32C (Castagnoli), as in iSCSI (RFC 3720 12.1) and ext4: reflected polynomial 0x82F63B78,
/// all bits set at the start and inverted at the end.
///
/// All implementations give the same numbers; [`check`] tells whether one does. The contract is
/// `append(append(0, a), b) == append(0, ab)`.
pub trait Crc32c {
    /// The checksum of all bytes so far and then `bytes`; `crc` is the checksum so far, 0 for none.
    fn append(&self, crc: u32, bytes: &[u8]) -> u32;
}

impl<C: Crc32c + ?Sized> Crc32c for &C {
    fn append(&self, crc: u32, bytes: &[u8]) -> u32 {
        (**self).append(crc, bytes)
    }
}

/// CRC-32C for any processor: two table steps a byte and 64 bytes of table.
///
/// A larger table is several times faster and costs a kilobyte of flash; a processor that has the
/// memory for it usually has the instruction too, so this one is small.
#[derive(Clone, Copy, Debug, Default)]
pub struct PortableCrc32c;

impl Crc32c for PortableCrc32c {
    fn append(&self, crc: u32, bytes: &[u8]) -> u32 {
        let mut state = !crc;
        for &byte in bytes {
            state ^= u32::from(byte);
            state = NIBBLES[(state & 15) as usize] ^ (state >> 4);
            state = NIBBLES[(state & 15) as usize] ^ (state >> 4);
        }
        !state
    }
}

/// Whether `crc` computes CRC-32C: the published check value, in one piece and in two.
///
/// For a driver of a checksum unit to assert once; a wrongly configured unit would make all that
/// was written before look damaged.
#[must_use]
pub fn check(crc: &impl Crc32c) -> bool {
    let whole = crc.append(0, b"123456789");
    let split = crc.append(crc.append(0, b"1234"), b"56789");
    whole == 0xE306_9283 && split == whole
}

const NIBBLES: [u32; 16] = {
    let mut table = [0; 16];
    let mut index = 0;
    while index < 16 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 4 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82F6_3B78 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the catalogue and the four vectors of RFC 3720 B.4 come out.
    #[test]
    fn published_vectors() {
        assert!(check(&PortableCrc32c));
        let crc = |bytes: &[u8]| PortableCrc32c.append(0, bytes);
        assert_eq!(crc(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc(&[0xff; 32]), 0x62A8_AB43);
        assert_eq!(crc(&core::array::from_fn::<u8, 32, _>(|i| i as u8)), 0x46DD_794E);
        assert_eq!(crc(&core::array::from_fn::<u8, 32, _>(|i| 31 - i as u8)), 0x113F_DB5C);
    }
}
