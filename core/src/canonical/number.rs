//! The one spelling of a number: RFC 8785 section 3.2.2.3, with exact large integers.

use core::cmp::Ordering;

use heapless::Vec;

use super::{
    nearest::nearest,
    shortest::{self, Digits},
};
use crate::json::source::Source;

/// Up to this many significant digits a decimal is its double's shortest form: no two such
/// decimals share a double within the range of [`POINTS_PLAIN`].
const DIGITS_PLAIN: usize = 15;
/// Where the doubles are dense enough for that, clear of their edges.
const POINTS_PLAIN: core::ops::RangeInclusive<i64> = -300..=300;
/// The largest magnitude up to which integers are spelled as doubles: 2^53.
const INTEGER_MAX: &[u8] = b"9007199254740992";
/// Digits of the largest double.
const INTEGER_DIGITS_MAX: i64 = 309;

/// The longest spelling that core's conversion reads in a time that is worth it. Of more digits it
/// makes a large number digit by digit, if they are near the middle between two doubles.
#[cfg(target_pointer_width = "64")]
const QUICK_MAX: usize = 40;
/// The most bytes that a number needs: a sign, `0.`, five zeros and 17 digits.
const SPELLING_MAX: usize = 25;

/// The canonical form of a number.
pub(super) enum Spelled {
    /// As it is written.
    Verbatim,
    Anew(Spelling),
    /// There is none: it is beyond a double's range.
    OutOfRange,
}

/// A number's text.
pub(crate) type Spelling = Vec<u8, SPELLING_MAX>;

/// Whether a number is certainly written in canonical form: a short look that knows the usual.
#[inline]
pub(super) fn is_shortest(raw: &[u8]) -> bool {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    if digits.len() <= DIGITS_PLAIN && digits.iter().all(is_digit) {
        return raw != b"-0";
    }
    digits.len() <= DIGITS_PLAIN + 1
        && digits.iter().all(|byte| is_digit(byte) || *byte == b'.')
        && digits.last() != Some(&b'0')
        && !digits.starts_with(b"0.000000")
}

/// The canonical form of the number that stands from `at` to `end`.
pub(super) fn spell<T: Source>(text: &mut T, at: usize, end: usize) -> Result<Spelled, T::Error> {
    #[cfg(target_pointer_width = "64")]
    if let Some(raw) = text.str(at, end - at)
        && let Some(spelled) = spell_quickly(raw)
    {
        return Ok(spelled);
    }
    let negative = text.byte(at)? == Some(b'-');
    let unsigned_at = at + usize::from(negative);
    let Some(decimal) = Decimal::read(text, unsigned_at, end)? else {
        return Ok(Spelled::Anew(ZERO.into_iter().collect()));
    };
    if decimal.is_integer && decimal.exceeds_exact_doubles(text)? {
        let in_range = match decimal.point {
            ..INTEGER_DIGITS_MAX => true,
            INTEGER_DIGITS_MAX => decimal.nearest(text)?.is_finite(),
            _ => false,
        };
        return Ok(if in_range { Spelled::Verbatim } else { Spelled::OutOfRange });
    }
    let digits = match decimal.plain(text)? {
        Some(digits) => digits,
        None => match decimal.nearest(text)? {
            f64::INFINITY => return Ok(Spelled::OutOfRange),
            0.0 => return Ok(Spelled::Anew(ZERO.into_iter().collect())),
            value => shortest::of_f64(value),
        },
    };
    let mut spelling = Spelling::new();
    write_digits(Some(digits), negative, |bytes| push(&mut spelling, bytes));
    Ok(Spelled::Anew(spelling))
}

/// The same for a number that lies in memory, by core's conversion and that of `zmij`; `None`
/// where it has more digits than these are quick with.
#[cfg(target_pointer_width = "64")]
fn spell_quickly(raw: &str) -> Option<Spelled> {
    if is_shortest(raw.as_bytes()) {
        return Some(Spelled::Verbatim);
    }
    let integer = raw.strip_prefix('-').unwrap_or(raw).as_bytes();
    let is_integer = integer.iter().all(u8::is_ascii_digit);
    if is_integer && (integer.len(), integer) > (INTEGER_MAX.len(), INTEGER_MAX) {
        return ((integer.len() as i64) < INTEGER_DIGITS_MAX).then_some(Spelled::Verbatim);
    }
    if raw.len() > QUICK_MAX {
        return None;
    }
    let value: f64 = raw.parse().ok()?;
    if value.is_infinite() {
        return Some(Spelled::OutOfRange);
    }
    let mut spelling = Spelling::new();
    if value == 0.0 {
        push(&mut spelling, &ZERO);
        return Some(Spelled::Anew(spelling));
    }
    let mut buffer = zmij::Buffer::new();
    let printed = buffer.format_finite(value);
    if is_plain_notation(value.abs()) == printed.contains('e') {
        let digits = shortest::of_f64(value.abs());
        write_digits(Some(digits), value < 0.0, |bytes| push(&mut spelling, bytes));
    } else {
        // The notations agree, but for the point of whole numbers.
        push(&mut spelling, printed.strip_suffix(".0").unwrap_or(printed).as_bytes());
    }
    Some(Spelled::Anew(spelling))
}

