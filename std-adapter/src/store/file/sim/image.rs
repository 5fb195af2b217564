//! One file: what programs read, what is surely on the disk, and what is on its way there.

use std::collections::BTreeMap;

use super::Random;

/// The bytes of one file.
#[derive(Clone, Default)]
pub(super) struct Image {
    pub(super) live: Vec<u8>,
    durable: Vec<u8>,
    /// What was done since the last sync, in order.
    pending: Vec<Pending>,
}

#[derive(Clone)]
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

/// What of the unsynced writes a power loss takes. Lengths have a fate of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Loss {
    /// All of them: the disk had written none.
    All,
    /// None: as when a process is killed and the system lives.
    None,
    /// All from one of them on.
    Tail,
    /// Any of them, each whole or not at all.
    Any,
    /// Any sectors of any of them.
    Torn,
    /// Each sector is as it was at some moment since the last sync: pages are written out whole,
    /// in no order.
    Pages,
    /// Any sectors of any of them; what should have been there is scrambled.
    Scrambled,
}

impl Loss {
    pub(in super::super) const ALL: [Self; 7] =
        [Self::All, Self::None, Self::Tail, Self::Any, Self::Torn, Self::Pages, Self::Scrambled];
}

/// What a disk writes at once.
const SECTOR: usize = 512;

impl Image {
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        place(&mut self.live, offset, bytes);
        self.pending.push(Pending::Write { offset, bytes: bytes.to_vec() });
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.live.resize(len, 0);
        self.pending.push(Pending::SetLen(len));
    }

    pub(super) fn sync(&mut self) {
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Write { offset, bytes } => place(&mut self.durable, offset, &bytes),
                Pending::SetLen(len) => self.durable.resize(len, 0),
            }
        }
    }

    /// A sync that failed, as Linux does it: what it should have written counts as written from
    /// now on, and stays readable until it is dropped from memory.
    pub(super) fn forget_unsynced(&mut self) {
        self.pending.clear();
    }

    pub(super) fn is_synced(&self) -> bool {
        self.pending.is_empty() && self.live == self.durable
    }

    /// What is there when the power is back.
    pub(super) fn after_power_loss(&self, loss: Loss, random: &mut Random) -> Self {
        let mut bytes = self.durable.clone();
        let mut lens = vec![bytes.len()];
        let tail = random.below(self.pending.len() + 1);
        let mut moments = BTreeMap::new();
        for (n, pending) in self.pending.iter().enumerate() {
            let is_kept = match loss {
                Loss::All => false,
                Loss::None | Loss::Torn | Loss::Pages => true,
                Loss::Tail => n < tail,
                Loss::Any | Loss::Scrambled => random.coin(),
            };
            match pending {
                Pending::SetLen(len) => {
                    lens.push(*len);
                    if is_kept {
                        bytes.resize(*len, 0);
                    }
                }
                Pending::Write { offset, bytes: written } => {
                    lens.push(lens[n].max(offset + written.len()));
                    if !is_kept && loss != Loss::Scrambled {
                        continue;
                    }
                    for (at, sector) in sectors(*offset, written) {
                        let last = self.pending.len() + 1;
                        let moment = moments.entry(at / SECTOR);
                        let moment = *moment.or_insert_with(|| random.below(last));
                        match loss {
                            Loss::Torn if random.coin() => {}
                            Loss::Pages if n >= moment => {}
                            Loss::Scrambled if random.coin() => {
                                let noise = sector.iter().map(|_| random.below(256) as u8);
                                place(&mut bytes, at, &noise.collect::<Vec<_>>());
                            }
                            _ => place(&mut bytes, at, sector),
                        }
                    }
                }
            }
        }
        bytes.resize(len_after(&lens, loss, random), 0);
        Self { live: bytes.clone(), durable: bytes, pending: Vec::new() }
    }
}

/// One of the lengths that the file had since the last sync, or between two of them.
fn len_after(lens: &[usize], loss: Loss, random: &mut Random) -> usize {
    let last = lens.len() - 1;
    match loss {
        Loss::All => lens[0],
        Loss::None => lens[last],
        _ => {
            let n = random.below(lens.len());
            let (before, len) = (lens[n.saturating_sub(1)], lens[n]);
            let between = before + (len.saturating_sub(before)) / 2 / SECTOR * SECTOR;
            if random.coin() { between } else { len }
        }
    }
}

fn place(image: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[offset..end].copy_from_slice(bytes);
}

/// The pieces of a write that lie in different sectors, with their offsets.
fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = offset;
    let mut left = bytes;
    std::iter::from_fn(move || {
        let len = left.len().min(SECTOR - at % SECTOR);
        let (sector, rest) = left.split_at(len);
        let found = (at, sector);
        (at, left) = (at + len, rest);
        (len > 0).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was synced is there whatever the loss, what was not is there as a whole where nothing
    /// is lost, and not at all where everything is.
    #[test]
    fn synced_bytes_survive() {
        for (seed, loss) in (0..70).flat_map(|seed| Loss::ALL.map(|loss| (seed, loss))) {
            let random = &mut Random(seed);
            let mut image = Image::default();
            image.write(0, &[1; 700]);
            image.sync();
            image.write(1024, &[2; 1000]);
            image.write(1536, &[3; 100]);
            let after = image.after_power_loss(loss, random).live;
            assert_eq!(after[..700], [1; 700], "{loss:?}");
            match loss {
                Loss::All => assert_eq!(after.len(), 700),
                Loss::None => assert_eq!(after, image.live),
                Loss::Scrambled => assert!(after.len() <= 2024),
                _ => assert!(after.iter().all(|byte| *byte < 4)),
            }
        }
    }

    /// A sync that failed leaves the bytes readable, and no later sync writes them.
    #[test]
    fn a_failed_sync_loses_for_good() {
        let mut image = Image::default();
        image.write(0, &[1; 10]);
        image.forget_unsynced();
        image.write(10, &[2; 10]);
        image.sync();
        assert_eq!(image.live[..10], [1; 10]);
        assert!(!image.is_synced());
        let after = image.after_power_loss(Loss::None, &mut Random(1)).live;
        assert_eq!((&after[..10], &after[10..]), (&[0; 10][..], &[2; 10][..]));
    }
}
