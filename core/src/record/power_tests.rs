//! Power losses: the log on a medium that is cut at every operation.

mod medium;

use std::{collections::BTreeMap, vec, vec::Vec};

use self::medium::{ERASE, Pending, PowerMedium, Random, program};
use super::*;
use crate::RequestKey;

const SEGMENT: u32 = 2048;
const SEGMENTS: u64 = 4;

fn key(n: usize) -> RequestKey {
    RequestKey::from_bytes([n as u8; 32])
}

/// What may be found of one key: its state at the last sync, with the segment that it went into,
/// and every state it was given since.
#[derive(Clone, Default)]
struct Allowed {
    synced: Option<(u64, Option<Vec<u8>>)>,
    since: Vec<(u64, Option<Vec<u8>>)>,
}

#[derive(Default)]
struct Oracle {
    keys: BTreeMap<usize, Allowed>,
    /// The newest segment that may have been begun.
    newest: u64,
}

impl Oracle {
    fn synced(&mut self) {
        for allowed in self.keys.values_mut() {
            if let Some(last) = allowed.since.pop() {
                *allowed = Allowed { synced: Some(last), since: Vec::new() };
            }
        }
    }

    fn check(&self, n: usize, found: Option<&[u8]>) {
        let allowed = self.keys.get(&n).cloned().unwrap_or_default();
        let mut states = allowed.since.iter().chain(&allowed.synced);
        if states.any(|(_, state)| state.as_deref() == found) {
            return;
        }
        assert_eq!(found, None, "key {n}: a value that was never put, or an outdated one");
        if let Some((segment, Some(_))) = &allowed.synced {
            // Its segment may have been erased for the newest one.
            assert!(segment + SEGMENTS - 1 <= self.newest, "key {n}: a synced value is lost");
        }
    }
}

/// Appends, removes and syncs until the power goes; `oracle` learns what may be found then.
fn work(
    log: &mut Log<PowerMedium>,
    random: &mut Random,
    oracle: &mut Oracle,
    steps: usize,
) -> Result<(), ()> {
    let rare_syncs = random.below(2) == 0;
    for step in 0..steps {
        let sequence = |log: &Log<PowerMedium>| log.active.map_or(0, |a| a.header.sequence);
        // Pessimistic: the next step may erase the oldest segment and fail after that.
        oracle.newest = sequence(log) + 1;
        let n = random.below(6);
        // Some lives sync at every fourth step, some next to never: then whole segments are at
        // stake.
        match if rare_syncs { 1 + random.below(30) } else { random.below(8) } {
            0 | 1 => {
                log.sync().map_err(drop)?;
                oracle.synced();
            }
            2 | 3 => {
                oracle.keys.entry(n).or_default().since.push((oracle.newest, None));
                log.remove(&key(n)).map_err(drop)?;
            }
            _ => {
                let payload = vec![step as u8; random.below(500)];
                let since = &mut oracle.keys.entry(n).or_default().since;
                since.push((oracle.newest, Some(payload.clone())));
                log.append(&Record::new(key(n), &payload)).map_err(drop)?;
                let written = oracle.keys.entry(n).or_default().since.last_mut().unwrap();
                written.0 = sequence(log);
            }
        }
    }
    Ok(())
}

fn check_all(log: &mut Log<PowerMedium>, oracle: &Oracle) -> BTreeMap<usize, Vec<u8>> {
    let (mut buffer, mut there) = ([0; SEGMENT as usize], BTreeMap::new());
    for n in 0..6 {
        let found = log.find(&key(n), &mut buffer).unwrap();
        let payload = found.map(|record| record.payload);
        oracle.check(n, payload);
        if let Some(payload) = payload {
            there.insert(n, payload.to_vec());
        }
    }
    there
}

/// The power goes in every operation in turn, and what was not synced is dropped, torn and
/// reordered at random: every synced entry whose segment was not reclaimed is there, nothing wrong
/// is, and the log goes on: a second life on the same medium ends in the same way.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn power_loss_at_every_operation() {
    for (round, write_size) in [1, 4, 8, 32, 64, 256].into_iter().enumerate() {
        for cut in 0..400 {
            let mut random = Random((round * 1000 + cut) as u64);
            let mut image = vec![0xff; SEGMENTS as usize * SEGMENT as usize];
            let mut oracle = Oracle::default();
            for life in 0..3 {
                let left = if life == 0 { cut / 2 } else { random.below(100) };
                let medium = PowerMedium::new(image, write_size, left);
                let mut log = Log::open(medium, SEGMENT, Salt([life; 16])).unwrap();
                let there = check_all(&mut log, &oracle);
                // What is there now was found by reading, and is the new ground to stand on.
                let sequence = log.active.map_or(0, |active| active.header.sequence);
                rebase(&mut oracle, &mut log, &there, sequence);
                let _ = work(&mut log, &mut random, &mut oracle, 100);
                image = log.into_medium().after_power_loss(&mut random);
            }
            let medium = PowerMedium::new(image, write_size, usize::MAX);
            let mut log = Log::open(medium, SEGMENT, Salt([9; 16])).unwrap();
            check_all(&mut log, &oracle);
            log.append(&Record::new(key(5), b"alive")).unwrap();
            let mut buffer = [0; 64];
            let found = log.find(&key(5), &mut buffer).unwrap();
            assert_eq!(found.map(|record| record.payload), Some(&b"alive"[..]));
        }
    }
}

