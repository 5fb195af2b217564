//! Unit vectors drawn from a digest, and their two encodings.

use serde_json::Value;

use crate::digest::Digest;

/// The vector of an input: `most` numbers drawn from its digest and the model's, the first
/// `dimensions` of them, scaled to the length 1. Equal on every machine.
pub(super) fn of(model: &str, input: &[u8], most: usize, dimensions: usize) -> Vec<f32> {
    let seed = Digest::new().field(model.as_bytes()).field(input).short();
    let mut state = u64::from_str_radix(&seed, 16).unwrap_or_default();
    let drawn: Vec<f64> = (0..most).map(|_| draw(&mut state)).collect();
    let kept = &drawn[..dimensions];
    let length = kept.iter().map(|value| value * value).sum::<f64>().sqrt();
    kept.iter().map(|value| (value / length) as f32).collect()
}

/// A number in -1.0..1.0, never zero, by SplitMix64.
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    // An odd numerator: no value is zero, so no vector is without a direction.
    (((bits >> 11) | 1) as f64 / (1_u64 << 52) as f64) - 1.0
}

/// The numbers as JSON, exactly.
pub(super) fn floats(vector: &[f32]) -> Value {
    vector.iter().map(|value| Value::from(f64::from(*value))).collect()
}

/// The numbers as four bytes each, the lowest first, in base64 with padding (RFC 4648).
pub(super) fn base64(vector: &[f32]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| group.get(at).map_or(0, |byte| u32::from(*byte));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves the encoding on values worked out by hand: 1.0 is 00 00 80 3f, -2.5 is 00 00 20 c0.
    #[test]
    fn base64_is_little_endian() {
        assert_eq!(base64(&[1.0]), "AACAPw==");
        assert_eq!(base64(&[1.0, -2.5]), "AACAPwAAIMA=");
        assert_eq!(base64(&[1.0, -2.5, 1.0]), "AACAPwAAIMAAAIA/");
        assert_eq!(base64(&[]), "");
    }

    /// Proves that the draw is spread over both signs and never zero.
    #[test]
    fn numbers_are_spread() {
        let vector = of("m", b"x", 1000, 1000);
        let negative = vector.iter().filter(|value| **value < 0.0).count();
        assert!((400..600).contains(&negative), "{negative}");
        assert!(vector.iter().all(|value| *value != 0.0));
        assert_eq!(vector, of("m", b"x", 1000, 1000));
    }
}
