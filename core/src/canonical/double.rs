//! Exact conversions between decimal digits and doubles, small rather than fast.
//!
//! Core's own conversions are quicker and take 40 KB of code, which a microcontroller does not
//! have; and it breaks ties between shortest forms upwards, where ECMAScript wants the even one.
//! These serve the rare numbers of more than 15 significant digits.

use core::cmp::Ordering;

use heapless::Vec;

use super::bignum::{
    bit_len, compare, compare_sum, multiply_add, multiply_power, shift_left, subtract,
};

/// A finite double or float without its sign: `mantissa * 2^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) mantissa: u64,
    pub(super) exponent: i32,
    /// Whether the next smaller number is only half as far away as the next larger one.
    pub(super) is_power: bool,
}

/// The bits of a double's mantissa, the hidden one included.
const MANTISSA_BITS: u32 = 53;
/// The exponents of the smallest and of the largest doubles.
const EXPONENTS: core::ops::RangeInclusive<i32> = -1074..=971;

/// More digits than that cannot move a number across the middle between two doubles, except by
/// not being zero.
const DIGITS_MAX: usize = 768;
/// Room for 769 digits, for 5^1100, and for a bit more.
const PARSE_LIMBS: usize = 82;

/// The double nearest to `0.d1d2d3.. * 10^point`; `None` if that is infinite.
///
/// `digits` are `count` values of 0 to 9, the first not 0; `point` is within -330..=310.
#[inline(never)] // The large arrays shall not lie on the stack together with others.
pub(super) fn nearest(
    digits: impl Iterator<Item = u8>,
    count: usize,
    point: i32,
) -> Option<Binary> {
    let kept = count.min(DIGITS_MAX + 1);
    let exponent = point - kept as i32;
    let (up, down) = (exponent.max(0) as u32, exponent.min(0).unsigned_abs());
    let bits = (kept * 10 / 3 + up as usize * 7 / 3).max(down as usize * 7 / 3);
    let limbs = (bits / 32 + 2).min(PARSE_LIMBS);

    let (mut numerator, mut denominator) = ([0; PARSE_LIMBS], [0; PARSE_LIMBS]);
    let numerator = &mut numerator[..limbs];
    let denominator = &mut denominator[..limbs];
    for digit in digits.take(kept.min(DIGITS_MAX)) {
        multiply_add(numerator, 10, digit.into());
    }
    if kept > DIGITS_MAX {
        // Stands for all the digits behind, of which the last one is not zero.
        multiply_add(numerator, 10, 1);
    }
    multiply_power(numerator, 5, up);
    denominator[0] = 1;
    multiply_power(denominator, 5, down);

    // Equally long, their quotient is above 1/2 and below 2.
    let (above, below) = (bit_len(numerator), bit_len(denominator));
    shift_left(numerator, below.saturating_sub(above));
    shift_left(denominator, above.saturating_sub(below));
    let mut quotient = 0_u64;
    for _ in 0..64 {
        quotient <<= 1;
        if compare(numerator, denominator) != Ordering::Less {
            subtract(numerator, denominator);
            quotient |= 1;
        }
        shift_left(numerator, 1);
    }
    let inexact = bit_len(numerator) != 0;
    round(quotient, exponent + above as i32 - below as i32 - 63, inexact)
}

/// Rounds `quotient * 2^exponent`, and a bit more if it is inexact, half to even.
fn round(quotient: u64, exponent: i32, inexact: bool) -> Option<Binary> {
    let len = (64 - quotient.leading_zeros()) as i32;
    let mut rounded = (exponent + len - MANTISSA_BITS as i32).max(*EXPONENTS.start());
    // At least 10 bits go, as a quotient has 63 at least.
    let shift = (rounded - exponent) as u32;
    let mut mantissa = quotient.checked_shr(shift).unwrap_or(0);
    if let Some(half) = 1_u64.checked_shl(shift - 1) {
        let rest = quotient & (half | (half - 1));
        let odd = mantissa & 1 == 1;
        if rest > half || rest == half && (inexact || odd) {
            mantissa += 1;
        }
    }
    if mantissa == 1 << MANTISSA_BITS {
        mantissa >>= 1;
        rounded += 1;
    }
    let is_power = mantissa == 1 << (MANTISSA_BITS - 1) && rounded > *EXPONENTS.start();
    (rounded <= *EXPONENTS.end()).then_some(Binary { mantissa, exponent: rounded, is_power })
}