/// After a restart the oracle takes over what the log shows: each entry with its segment.
fn rebase(
    oracle: &mut Oracle,
    log: &mut Log<PowerMedium>,
    there: &BTreeMap<usize, Vec<u8>>,
    newest: u64,
) {
    let mut keys = BTreeMap::new();
    for (&n, payload) in there {
        let segment = (0..SEGMENTS as u32 - 1).find_map(|age| {
            let (base, header, mut scan) = log.segment_by_age(age).unwrap()?;
            let (medium, crc) = (&mut log.medium, &log.crc);
            while let Some(found) = scan.next(medium, crc).unwrap() {
                let is_entry = found.head.key == key(n) && found.head.kind == Kind::Entry;
                if is_entry && found.is_whole(medium, base, &header, crc).unwrap() {
                    return Some(header.sequence);
                }
            }
            None
        });
        let synced = Some((segment.unwrap(), Some(payload.clone())));
        keys.insert(n, Allowed { synced, since: Vec::new() });
    }
    *oracle = Oracle { keys, newest };
}

/// The power goes in every operation of a life that begins segments, and of what was not synced
/// every subset there is reaches the medium, the last operation also in part: nothing synced is
/// lost, nothing wrong or outdated is found, and the log goes on.
#[test]
#[cfg_attr(miri, ignore = "exhaustive: hours under Miri")]
fn every_subset_of_what_was_not_synced() {
    let (mut subsets, mut most) = (0, 0);
    for cut in 0..160 {
        let (image, mut oracle) =
            (vec![0xff; SEGMENTS as usize * SEGMENT as usize], Oracle::default());
        let mut log = Log::open(PowerMedium::new(image, 8, cut), SEGMENT, Salt([3; 16])).unwrap();
        let _ = write_and_sync_often(&mut log, &mut oracle);
        let PowerMedium { durable, pending, .. } = log.into_medium();
        most = most.max(pending.len());
        for kept in 0..1_usize << pending.len() {
            for tear in [ERASE, 100, 4] {
                let mut image = durable.clone();
                for (n, pending_one) in
                    pending.iter().enumerate().filter(|(n, _)| kept >> n & 1 == 1)
                {
                    let len = if n + 1 == pending.len() { tear } else { ERASE };
                    match pending_one {
                        Pending::Program(at, bytes) => {
                            program(&mut image, *at, &bytes[..bytes.len().min(len)], 3);
                        }
                        Pending::Erase(at) => image[*at..at + len].fill(0xff),
                    }
                }
                let medium = PowerMedium::new(image, 8, usize::MAX);
                let mut log = Log::open(medium, SEGMENT, Salt([4; 16])).unwrap();
                check_all(&mut log, &oracle);
                log.append(&Record::new(key(6), b"alive")).unwrap();
                check_all(&mut log, &oracle);
                subsets += 1;
            }
        }
    }
    assert!(most >= 6 && subsets > 1000, "{most} pending at most, {subsets} images");
}

/// Replaces and removes a few keys, with no more than a handful of operations between two syncs.
fn write_and_sync_often(log: &mut Log<PowerMedium>, oracle: &mut Oracle) -> Result<(), ()> {
    for step in 0..60_usize {
        let sequence = |log: &Log<PowerMedium>| log.active.map_or(0, |a| a.header.sequence);
        oracle.newest = sequence(log) + 1;
        let n = step % 5;
        let payload = (step % 7 != 3).then(|| vec![step as u8; step * 53 % 400]);
        let since = &mut oracle.keys.entry(n).or_default().since;
        since.push((oracle.newest, payload.clone()));
        match payload {
            Some(payload) => log.append(&Record::new(key(n), &payload)).map_err(drop)?,
            None => _ = log.remove(&key(n)).map_err(drop)?,
        }
        oracle.keys.entry(n).or_default().since.last_mut().unwrap().0 = sequence(log);
        if step % 3 == 0 {
            log.sync().map_err(drop)?;
            oracle.synced();
        }
    }
    Ok(())
}

/// Every failing operation is reported, and leaves a log that finds what was synced before.
#[test]
fn a_failed_operation_leaves_the_log_usable() {
    for cut in (0..60).step_by(if cfg!(miri) { 40 } else { 1 }) {
        let image = vec![0xff; SEGMENTS as usize * SEGMENT as usize];
        let mut log = Log::open(PowerMedium::new(image, 4, cut), SEGMENT, Salt([1; 16])).unwrap();
        let (mut random, mut oracle) = (Random(cut as u64), Oracle::default());
        assert_eq!(work(&mut log, &mut random, &mut oracle, 200), Err(()));
        log.medium.operations_left = usize::MAX;
        check_all(&mut log, &oracle);
        log.append(&Record::new(key(5), b"alive")).unwrap();
        let mut buffer = [0; 64];
        let found = log.find(&key(5), &mut buffer).unwrap();
        assert_eq!(found.map(|record| record.payload), Some(&b"alive"[..]));
    }
}