/// Whether ECMAScript writes a positive number without an exponent.
#[cfg(target_pointer_width = "64")]
fn is_plain_notation(value: f64) -> bool {
    (1e-6..1e21).contains(&value)
}

const ZERO: [u8; 1] = *b"0";

fn push(spelling: &mut Spelling, bytes: &[u8]) {
    let fits = spelling.extend_from_slice(bytes);
    debug_assert!(fits.is_ok(), "no number takes more");
}

/// The canonical form of a finite double.
pub(crate) fn text_of_f64(value: f64) -> Spelling {
    let mut spelling = Spelling::new();
    let digits = (value != 0.0).then(|| shortest::of_f64(value.abs()));
    write_digits(digits, value.is_sign_negative(), |bytes| push(&mut spelling, bytes));
    spelling
}

/// A number other than zero as `0.d1d2d3.. * 10^point`.
struct Decimal {
    /// Offset of its first digit that is not 0.
    first: usize,
    /// Digits from the first to the last that is not zero.
    significant: usize,
    point: i64,
    /// Whether it is written without fraction and exponent.
    is_integer: bool,
}

impl Decimal {
    /// Reads an unsigned number; `None` if it is zero.
    fn read<T: Source>(text: &mut T, at: usize, end: usize) -> Result<Option<Self>, T::Error> {
        let mut number = Self { first: at, significant: 0, point: 0, is_integer: true };
        let (mut seen, mut in_fraction) = (0, false);
        for at in at..end {
            match text.byte(at)? {
                Some(b'.') => in_fraction = true,
                Some(b'e' | b'E') => {
                    number.point += exponent(text, at + 1, end)?;
                    number.is_integer = false;
                    break;
                }
                Some(b'0') if seen == 0 => number.point -= i64::from(in_fraction),
                Some(digit) => {
                    if seen == 0 {
                        number.first = at;
                    }
                    seen += 1;
                    number.point += i64::from(!in_fraction);
                    if digit != b'0' {
                        number.significant = seen;
                    }
                }
                None => break,
            }
        }
        number.is_integer &= !in_fraction;
        Ok((seen > 0).then_some(number))
    }

    /// Whether an integer exceeds 2^53.
    fn exceeds_exact_doubles<T: Source>(&self, text: &mut T) -> Result<bool, T::Error> {
        if self.point != INTEGER_MAX.len() as i64 {
            return Ok(self.point > INTEGER_MAX.len() as i64);
        }
        for (at, digit) in (self.first..).zip(INTEGER_MAX) {
            match text.byte(at)?.cmp(&Some(*digit)) {
                Ordering::Equal => {}
                order => return Ok(order.is_gt()),
            }
        }
        Ok(false)
    }

    /// The digits as they are written, where they are known to be the shortest.
    fn plain<T: Source>(&self, text: &mut T) -> Result<Option<Digits>, T::Error> {
        if self.significant > DIGITS_PLAIN || !POINTS_PLAIN.contains(&self.point) {
            return Ok(None);
        }
        let mut digits = self.digits(text);
        let plain = Digits {
            text: digits.by_ref().map(|digit| b'0' + digit).collect(),
            point: self.point as i32,
        };
        digits.failed.map_or(Ok(Some(plain)), Err)
    }

    /// The nearest double.
    fn nearest<T: Source>(&self, text: &mut T) -> Result<f64, T::Error> {
        match self.point {
            311.. => return Ok(f64::INFINITY),
            ..-330 => return Ok(0.0),
            _ => {}
        }
        let mut digits = self.digits(text);
        let value = nearest(&mut digits, self.significant, self.point as i32);
        digits.failed.map_or(Ok(value), Err)
    }

    const fn digits<'t, T: Source>(&self, text: &'t mut T) -> DigitReader<'t, T> {
        DigitReader { text, at: self.first, left: self.significant, failed: None }
    }
}

/// The significant digits of a number, as values.
struct DigitReader<'t, T: Source> {
    text: &'t mut T,
    at: usize,
    left: usize,
    failed: Option<T::Error>,
}

impl<T: Source> Iterator for DigitReader<'_, T> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.left = self.left.checked_sub(1)?;
        loop {
            match self.text.byte(self.at) {
                Ok(Some(b'.')) => self.at += 1,
                Ok(byte) => {
                    self.at += 1;
                    return Some(byte? - b'0');
                }
                Err(error) => {
                    (self.failed, self.left) = (Some(error), 0);
                    return None;
                }
            }
        }
    }
}

/// The value of an exponent, held within what no text's digits can make up for.
fn exponent<T: Source>(text: &mut T, at: usize, end: usize) -> Result<i64, T::Error> {
    const HUGE: i64 = 1 << 40;
    let mut value = 0;
    for at in at..end {
        if let Some(digit @ b'0'..=b'9') = text.byte(at)? {
            value = (value * 10 + i64::from(digit - b'0')).min(HUGE);
        }
    }
    Ok(if text.byte(at)? == Some(b'-') { -value } else { value })
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

/// Writes a number whose digits are known; `None` stands for a zero of either sign.
pub(super) fn write_digits(digits: Option<Digits>, negative: bool, mut write: impl FnMut(&[u8])) {
    let Some(digits) = digits else { return write(&ZERO) };
    if negative {
        write(b"-");
    }
    digits.write(write);
}
