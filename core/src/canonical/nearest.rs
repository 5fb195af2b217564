//! From decimal digits to the nearest double, exactly and in little code.
//!
//! Core's own conversion is quicker and takes 20 KB of code, which a microcontroller does not have.
//! This one serves there, and wherever the digits do not lie in one piece of memory.

use core::cmp::Ordering;

use super::bignum::{
    LIMB_DIGITS, Limb, bit_len, compare, limbs, multiply_add, multiply_power, shift_left, subtract,
};

/// The bits of a double's mantissa, the hidden one included.
const MANTISSA_BITS: u32 = 53;
/// The exponents of the smallest and of the largest doubles.
const EXPONENTS: core::ops::RangeInclusive<i32> = -1074..=971;

/// More digits than that cannot move a number across the middle between two doubles, except by
/// not being zero.
const DIGITS_MAX: usize = 768;
/// Room for 769 digits, for 5^1100, and for a bit more.
const PARSE_LIMBS: usize = limbs(82 * 32);

/// The double nearest to `0.d1d2d3.. * 10^point`, which may be infinite.
///
/// `digits` are `count` values of 0 to 9, the first not 0; `point` is within -330..=310.
#[inline(never)] // The large arrays shall not lie on the stack together with others.
pub(super) fn nearest(mut digits: impl Iterator<Item = u8>, count: usize, point: i32) -> f64 {
    let kept = count.min(DIGITS_MAX + 1);
    let exponent = point - kept as i32;
    let (up, down) = (exponent.max(0) as u32, exponent.min(0).unsigned_abs());
    let bits = (kept * 10 / 3 + up as usize * 7 / 3).max(down as usize * 7 / 3);
    let limbs = (limbs(bits) + 1).min(PARSE_LIMBS);

    let (mut numerator, mut denominator) = ([0; PARSE_LIMBS], [0; PARSE_LIMBS]);
    let numerator = &mut numerator[..limbs];
    let denominator = &mut denominator[..limbs];
    let mut left = kept.min(DIGITS_MAX);
    while left > 0 {
        let (mut factor, mut some) = (1, 0);
        for digit in digits.by_ref().take(left.min(LIMB_DIGITS as usize)) {
            (factor, some) = (factor * 10, some * 10 + Limb::from(digit));
            left -= 1;
        }
        if factor == 1 {
            break;
        }
        multiply_add(numerator, factor, some);
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
fn round(quotient: u64, exponent: i32, inexact: bool) -> f64 {
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
    if rounded > *EXPONENTS.end() {
        return f64::INFINITY;
    }
    let is_normal = mantissa >> (MANTISSA_BITS - 1) == 1;
    let biased = if is_normal { (rounded - *EXPONENTS.start() + 1) as u64 } else { 0 };
    f64::from_bits(biased << (MANTISSA_BITS - 1) | mantissa & ((1 << (MANTISSA_BITS - 1)) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;

    fn ours(digits: &str, point: i32) -> u64 {
        nearest(digits.bytes().map(|digit| digit - b'0'), digits.len(), point).to_bits()
    }

    fn core_s(digits: &str, point: i32) -> u64 {
        format!("0.{digits}e{point}").parse::<f64>().expect("a number").to_bits()
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
        ]
        .into_iter()
        .step_by(if cfg!(miri) { 4 } else { 1 })
        {
            assert_eq!(ours(digits, point), core_s(digits, point), "0.{digits}e{point}");
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