/// The parts of a finite double without its sign.
pub(super) fn of_f64(value: f64) -> Binary {
    let (fraction, biased) = (value.to_bits() & ((1 << 52) - 1), value.to_bits() >> 52 & 0x7ff);
    parts(fraction, biased as i32, 52, -1074)
}

/// The parts of a finite float without its sign.
pub(super) fn of_f32(value: f32) -> Binary {
    let (fraction, biased) = (value.to_bits() & ((1 << 23) - 1), value.to_bits() >> 23 & 0xff);
    parts(fraction.into(), biased as i32, 23, -149)
}

fn parts(fraction: u64, biased: i32, fraction_bits: u32, smallest: i32) -> Binary {
    match biased {
        0 => Binary { mantissa: fraction, exponent: smallest, is_power: false },
        _ => Binary {
            mantissa: fraction | 1 << fraction_bits,
            exponent: smallest + biased - 1,
            is_power: fraction == 0 && biased > 1,
        },
    }
}

/// Significant digits of a number: `0.d1d2d3.. * 10^point`, the last digit not 0.
pub(super) struct Digits {
    /// ASCII digits.
    pub(super) text: Vec<u8, 17>,
    pub(super) point: i32,
}

/// Room for 10^324 and for a double's bits beside it.
const PRINT_LIMBS: usize = 40;

