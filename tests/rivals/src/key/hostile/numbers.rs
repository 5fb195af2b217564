//! Numbers: those whose canonical form takes arithmetic, and those that come thick.

use super::{Hostile, MB, list, repeated};
use crate::random::Random;

pub(super) fn bodies(seed: u64) -> Vec<Hostile> {
    let mut random = Random::new(seed);
    let mut many = |number: &dyn Fn(&mut Random) -> String| {
        list(MB, "[", "]", |_, out| out.extend(number(&mut random).bytes()))
    };
    let power = five_to_1075();
    // The number `digit` places behind the point of the half between two doubles near 1.
    let half_of_one =
        format!("1.{:053}{}", 11102230246251565404236316680908203125_u128, "0".repeat(740));
    vec![
        ("numbers of 1 digit", repeated(MB, "[", "]", "7")),
        ("numbers of 5 digits", many(&|random| random.below(100_000).to_string())),
        ("numbers of 19 digits", many(&|random| (random.next() / 2).to_string())),
        ("numbers like 0.25", many(&|random| format!("0.{:02}", random.below(100)))),
        ("numbers like 1.50e-05", many(&|random| format!("1.{:02}e-05", random.below(100)))),
        ("numbers of 17 digits", many(&|random| format!("{:.16e}", normal(random)))),
        (
            "numbers of 17 digits below 1",
            many(&|random| format!("0.{:017}", random.next() % POWER_17)),
        ),
        (
            "numbers of 16 digits near 1e300",
            many(&|random| format!("{}e285", POWER_17 / 10 + random.next() % POWER_17 * 9 / 10)),
        ),
        ("numbers like 1e-300", many(&|random| format!("{}e-300", 1 + random.below(9)))),
        ("numbers like 9e307", many(&|random| format!("{}e307", 1 + random.below(9)))),
        ("subnormal numbers", many(&|random| format!("{:e}", f64::from_bits(random.next() >> 12)))),
        ("770 digits at a half", many(&|random| format!("{}e-1075", half(&power, random)))),
        ("770 digits above a half", many(&|random| format!("{}01e-1077", half(&power, random)))),
        ("770 digits below a half", many(&|random| below(&half(&power, random)))),
        ("800 digits above a half of 1", repeated(MB, "[", "]", &format!("{half_of_one}1"))),
        ("one number of 1 MB of zeros", format!("0.{}1", "0".repeat(MB - 3)).into_bytes()),
        ("one number of 1 MB of nines", format!("0.{}", "9".repeat(MB - 2)).into_bytes()),
    ]
}

const POWER_17: u64 = 100_000_000_000_000_000;

/// Any double but zeros, subnormals and what is no number.
fn normal(random: &mut Random) -> f64 {
    loop {
        let double = f64::from_bits(random.next());
        if double.is_normal() {
            return double;
        }
    }
}

/// Base 10^9, the lowest limb first.
type Limbs = Vec<u64>;

const LIMB: u128 = 1_000_000_000;

fn times(limbs: &Limbs, factor: u64) -> Limbs {
    let mut carry = 0;
    let mut product: Limbs = Vec::with_capacity(limbs.len() + 3);
    for &limb in limbs {
        let sum = u128::from(limb) * u128::from(factor) + carry;
        product.push((sum % LIMB) as u64);
        carry = sum / LIMB;
    }
    while carry > 0 {
        product.push((carry % LIMB) as u64);
        carry /= LIMB;
    }
    product
}

fn five_to_1075() -> Limbs {
    (0..1075).fold(vec![1], |limbs, _| times(&limbs, 5))
}

/// The digits of a number half-way between two subnormal doubles, times 10^1075: an odd multiple
/// of 2^-1075 is one of 5^1075 then. It ends in 5.
fn half(power: &Limbs, random: &mut Random) -> String {
    let odd = random.next() >> 11 | 1;
    let limbs = times(power, odd);
    let (first, rest) = limbs.split_last().unwrap_or((&0, &[]));
    let rest = rest.iter().rev().map(|limb| format!("{limb:09}"));
    first.to_string() + &rest.collect::<String>()
}

/// A half with its last digit, the 5, made 49.
fn below(half: &str) -> String {
    format!("{}49e-1076", half.split_at(half.len() - 1).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A half goes to the even neighbour; one digit more or less decides for a side.
    #[test]
    fn halves_are_halves() {
        let power = five_to_1075();
        let mut random = Random::new(1);
        for _ in 0..20 {
            let digits = half(&power, &mut random);
            let read = |text: String| text.parse::<f64>().unwrap().to_bits();
            let below = read(below(&digits));
            let above = read(format!("{digits}01e-1077"));
            assert_eq!(above, below + 1, "{digits}");
            assert_eq!(read(format!("{digits}e-1075")), below + below % 2, "{digits}");
        }
    }
}
