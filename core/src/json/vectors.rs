//! The search of [`super::search`] with vectors of 16 bytes, which every processor has that this is
//! compiled for.

use wide::u8x16;

use super::search::{Run, is_short_escape};

const LANES: usize = 16;

/// A bit for each byte that is special.
#[inline]
fn mask_of(block: &[u8; LANES]) -> u32 {
    let (quote, slash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let block = u8x16::new(*block);
    let controls = block.min(u8x16::splat(0x1f)).simd_eq(block);
    (block.simd_eq(quote) | block.simd_eq(slash) | controls).to_bitmask()
}

/// The first one in the first vector, or else where that ends; `None` if there is no whole one.
#[inline]
pub(super) fn find_near(bytes: &[u8]) -> Option<usize> {
    let mask = mask_of(bytes.first_chunk()?);
    Some(if mask == 0 { LANES } else { mask.trailing_zeros() as usize })
}

/// The first one in whole vectors, or else where those end.
#[inline]
pub(super) fn find(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    while let Some(mask) = mask_of_two(bytes, at) {
        if mask != 0 {
            return Ok(at + mask.trailing_zeros() as usize);
        }
        at += 2 * LANES;
    }
    Err(at)
}

/// Takes `run` to where it ends, or else to where whole vectors end; tells which.
#[inline]
pub(super) fn skip_shortest(bytes: &[u8], run: &mut Run) -> bool {
    while let Some(mut mask) = mask_of_two(bytes, run.len) {
        let mut read = 0;
        while mask != 0 {
            let found = mask.trailing_zeros() as usize;
            if !is_short_escape(bytes, run.len + found) {
                run.len += found;
                return true;
            }
            run.has_escapes = true;
            read = found + 2;
            mask &= u32::MAX.checked_shl(read as u32).unwrap_or(0);
        }
        run.len += read.max(2 * LANES);
    }
    false
}

/// The bits of the next two vectors, if these are there.
#[inline]
fn mask_of_two(bytes: &[u8], at: usize) -> Option<u32> {
    let two = bytes.get(at..)?.first_chunk::<{ 2 * LANES }>()?;
    let (low, high) = (two.first_chunk()?, two.last_chunk()?);
    Some(mask_of(low) | mask_of(high) << LANES)
}
