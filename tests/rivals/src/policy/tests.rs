//! Simulations against the obvious, and against what holds for each of them by its definition.

use super::{belady, lirs::Lirs, s3fifo::S3Fifo, sieve::Sieve, *};
use crate::random::Random;

/// Requests for keys below `keys`, small ones more often.
fn requests(seed: u64, keys: usize, len: usize) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..len).map(|_| random.skewed(1, keys + 1) as u32 - 1).collect()
}

fn hits(requests: &[u32], mut policy: impl Policy) -> usize {
    requests.iter().filter(|&&key| policy.request(key)).count()
}

/// The most hits from here on, by trying all there is to keep after each request.
fn hits_by_trying(requests: &[u32], resident: u32, capacity: u32) -> usize {
    let Some((&key, rest)) = requests.split_first() else { return 0 };
    let hit = usize::from(resident >> key & 1 == 1);
    let there = resident | 1 << key;
    if there.count_ones() <= capacity {
        return hit + hits_by_trying(rest, there, capacity);
    }
    let victims = (0..u32::BITS).filter(|victim| there >> victim & 1 == 1);
    let best = victims.map(|victim| hits_by_trying(rest, there & !(1 << victim), capacity));
    hit + best.max().unwrap_or_default()
}

/// Belady's optimum is what trying everything comes to.
#[test]
fn belady_is_the_optimum() {
    for seed in 0..300 {
        let requests = requests(seed, 5, 11);
        for capacity in 1..=4 {
            let tried = hits_by_trying(&requests, 0, capacity);
            assert_eq!(belady::hits(&requests, 5, capacity as usize), tried, "{requests:?}");
        }
    }
}

/// No policy has more hits than the optimum, none evicts where there is room, and with room for
/// all keys each misses every key once.
#[test]
fn all_policies_keep_to_their_capacity() {
    const KEYS: usize = 60;
    for seed in 0..50 {
        let requests = requests(seed, KEYS, 2000);
        for capacity in [1, 2, 3, 10, 11, 30, 59, 60, 100] {
            let optimum = belady::hits(&requests, KEYS, capacity);
            let told = [
                hits(&requests, Sieve::new(capacity, KEYS)),
                hits(&requests, S3Fifo::new(capacity, KEYS)),
                hits(&requests, Lirs::new(capacity, KEYS)),
            ];
            for hits in told {
                assert!(hits <= optimum, "{hits} of {optimum} at {capacity}, seed {seed}");
                assert!(capacity < KEYS || hits == optimum, "{hits} of {optimum} at {capacity}");
            }
        }
    }
}

/// The example of the SIEVE paper's figure: what was used stays where it is, the hand keeps its
/// place and goes around.
#[test]
fn sieve_keeps_what_was_used() {
    let mut sieve = Sieve::new(3, 9);
    let mut play = |keys: &[u32]| keys.iter().map(|&key| sieve.request(key)).collect::<Vec<_>>();
    assert_eq!(play(&[0, 1, 2, 0, 2]), [false, false, false, true, true]);
    // The hand passes 0 and takes 1; from there it passes 2, takes 3, the newest, and so on.
    assert_eq!(play(&[3, 4, 0, 2]), [false, false, true, true]);
    assert_eq!(play(&[1, 3]), [false, false]);
}

/// A loop one key longer than the cache: LRU has no hit at all, LIRS nearly all there are.
#[test]
fn lirs_holds_on_to_a_loop() {
    let requests: Vec<u32> = (0..10_000).map(|at| at % 101).collect();
    let hits = hits(&requests, Lirs::new(100, 101));
    assert!(hits > 9_700, "{hits}");
}

/// Keys seen once leave the main queue alone; a key that comes back soon goes there.
#[test]
fn s3fifo_lets_a_scan_pass() {
    let mut cache = S3Fifo::new(10, 2000);
    for round in 0..10 {
        for key in 0..8 {
            assert_eq!(cache.request(key), round > 0);
        }
    }
    for key in 10..2000 {
        assert!(!cache.request(key));
    }
    let left = (0..8).filter(|&key| cache.request(key)).count();
    assert_eq!(left, 8);
}
