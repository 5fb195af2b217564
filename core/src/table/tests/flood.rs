//! Keys chosen by an attacker who knows all of the code, but not the table's seed.
//!
//! Chains of the index and sets of the ghosts are places that [`spread`] picks by the seeded hash.
//! The hash is from a strongly universal family, so for keys chosen without the seed each pair
//! shares one of `m` places in one of `m` tables: a lookup among `n` other keys meets `n / m` of
//! them on average over seeds, whatever the keys are (Carter and Wegman 1979). For a single seed
//! Markov's inequality leaves a chance of `1 / k` for `k` times as many.
//!
//! Who makes requests chooses digests only by trial, so a few dozen of their bits: then the other
//! bits are as good as random, and the fullest place is held to what a random function would do.

use super::super::index::{KeyHash, spread};
use crate::RequestKey;
use std::{vec, vec::Vec};

const KEYS: u32 = 2_048;
const SEEDS: u64 = 64;
/// A random function goes over the bound in one of so many tables.
const TABLES_PER_EXCESS: f64 = 1e7;
/// How many times the expected pairs there may be, for the median seed and in the mean of all.
const MEDIAN_MAX: f64 = 1.5;
const MEAN_MAX: f64 = 8.0;

/// Eight little-endian words, as the hash reads them.
type Words = [u32; 8];

fn key(words: Words) -> RequestKey {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    RequestKey::from_bytes(bytes)
}

fn keys(words: impl Fn(u32) -> Words) -> Vec<RequestKey> {
    (0..KEYS).map(|number| key(words(number))).collect()
}

/// Key sets of which no one can make requests, each with some structure that a weak hash would
/// keep: all bits chosen.
fn structures() -> Vec<Vec<RequestKey>> {
    let mut attacks = Vec::new();
    // All bits agree but those of one word: a common prefix, a common suffix, or both.
    for place in 0..8 {
        for step in [1, 1 << 8, 1 << 16, 0x9e37_79b9] {
            attacks.push(keys(|number| {
                let mut words = [0x5a5a_5a5a; 8];
                words[place] = number.wrapping_mul(step);
                words
            }));
        }
    }
    // All words alike; multiples of one large number; words that cancel each other in any sum.
    attacks.push(keys(|number| [number; 8]));
    attacks.push(keys(|number| [3, 5, 7, 11, 13, 17, 19, 23].map(|step| (number * step) << 16)));
    attacks.push(keys(|number| {
        let minus = number.wrapping_neg();
        [number, minus, minus, number, number, minus, minus, number]
    }));
    attacks.push(keys(|number| [number, !number, 0, 0, number, !number, 0, 0]));
    // The words of a sum swapped about: number by number in each pair of words.
    attacks.push(keys(|number| [number & 63, number >> 6, number & 63, number >> 6, 0, 0, 0, 0]));
    // At most two bits set, and at most two not set.
    let flips = |number: u32, base: u32| {
        let mut words = [base; 8];
        for bit in [number % 256, number / 256 * 31 % 256] {
            words[bit as usize / 32] ^= 1 << (bit % 32);
        }
        words[7] ^= number << 20 & 0x0f00_0000;
        words
    };
    attacks.push(keys(|number| flips(number, 0)));
    attacks.push(keys(|number| flips(number, u32::MAX)));
    attacks
}

/// Key sets of which somebody could make requests, by trial: in each, all keys agree in 48 bits
/// somewhere, and the rest is like random.
fn digests() -> Vec<Vec<RequestKey>> {
    let masks: [Words; 5] = [
        [u32::MAX, 0xffff, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0xffff_0000, u32::MAX],
        [0x3f; 8],
        [0xfc00_0000; 8],
        [0x8421_0842; 8],
    ];
    let mut state = 1;
    let agreeing = |mask: Words| {
        let digest = |_| {
            key(mask.map(|agreed| (super::random(&mut state) as u32 & !agreed) | (0x5eed & agreed)))
        };
        (0..KEYS).map(digest).collect()
    };
    masks.into_iter().map(agreeing).collect()
}

/// How many of `keys` are in each of `places` places.
fn loads(hash: &KeyHash, keys: &[RequestKey], places: usize) -> Vec<usize> {
    let mut loads = vec![0; places];
    keys.iter().for_each(|key| loads[spread(hash.of(key), places)] += 1);
    loads
}

