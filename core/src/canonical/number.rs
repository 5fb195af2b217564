//! The one spelling of a number: RFC 8785 section 3.2.2.3, with exact large integers.

use super::double::{self, Binary, Digits};
use crate::json::JsonNumber;

/// Up to this many significant digits a decimal is its double's shortest form: no two such
/// decimals share a double within the range of [`POINTS_PLAIN`].
const DIGITS_PLAIN: usize = 15;
/// Where the doubles are dense enough for that, clear of their edges.
const POINTS_PLAIN: core::ops::RangeInclusive<i64> = -300..=300;
/// The largest magnitude up to which integers are spelled as doubles: 2^53.
const INTEGER_MAX: &[u8] = b"9007199254740992";
/// Digits of the largest double.
const INTEGER_DIGITS_MAX: usize = 309;

/// The number is beyond a double's range.
pub(super) struct OutOfRange;

/// Writes the canonical form of `number`.
pub(super) fn write_number(
    number: JsonNumber<'_>,
    mut write: impl FnMut(&[u8]),
) -> Result<(), OutOfRange> {
    let raw = number.raw();
    let unsigned = raw.strip_prefix('-').unwrap_or(raw);
    let negative = unsigned.len() < raw.len();
    let Some(decimal) = Decimal::read(unsigned) else {
        write(b"0");
        return Ok(());
    };
    if number.is_integer() && exceeds_exact_doubles(unsigned.as_bytes()) {
        let fits = unsigned.len() < INTEGER_DIGITS_MAX
            || unsigned.len() == INTEGER_DIGITS_MAX && decimal.nearest().is_some();
        write(raw.as_bytes());
        return if fits { Ok(()) } else { Err(OutOfRange) };
    }
    let digits = match decimal.plain() {
        Some(digits) => digits,
        None => match decimal.nearest().ok_or(OutOfRange)? {
            Binary { mantissa: 0, .. } => {
                write(b"0");
                return Ok(());
            }
            binary => double::shortest(binary),
        },
    };
    if negative {
        write(b"-");
    }
    digits.write(write);
    Ok(())
}

fn exceeds_exact_doubles(integer: &[u8]) -> bool {
    (integer.len(), integer) > (INTEGER_MAX.len(), INTEGER_MAX)
}

/// A number other than zero as `0.d1d2d3.. * 10^point`.
struct Decimal<'a> {
    /// The spelling before the exponent.
    mantissa: &'a [u8],
    /// Digits from the first to the last that is not zero.
    significant: usize,
    point: i64,
}

impl<'a> Decimal<'a> {
    /// Reads an unsigned number; `None` if it is zero.
    fn read(unsigned: &'a str) -> Option<Self> {
        let bytes = unsigned.as_bytes();
        let mut halves = bytes.splitn(2, |byte| byte | 0x20 == b'e');
        let mantissa = halves.next().unwrap_or_default();
        let exponent = halves.next().map_or(0, exponent);
        let mut number = Self { mantissa, significant: 0, point: exponent };
        let (mut seen, mut in_fraction) = (0, false);
        for &byte in mantissa {
            match byte {
                b'.' => in_fraction = true,
                b'0' if seen == 0 => number.point -= i64::from(in_fraction),
                _ => {
                    seen += 1;
                    number.point += i64::from(!in_fraction);
                    if byte != b'0' {
                        number.significant = seen;
                    }
                }
            }
        }
        (seen > 0).then_some(number)
    }

    /// The significant digits, as values.
    fn digits(&self) -> impl Iterator<Item = u8> + use<'a> {
        let digits = self.mantissa.iter().filter(|byte| **byte != b'.').map(|byte| byte - b'0');
        digits.skip_while(|digit| *digit == 0).take(self.significant)
    }

    /// The digits as they are written, where they are known to be the shortest.
    fn plain(&self) -> Option<Digits> {
        if self.significant > DIGITS_PLAIN || !POINTS_PLAIN.contains(&self.point) {
            return None;
        }
        let text = self.digits().map(|digit| b'0' + digit).collect();
        Some(Digits { text, point: self.point as i32 })
    }

    /// The nearest double; `None` if that is infinite.
    fn nearest(&self) -> Option<Binary> {
        match self.point {
            311.. => None,
            -330..311 => double::nearest(self.digits(), self.significant, self.point as i32),
            _ => Some(Binary { mantissa: 0, exponent: 0, is_power: false }),
        }
    }
}

/// The value of an exponent, held within what no text's digits can make up for.
fn exponent(text: &[u8]) -> i64 {
    const HUGE: i64 = 1 << 40;
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let value = digits.fold(0, |value: i64, byte| (value * 10 + i64::from(byte - b'0')).min(HUGE));
    if text.first() == Some(&b'-') { -value } else { value }
}

impl Digits {
    /// Writes the number as ECMAScript's `Number::toString` does (ECMA-262 section 6.1.6.1.20).
    pub(super) fn write(&self, mut write: impl FnMut(&[u8])) {
        const ZEROS: &[u8] = &[b'0'; 21];
        let (digits, point) = (&self.text[..], self.point);
        let places = point.unsigned_abs() as usize;
        match point {
            1..=21 if places >= digits.len() => {
                write(digits);
                write(&ZEROS[..places - digits.len()]);
            }
            1..=21 => {
                write(&digits[..places]);
                write(b".");
                write(&digits[places..]);
            }
            -5..=0 => {
                write(b"0.");
                write(&ZEROS[..places]);
                write(digits);
            }
            _ => {
                write(&digits[..1]);
                if digits.len() > 1 {
                    write(b".");
                    write(&digits[1..]);
                }
                write(if point > 0 { b"e+" } else { b"e-" });
                write_small((point - 1).unsigned_abs(), write);
            }
        }
    }
}

/// Writes a number below 1000.
fn write_small(number: u32, mut write: impl FnMut(&[u8])) {
    let digit = |unit: u32| b'0' + (number / unit % 10) as u8;
    let digits = [digit(100), digit(10), digit(1)];
    let len = 1 + usize::from(number >= 10) + usize::from(number >= 100);
    write(&digits[3 - len..]);
}

/// Writes a finite number, zeros of either sign as `0`.
pub(super) fn write_binary(binary: Binary, negative: bool, mut write: impl FnMut(&[u8])) {
    if binary.mantissa == 0 {
        return write(b"0");
    }
    if negative {
        write(b"-");
    }
    double::shortest(binary).write(write);
}
