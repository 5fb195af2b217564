//! The shortest digits that tell a double or float from its neighbours.
//!
//! Of the two ways there are both are exact, and the tests hold one against the other: a processor
//! of 64 bits has room for the tables of the quick one, a microcontroller has not.

use heapless::Vec;

#[cfg(not(target_pointer_width = "64"))]
use super::exact;

/// Significant digits of a number: `0.d1d2d3.. * 10^point`, the last digit not 0.
pub(super) struct Digits {
    /// ASCII digits.
    pub(super) text: Vec<u8, 17>,
    pub(super) point: i32,
}

/// The fewest digits that read back to `value`, and of those the nearest to it: those of
/// ECMAScript's `Number::toString`. The value is positive and finite.
pub(super) fn of_f64(value: f64) -> Digits {
    #[cfg(target_pointer_width = "64")]
    return read(zmij::Buffer::new().format_finite(value));
    #[cfg(not(target_pointer_width = "64"))]
    return exact::digits_of(exact::of_f64(value));
}

/// The same for a float and its neighbours among floats.
pub(super) fn of_f32(value: f32) -> Digits {
    #[cfg(target_pointer_width = "64")]
    return read(zmij::Buffer::new().format_finite(value));
    #[cfg(not(target_pointer_width = "64"))]
    return exact::digits_of(exact::of_f32(value));
}

/// The digits of a printed number such as `120.0`, `0.0012` or `1.2e-30`.
#[cfg(target_pointer_width = "64")]
fn read(printed: &str) -> Digits {
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let mut point = exponent.parse().unwrap_or(0);
    let mut text = Vec::new();
    let mut in_fraction = false;
    for &byte in mantissa.as_bytes() {
        if byte == b'.' {
            in_fraction = true;
        } else if byte == b'0' && text.is_empty() {
            point -= i32::from(in_fraction);
        } else {
            point += i32::from(!in_fraction);
            // A number beyond 17 digits is a whole one that ends in zeros, which are dropped below.
            let _ = text.push(byte);
        }
    }
    while text.last() == Some(&b'0') {
        text.pop();
    }
    Digits { text, point }
}
