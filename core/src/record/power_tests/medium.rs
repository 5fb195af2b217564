//! A medium with a live and a durable image, whose power goes.

use std::vec::Vec;

use super::Medium;

/// A small generator; its stream is the test case.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

#[derive(Clone)]
pub(super) enum Pending {
    Program(usize, Vec<u8>),
    Erase(usize),
}

/// NOR flash with a cache of writes that a power loss drops, tears and reorders.
pub(super) struct PowerMedium {
    live: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) pending: Vec<Pending>,
    write_size: u32,
    /// Operations until the power goes; the one it goes in is pending and fails.
    pub(super) operations_left: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct PowerLost;

pub(super) const ERASE: usize = 512;
/// What a write may be torn at without leaving garbage.
const SECTOR: usize = 512;

impl PowerMedium {
    pub(super) fn new(image: Vec<u8>, write_size: u32, operations_left: usize) -> Self {
        let (durable, pending) = (image.clone(), Vec::new());
        Self { live: image, durable, pending, write_size, operations_left }
    }

    fn operate(&mut self) -> Result<(), PowerLost> {
        self.operations_left = self.operations_left.checked_sub(1).ok_or(PowerLost)?;
        Ok(())
    }

    /// What the medium may hold when the power is back.
    pub(super) fn after_power_loss(self, random: &mut Random) -> Vec<u8> {
        let mut image = self.durable;
        for pending in self.pending {
            let fate = random.below(4);
            match pending {
                _ if fate == 0 => {}
                Pending::Program(at, bytes) => {
                    let done = if fate == 2 { random.below(bytes.len()) } else { bytes.len() };
                    let sectors = if fate == 3 { random.below(4) } else { 3 };
                    program(&mut image, at, &bytes[..done], sectors);
                    if let (2, Some(byte)) = (fate, bytes.get(done)) {
                        image[at + done] &= byte | random.below(256) as u8;
                    }
                }
                Pending::Erase(at) => {
                    let done = if fate == 2 { random.below(ERASE) } else { ERASE };
                    image[at..at + done].fill(0xff);
                    if fate == 2 {
                        let cell = random.below(ERASE);
                        image[at + cell] |= random.below(256) as u8;
                    }
                }
            }
        }
        image
    }
}

/// Programs the first or the second sector of 512 bytes that `bytes` lie in, as bits 0 and 1 of
/// `sectors` say: none that the log programs at once lie in more. Programming only clears bits.
pub(super) fn program(image: &mut [u8], at: usize, bytes: &[u8], sectors: usize) {
    for (n, &byte) in bytes.iter().enumerate() {
        let sector = (at + n) / SECTOR - at / SECTOR;
        assert!(sector < 2, "a program of more than two sectors");
        if sectors >> sector & 1 == 1 {
            image[at + n] &= byte;
        }
    }
}

impl Medium for PowerMedium {
    type Error = PowerLost;
    const ERASED: u8 = 0xff;

    fn capacity(&self) -> u32 {
        self.live.len() as u32
    }

    fn write_size(&self) -> u32 {
        self.write_size
    }

    fn erase_size(&self) -> u32 {
        ERASE as u32
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PowerLost> {
        bytes.copy_from_slice(&self.live[offset as usize..offset as usize + bytes.len()]);
        Ok(())
    }

    fn program_at(&mut self, offset: u32, bytes: &[u8]) -> Result<(), PowerLost> {
        let (at, size) = (offset as usize, self.write_size as usize);
        assert!(at.is_multiple_of(size) && bytes.len().is_multiple_of(size), "unaligned program");
        let cells = &mut self.live[at..at + bytes.len()];
        assert!(cells.iter().all(|&cell| cell == 0xff), "programmed twice at {at}");
        cells.copy_from_slice(bytes);
        self.pending.push(Pending::Program(at, bytes.to_vec()));
        self.operate()
    }

    fn erase_block(&mut self, offset: u32) -> Result<(), PowerLost> {
        let at = offset as usize;
        assert!(at.is_multiple_of(ERASE), "unaligned erase");
        self.live[at..at + ERASE].fill(0xff);
        self.pending.push(Pending::Erase(at));
        self.operate()
    }

    fn sync(&mut self) -> Result<(), PowerLost> {
        self.operate()?;
        self.durable.copy_from_slice(&self.live);
        self.pending.clear();
        Ok(())
    }
}
