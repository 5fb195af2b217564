//! Just enough arithmetic on large natural numbers to convert decimals exactly.
//!
//! A number is a slice of limbs, least significant first. The caller makes the slices long enough;
//! what would not fit is lost.

use core::cmp::Ordering;

/// What the processor multiplies at once.
#[cfg(target_pointer_width = "64")]
pub(super) type Limb = u64;
#[cfg(target_pointer_width = "64")]
type Wide = u128;
/// What the processor multiplies at once.
#[cfg(not(target_pointer_width = "64"))]
pub(super) type Limb = u32;
#[cfg(not(target_pointer_width = "64"))]
type Wide = u64;

const BITS: u32 = Limb::BITS;
/// The decimal digits that surely fit a limb.
pub(super) const LIMB_DIGITS: u32 = Limb::MAX.ilog10();

/// The limbs of a number of so many bits.
pub(super) const fn limbs(bits: usize) -> usize {
    bits.div_ceil(BITS as usize)
}

/// `number = value`
#[cfg(any(test, not(target_pointer_width = "64")))]
pub(super) fn assign(number: &mut [Limb], mut value: u64) {
    for limb in number {
        *limb = value as Limb;
        value = value.checked_shr(BITS).unwrap_or(0);
    }
}

/// `number = number * factor + carry`
pub(super) fn multiply_add(number: &mut [Limb], factor: Limb, mut carry: Limb) {
    for limb in number {
        let wide = Wide::from(*limb) * Wide::from(factor) + Wide::from(carry);
        *limb = wide as Limb;
        carry = (wide >> BITS) as Limb;
    }
}

/// `number = number * base^exponent`
pub(super) fn multiply_power(number: &mut [Limb], base: Limb, mut exponent: u32) {
    // Several factors at once, as many as fit a limb for the bases 5 and 10.
    let (power, step) = (base.pow(LIMB_DIGITS), LIMB_DIGITS);
    while exponent >= step {
        multiply_add(number, power, 0);
        exponent -= step;
    }
    multiply_add(number, base.pow(exponent), 0);
}

/// `number = number * 2^bits`
pub(super) fn shift_left(number: &mut [Limb], bits: u32) {
    let (limbs, bits) = ((bits / BITS) as usize, bits % BITS);
    for at in (0..number.len()).rev() {
        let limb = |back: usize| at.checked_sub(back).map_or(0, |from| number[from]);
        let wide = Wide::from(limb(limbs)) << BITS | Wide::from(limb(limbs + 1));
        number[at] = (wide >> (BITS - bits)) as Limb;
    }
}

/// `left = left - right`, where `right` is not the larger one.
pub(super) fn subtract(left: &mut [Limb], right: &[Limb]) {
    let mut borrow = false;
    for (limb, other) in left.iter_mut().zip(right) {
        let (difference, first) = limb.overflowing_sub(*other);
        let (difference, second) = difference.overflowing_sub(Limb::from(borrow));
        *limb = difference;
        borrow = first || second;
    }
}

/// Compares numbers of equally many limbs.
pub(super) fn compare(left: &[Limb], right: &[Limb]) -> Ordering {
    left.iter().rev().cmp(right.iter().rev())
}

/// Compares `left + addend` with `right`; all have equally many limbs, and the sum fits.
#[cfg(any(test, not(target_pointer_width = "64")))]
pub(super) fn compare_sum(left: &[Limb], addend: &[Limb], right: &[Limb]) -> Ordering {
    let mut carry = 0;
    let mut order = Ordering::Equal;
    for ((left, addend), right) in left.iter().zip(addend).zip(right) {
        let sum = Wide::from(*left) + Wide::from(*addend) + carry;
        carry = sum >> BITS;
        // A more significant limb overrules the less significant ones.
        order = (sum as Limb).cmp(right).then(order);
    }
    order
}

/// The position behind the highest bit that is set; 0 for zero.
pub(super) fn bit_len(number: &[Limb]) -> u32 {
    let zeros = number.iter().rev().take_while(|limb| **limb == 0).count();
    let limbs = number.len() - zeros;
    match limbs.checked_sub(1) {
        Some(top) => limbs as u32 * BITS - number[top].leading_zeros(),
        None => 0,
    }
}