/// The fewest digits that are nearer to this number than to its neighbours, and of those the
/// nearest: ECMAScript's `Number::toString`. The number is not zero.
///
/// The method is Burger and Dybvig's, "Printing Floating-Point Numbers Quickly and Accurately"
/// (1996), section 3: `value / scale` is what is left to print, `above / scale` and
/// `below / scale` are the half distances to the neighbours.
#[inline(never)] // The large arrays shall not lie on the stack together with others.
pub(super) fn shortest(binary: Binary) -> Digits {
    let Binary { mantissa, exponent, is_power } = binary;
    let (up, down) = (exponent.max(0) as u32, exponent.min(0).unsigned_abs());
    let skew = u32::from(is_power);
    // floor(log10(2^n)), or one less than the number's own; 78913 / 2^18 is log10(2).
    let log2 = exponent + 63 - mantissa.leading_zeros() as i32;
    let mut point = ((log2 * 78913) >> 18) + 1;
    let bits = exponent.unsigned_abs().max(point.unsigned_abs() * 10 / 3) + 128;
    let limbs = (bits as usize / 32 + 1).min(PRINT_LIMBS);

    let mut room = [[0; PRINT_LIMBS]; 4];
    let [value, scale, above, below] = room.each_mut().map(|number| &mut number[..limbs]);
    (value[0], value[1]) = (mantissa as u32, (mantissa >> 32) as u32);
    (scale[0], above[0], below[0]) = (1, 1, 1);
    shift_left(value, 1 + skew + up);
    shift_left(scale, 1 + skew + down);
    shift_left(above, skew + up);
    shift_left(below, up);
    if point >= 0 {
        multiply_power(scale, 10, point.unsigned_abs());
    } else {
        for number in [&mut *value, &mut *above, &mut *below] {
            multiply_power(number, 10, point.unsigned_abs());
        }
    }

    // A neighbour's half way belongs to the number whose mantissa is even.
    let even = mantissa & 1 == 0;
    let reaches = |order: Ordering| order.is_gt() || even && order.is_eq();
    if reaches(compare_sum(value, above, scale)) {
        multiply_add(scale, 10, 0);
        point += 1;
    }
    let mut text = Vec::new();
    loop {
        for number in [&mut *value, &mut *above, &mut *below] {
            multiply_add(number, 10, 0);
        }
        let mut digit = 0;
        while compare(value, scale) != Ordering::Less {
            subtract(value, scale);
            digit += 1;
        }
        let low = reaches(compare(below, value));
        let high = reaches(compare_sum(value, above, scale));
        let round_up = match compare_sum(value, value, scale) {
            _ if low != high => high,
            Ordering::Equal => digit & 1 == 1,
            order => order.is_gt(),
        };
        let digit = b'0' + digit + u8::from((low || high) && round_up);
        if text.push(digit).is_err() || low || high {
            return Digits { text, point };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::shortest_digits;
    use proptest::prelude::*;
    use std::{format, string::String};

    fn to_bits(binary: Option<Binary>) -> u64 {
        match binary {
            None => f64::INFINITY.to_bits(),
            Some(Binary { mantissa, exponent, .. }) if mantissa >> 52 == 0 => {
                assert_eq!(exponent, -1074);
                mantissa
            }
            Some(Binary { mantissa, exponent, .. }) => {
                ((exponent + 1075) as u64) << 52 | mantissa & ((1 << 52) - 1)
            }
        }
    }

    fn ours(digits: &str, point: i32) -> u64 {
        to_bits(nearest(digits.bytes().map(|digit| digit - b'0'), digits.len(), point))
    }

    fn core_s(digits: &str, point: i32) -> u64 {
        format!("0.{digits}e{point}").parse::<f64>().expect("a number").to_bits()
    }

    fn printed(binary: Binary) -> (String, i32) {
        let Digits { text, point } = shortest(binary);
        (core::str::from_utf8(&text).expect("digits").into(), point)
    }

    /// The digits that serde_json prints: those of Rust break ties upwards, not to even.
    fn expected(value: impl serde::Serialize) -> (String, i32) {
        shortest_digits(&serde_json::to_string(&value).expect("a number"))
    }

    /// The edges of the range, of the subnormals and of rounding are met.
    #[test]
    fn edges_match_core() {
        for (digits, point) in [
            ("17976931348623157", 309),
            ("17976931348623158", 309),
            ("179769313486231580793", 309),
            ("179769313486231580794", 309),
            ("2", 309),
            ("22250738585072011", -307),
            ("22250738585072014", -307),
            ("49406564584124654", -323),
            ("24703282292062327", -323),
            ("24703282292062328", -323),
            ("1", -330),
            ("9007199254740993", 16),
            ("90071992547409925", 16),
            ("90071992547409935", 16),
        ] {
            assert_eq!(ours(digits, point), core_s(digits, point), "0.{digits}e{point}");
        }
    }

    /// Powers of two, whose lower neighbour is nearer, print as others print them.
    #[test]
    fn powers_of_two_print_as_others_print_them() {
        let step = if cfg!(miri) { 500 } else { 1 };
        for biased in (1..0x7ff_u64).step_by(step) {
            let value = f64::from_bits(biased << 52);
            assert_eq!(printed(of_f64(value)), expected(value));
        }
        for biased in (1..0xff_u32).step_by(step) {
            let value = f32::from_bits(biased << 23);
            assert_eq!(printed(of_f32(value)), expected(value));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Decimals of any length become the double that core reads.
        #[test]
        fn nearest_matches_core(digits in "[1-9][0-9]{0,20}", point in -330..=310) {
            prop_assert_eq!(ours(&digits, point), core_s(&digits, point));
        }

        /// So do decimals at the exact middle of two doubles and just beside it.
        #[test]
        fn nearest_matches_core_at_middles(
            mantissa in 1_u128 << 52..1 << 53,
            power in -31..70_i32,
        ) {
            let middle = 2 * mantissa + 1;
            let (digits, down) = match u32::try_from(power) {
                Ok(power) => (middle << power, 0),
                // Halves as decimals: 5^n / 10^n.
                Err(_) => (middle * 5_u128.pow(power.unsigned_abs()), -power),
            };
            for near in [digits - 1, digits, digits + 1] {
                let digits = format!("{near}");
                let point = digits.len() as i32 - down;
                let digits = digits.trim_end_matches('0');
                prop_assert_eq!(ours(digits, point), core_s(digits, point));
            }
        }

        /// Every double's shortest digits are those that serde_json prints.
        #[test]
        fn shortest_matches_serde_json(bits in 1..0x7ff0_u64 << 48) {
            let value = f64::from_bits(bits);
            prop_assert_eq!(printed(of_f64(value)), expected(value));
        }

        /// Every float's too.
        #[test]
        fn shortest_of_floats_matches_serde_json(bits in 1..0x7f80_u32 << 16) {
            let value = f32::from_bits(bits);
            prop_assert_eq!(printed(of_f32(value)), expected(value));
        }
    }

    /// The exact middle between two doubles goes to the even one, and a digit a thousand places
    /// further down overrules that.
    #[test]
    fn middles_go_to_even() {
        let middle = "9007199254740993"; // 2^53 + 1
        assert_eq!(ours(middle, 16), 9007199254740992_f64.to_bits());
        let behind = format!("{middle}{}1", "0".repeat(if cfg!(miri) { 100 } else { 1000 }));
        assert_eq!(ours(&behind, 16), 9007199254740994_f64.to_bits());
    }
}
