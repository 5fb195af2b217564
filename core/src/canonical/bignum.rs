//! Just enough arithmetic on large natural numbers to convert decimals exactly.
//!
//! A number is a slice of 32-bit limbs, least significant first. The caller makes the slices long
//! enough; what would not fit is lost. 32 bits, because a Cortex-M divides and multiplies those.

use core::cmp::Ordering;

/// `number = number * factor + carry`
pub(super) fn multiply_add(number: &mut [u32], factor: u32, mut carry: u32) {
    for limb in number {
        let wide = u64::from(*limb) * u64::from(factor) + u64::from(carry);
        *limb = wide as u32;
        carry = (wide >> 32) as u32;
    }
}

/// `number = number * base^exponent`
pub(super) fn multiply_power(number: &mut [u32], base: u32, mut exponent: u32) {
    // Several factors at once, as many as fit a limb for the bases 5 and 10.
    let (power, step) = (base.pow(9), 9);
    while exponent >= step {
        multiply_add(number, power, 0);
        exponent -= step;
    }
    multiply_add(number, base.pow(exponent), 0);
}

/// `number = number * 2^bits`
pub(super) fn shift_left(number: &mut [u32], bits: u32) {
    let (limbs, bits) = ((bits / 32) as usize, bits % 32);
    for at in (0..number.len()).rev() {
        let limb = |back: usize| at.checked_sub(back).map_or(0, |from| number[from]);
        let wide = u64::from(limb(limbs)) << 32 | u64::from(limb(limbs + 1));
        number[at] = (wide >> (32 - bits)) as u32;
    }
}

/// `left = left - right`, where `right` is not the larger one.
pub(super) fn subtract(left: &mut [u32], right: &[u32]) {
    let mut borrow = false;
    for (limb, other) in left.iter_mut().zip(right) {
        let (difference, first) = limb.overflowing_sub(*other);
        let (difference, second) = difference.overflowing_sub(u32::from(borrow));
        *limb = difference;
        borrow = first || second;
    }
}

/// Compares numbers of equally many limbs.
pub(super) fn compare(left: &[u32], right: &[u32]) -> Ordering {
    left.iter().rev().cmp(right.iter().rev())
}

/// Compares `left + addend` with `right`; all have equally many limbs, and the sum fits.
pub(super) fn compare_sum(left: &[u32], addend: &[u32], right: &[u32]) -> Ordering {
    let mut carry = 0;
    let mut order = Ordering::Equal;
    for ((left, addend), right) in left.iter().zip(addend).zip(right) {
        let sum = u64::from(*left) + u64::from(*addend) + carry;
        carry = sum >> 32;
        // A more significant limb overrules the less significant ones.
        order = (sum as u32).cmp(right).then(order);
    }
    order
}

/// The position behind the highest bit that is set; 0 for zero.
pub(super) fn bit_len(number: &[u32]) -> u32 {
    let zeros = number.iter().rev().take_while(|limb| **limb == 0).count();
    let limbs = number.len() - zeros;
    match limbs.checked_sub(1) {
        Some(top) => limbs as u32 * 32 - number[top].leading_zeros(),
        None => 0,
    }
}