/// The load that a random function gives some place of a table once in `TABLES_PER_EXCESS`, by the
/// union bound over Poisson tails.
fn load_max(keys: usize, places: usize) -> usize {
    let mean = keys as f64 / places as f64;
    let chance = |load: usize| (1..=load).fold((-mean).exp(), |term, at| term * mean / at as f64);
    let tail = |load: usize| (load..load + 100).map(chance).sum::<f64>();
    let is_rare = |load: &usize| tail(*load) * places as f64 * TABLES_PER_EXCESS < 1.0;
    (mean as usize + 1..).find(is_rare).unwrap_or(usize::MAX)
}

/// Pairs of keys in one place.
fn pairs(loads: &[usize]) -> usize {
    loads.iter().map(|load| load * load.saturating_sub(1) / 2).sum()
}

/// The numbers of places that matter, from sets of ghosts to more chains than keys.
fn numbers_of_places() -> [usize; 5] {
    let count = KEYS as usize;
    [count / 32, count / 8, count, 2 * count, count + count / 3]
}

/// Digests that agree wherever the attacker likes fill no place more than chance does.
#[test]
fn no_choice_of_digests_fills_a_place() {
    for (number, keys) in digests().iter().enumerate() {
        for places in numbers_of_places() {
            let most = load_max(keys.len(), places);
            for seed in 0..SEEDS {
                let longest = loads(&KeyHash::new(seed), keys, places).into_iter().max();
                assert!(longest <= Some(most), "{longest:?} of {most}: digests {number}, {seed}");
            }
        }
    }
}

/// Whatever the structure of the keys and the number of places: for most seeds the mean lookup is
/// as short as chance makes it, and over all seeds it is not much longer.
#[test]
fn structure_in_keys_does_not_show_in_lookups() {
    let count = KEYS as usize;
    for (number, keys) in structures().iter().enumerate() {
        for places in numbers_of_places() {
            let mut pairs: Vec<usize> =
                (0..SEEDS).map(|seed| pairs(&loads(&KeyHash::new(seed), keys, places))).collect();
            pairs.sort_unstable();
            let expected = (count * (count - 1) / 2) as f64 / places as f64;
            let median = pairs[SEEDS as usize / 2] as f64;
            let mean = pairs.iter().sum::<usize>() as f64 / SEEDS as f64;
            let shown = std::format!("{median}, {mean} of {expected}: structure {number}");
            assert!(median <= MEDIAN_MAX * expected && mean <= MEAN_MAX * expected, "{shown}");
        }
    }
}

/// Hashes that are equal in all 32 bits, which no number of places tells apart and a ghost takes
/// for the same key, are as rare as chance makes them.
#[test]
fn whole_hashes_do_not_collide() {
    let (mut colliding, mut all) = (0, 0.0);
    for keys in structures() {
        for seed in 0..SEEDS {
            let hash = KeyHash::new(seed);
            let mut hashes: Vec<u32> = keys.iter().map(|key| hash.of(key)).collect();
            hashes.sort_unstable();
            colliding += hashes.windows(2).filter(|pair| pair[0] == pair[1]).count();
            all += (keys.len() * (keys.len() - 1) / 2) as f64;
        }
    }
    // Markov's inequality: this many only once in ten attacks with seeds of their own.
    assert!(colliding as f64 <= 10.0 * (all / 2_f64.powi(32)).max(1.0), "{colliding} pairs");
}

/// Whoever has learnt the seed of one table can fill one of its places, and gains nothing against
/// any other table, be its seed the next number.
#[test]
fn a_known_seed_is_of_no_use_elsewhere() {
    let count = KEYS as usize / 8;
    let known = 1_000;
    let hash = KeyHash::new(known);
    let mut state = 2;
    let digests =
        core::iter::repeat_with(|| key([0; 8].map(|_: u32| super::random(&mut state) as u32)));
    let picked: Vec<RequestKey> =
        digests.filter(|key| spread(hash.of(key), count) == 0).take(count).collect();
    assert_eq!(loads(&hash, &picked, count)[0], count, "the attack works where the seed is known");
    let most = load_max(count, count);
    for near in 1..=SEEDS {
        for seed in [known - near, known + near, known << (near % 54), known ^ (1 << 63)] {
            if seed != known {
                let longest = loads(&KeyHash::new(seed), &picked, count).into_iter().max();
                assert!(longest <= Some(most), "{longest:?} of {most}: seed {seed}");
            }
        }
    }
}
