//! Numbers as decimal text, without `core::fmt`'s floating-point code, which would cost firmware
//! some tens of kilobytes for the sake of a temperature.

use embedded_io::Write;

use crate::canonical;

/// Writes `value`, which is finite, with the fewest digits that read back to it, in the one
/// spelling that is canonical (core/KEY.md section 2).
pub(super) fn write_f64<W: Write>(writer: &mut W, value: f64) -> Result<(), W::Error> {
    writer.write_all(&canonical::text_of_f64(value))
}

pub(super) fn write_u32<W: Write>(writer: &mut W, value: u32) -> Result<(), W::Error> {
    let mut text = [0; 10];
    let mut start = text.len();
    let mut rest = value;
    loop {
        start -= 1;
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return writer.write_all(&text[start..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{format, string::String, vec::Vec};

    fn text(value: f64) -> String {
        let mut bytes = Vec::from([0; 32]);
        let mut rest = bytes.as_mut_slice();
        write_f64(&mut rest, value).expect("room");
        let len = 32 - rest.len();
        bytes.truncate(len);
        String::from_utf8(bytes).expect("ASCII")
    }

    /// What people write comes out as they wrote it.
    #[test]
    fn plain_values_stay_plain() {
        for plain in
            ["0", "1", "0.7", "0.15", "2", "-1.5", "0.95", "0.001", "1000000.25", "0.000001"]
        {
            assert_eq!(text(plain.parse().expect("a number")), plain);
        }
        assert_eq!(text(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(text(-0.0), "0");
    }

    proptest! {
        /// Every finite double reads back as itself.
        #[test]
        fn doubles_read_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let written = text(value);
            prop_assert_eq!(written.parse::<f64>().expect("a number"), value, "{}", written);
            prop_assert!(serde_json::from_str::<f64>(&written).is_ok());
        }

        /// Integers are written as the standard library writes them.
        #[test]
        fn integers(value: u32) {
            let mut bytes = [0; 10];
            let mut rest = bytes.as_mut_slice();
            write_u32(&mut rest, value).expect("room");
            let len = 10 - rest.len();
            let written = core::str::from_utf8(&bytes[..len]).expect("ASCII");
            prop_assert_eq!(written, format!("{value}"));
        }
    }
}
