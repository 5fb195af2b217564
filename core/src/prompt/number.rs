//! Numbers as decimal text, without `core::fmt`'s floating-point code, which would cost firmware
//! some tens of kilobytes for the sake of a temperature.

use embedded_io::Write;

/// Integers up to here are all doubles.
const INTEGER_MAX: u64 = 1 << 53;
/// Powers of ten up to here are doubles exactly.
const EXPONENT_MAX: usize = 22;
/// Fraction digits after which a double of at least 2^-20 is determined, with some to spare.
const DIGITS_MAX: usize = 26;

/// Whether [`write_f64`] can write `value`: finite, below 2^53 in magnitude, and either at least
/// 2^-20 or of few digits. No sampling parameter lies outside, nor makes sense there.
pub(super) fn is_writable(value: f64) -> bool {
    let magnitude = value.abs();
    (1.0 / 1_048_576.0..9_007_199_254_740_992.0).contains(&magnitude)
        || short_decimal(magnitude).is_some()
}

/// Writes `value` so that every correct reader reads the very same double.
///
/// A value that somebody wrote with few digits gets them back; any other gets the digits of its
/// exact binary value, more than needed and none of them wrong.
pub(super) fn write_f64<W: Write>(writer: &mut W, value: f64) -> Result<(), W::Error> {
    if value < 0.0 {
        writer.write_all(b"-")?;
    }
    let magnitude = value.abs();
    match short_decimal(magnitude) {
        Some((digits, exponent)) => write_decimal(writer, digits, exponent),
        None => write_expansion(writer, magnitude),
    }
}

/// Bytes that [`write_f64`] writes at most: a sign, 16 digits, the point, [`DIGITS_MAX`] digits.
pub(super) const TEXT_MAX: usize = 48;

/// What [`write_f64`] writes.
pub(super) fn text_of(value: f64, buffer: &mut [u8; TEXT_MAX]) -> &str {
    let mut rest = buffer.as_mut_slice();
    // The buffer is large enough for every value that is writable.
    let _ = write_f64(&mut rest, value);
    let len = TEXT_MAX - rest.len();
    core::str::from_utf8(&buffer[..len]).unwrap_or_default()
}

pub(super) fn write_u64<W: Write>(writer: &mut W, value: u64) -> Result<(), W::Error> {
    write_decimal(writer, value, 0)
}

/// The fewest fraction digits, and the integer they make, whose quotient is `magnitude`.
///
/// Both operands are exact doubles, so that the division rounds once, as reading the text does.
fn short_decimal(magnitude: f64) -> Option<(u64, usize)> {
    let mut scale = 1.0;
    for exponent in 0..=EXPONENT_MAX {
        let scaled = magnitude * scale + 0.5;
        if scaled >= INTEGER_MAX as f64 {
            return None;
        }
        let digits = scaled as u64;
        if digits as f64 / scale == magnitude {
            return Some((digits, exponent));
        }
        scale *= 10.0;
    }
    None
}

/// Writes `digits` with the point `exponent` places from the right.
fn write_decimal<W: Write>(writer: &mut W, digits: u64, exponent: usize) -> Result<(), W::Error> {
    let mut text = [b'0'; EXPONENT_MAX + 20];
    let mut start = text.len();
    let mut rest = digits;
    while rest > 0 || text.len() - start <= exponent {
        start -= 1;
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let (integer, fraction) = text[start..].split_at(text.len() - start - exponent);
    writer.write_all(integer)?;
    if !fraction.is_empty() {
        writer.write_all(b".")?;
        writer.write_all(fraction)?;
    }
    Ok(())
}

/// Writes the binary value of a magnitude from 2^-20 up to 2^53 digit by digit.
fn write_expansion<W: Write>(writer: &mut W, magnitude: f64) -> Result<(), W::Error> {
    // At least 2^-20 with 53 significant bits: 73 bits after the point hold all of the fraction.
    const FRACTION_BITS: u32 = 73;
    let integer = magnitude as u64;
    write_u64(writer, integer)?;
    writer.write_all(b".")?;
    let fraction = magnitude - integer as f64;
    // Multiplying by a power of two is exact.
    let mut rest = (fraction * (1_u128 << FRACTION_BITS) as f64) as u128;
    for _ in 0..DIGITS_MAX {
        rest *= 10;
        writer.write_all(&[b'0' + (rest >> FRACTION_BITS) as u8])?;
        rest &= (1 << FRACTION_BITS) - 1;
        if rest == 0 {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{string::String, vec::Vec};

    fn text(value: f64) -> String {
        let mut bytes = [0; 64];
        let mut rest = bytes.as_mut_slice();
        write_f64(&mut rest, value).expect("room");
        let len = 64 - rest.len();
        let text = String::from_utf8(Vec::from(&bytes[..len])).expect("ASCII");
        assert_eq!(text_of(value, &mut [0; TEXT_MAX]), text);
        text
    }

    /// What people write comes out as they wrote it.
    #[test]
    fn plain_values_stay_plain() {
        for plain in
            ["0", "1", "0.7", "0.15", "2", "-1.5", "0.95", "0.001", "1000000.25", "0.0000001"]
        {
            assert_eq!(text(plain.parse().expect("a number")), plain);
        }
        assert_eq!(text(0.1 + 0.2), "0.30000000000000004440892098");
    }

    /// What is no number, or out of range, is refused.
    #[test]
    fn odd_values_are_refused() {
        for odd in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e-300, 1e300, 1.0 / 3e9] {
            assert!(!is_writable(odd), "{odd}");
        }
    }

    proptest! {
        /// Every writable double reads back as itself.
        #[test]
        fn doubles_read_back(value in prop_oneof![-2.0..2.0_f64, -1e15..1e15_f64, 0.0..1e-3_f64]) {
            prop_assume!(is_writable(value));
            let written = text(value);
            prop_assert_eq!(written.parse::<f64>().expect("a number"), value, "{}", written);
            prop_assert!(serde_json::from_str::<f64>(&written).is_ok());
        }

        /// Integers are written as the standard library writes them.
        #[test]
        fn integers(value: u64) {
            let mut bytes = [0; 20];
            let mut rest = bytes.as_mut_slice();
            write_u64(&mut rest, value).expect("room");
            let len = 20 - rest.len();
            let written = core::str::from_utf8(&bytes[..len]).expect("ASCII");
            prop_assert_eq!(written, std::format!("{value}"));
        }
    }
}
