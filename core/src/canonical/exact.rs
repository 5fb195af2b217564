//! The shortest digits of a double or float, in little code.
//!
//! A microcontroller has no room for the tables of a quick way.

use core::cmp::Ordering;

use heapless::Vec;

use super::{
    bignum::{
        assign, compare, compare_sum, limbs, multiply_add, multiply_power, shift_left, subtract,
    },
    shortest::Digits,
};

/// A finite double or float without its sign: `mantissa * 2^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) mantissa: u64,
    pub(super) exponent: i32,
    /// Whether the next smaller number is only half as far away as the next larger one.
    pub(super) is_power: bool,
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

/// Room for 10^324 and for a double's bits beside it.
const PRINT_LIMBS: usize = limbs(40 * 32);

/// The fewest digits that are nearer to this number than to its neighbours, and of those the
/// nearest: ECMAScript's `Number::toString`. The number is not zero.
///
/// The method is Burger and Dybvig's, "Printing Floating-Point Numbers Quickly and Accurately"
/// (1996), section 3: `value / scale` is what is left to print, `above / scale` and
/// `below / scale` are the half distances to the neighbours.
#[inline(never)] // The large arrays shall not lie on the stack together with others.
pub(super) fn digits_of(binary: Binary) -> Digits {
    let Binary { mantissa, exponent, is_power } = binary;
    let (up, down) = (exponent.max(0) as u32, exponent.min(0).unsigned_abs());
    let skew = u32::from(is_power);
    // floor(log10(2^n)), or one less than the number's own; 78913 / 2^18 is log10(2).
    let log2 = exponent + 63 - mantissa.leading_zeros() as i32;
    let mut point = ((log2 * 78913) >> 18) + 1;
    let bits = exponent.unsigned_abs().max(point.unsigned_abs() * 10 / 3) + 128;
    let limbs = (limbs(bits as usize) + 1).min(PRINT_LIMBS);

    let mut room = [[0; PRINT_LIMBS]; 4];
    let [value, scale, above, below] = room.each_mut().map(|number| &mut number[..limbs]);
    assign(value, mantissa);
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
    use std::string::String;

    fn printed(binary: Binary) -> (String, i32) {
        let Digits { text, point } = digits_of(binary);
        (core::str::from_utf8(&text).expect("digits").into(), point)
    }

    /// The digits that serde_json prints: those of Rust break ties upwards, not to even.
    fn expected(value: impl serde::Serialize) -> (String, i32) {
        shortest_digits(&serde_json::to_string(&value).expect("a number"))
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
}
