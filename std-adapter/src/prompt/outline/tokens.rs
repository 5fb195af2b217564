//! How many tokens a block has, by whoever can tell.

use llm_cache_core::prompt::PartKind;

/// Counts the tokens of one block.
///
/// Counts must depend on the arguments alone, so that two outlines of one prompt agree. A block of
/// a prompt counts one token at least, whatever this says.
pub trait TokenCounter {
    /// Tokens of a block of this kind. `text` is what a text block says, its escapes decoded; of
    /// any other block its JSON without marks and white space.
    fn tokens(&self, kind: PartKind, text: &str) -> u64;
}

/// An estimate from the length, for want of a tokenizer.
///
/// Four bytes a token, times a factor for the model's tokenizer; an image counts
/// [`Estimate::IMAGE_TOKENS`] whatever its size. It is off by a third either way for English text
/// and code, and by more for other scripts and for documents sent as base64: what is told from it
/// is told as an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    factor: f64,
}

impl Estimate {
    /// What an image counts: near the most that the provider takes one for.
    pub const IMAGE_TOKENS: u64 = 1_500;

    /// Bytes of text that count as one token at factor 1.
    pub const TOKEN_BYTES: usize = 4;

    /// The factor for tokenizers of Claude 4.7 and later: some 30 % more tokens for the same text
    /// (release notes, June and September 2026).
    pub const FACTOR_SINCE_4_7: f64 = 1.3;

    /// The estimate at factor 1.
    #[must_use]
    pub const fn new() -> Self {
        Self { factor: 1.0 }
    }

    /// The same times `factor`; one that is not a positive number counts as 1.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let is_factor = factor.is_finite() && factor > 0.0;
        Self { factor: if is_factor { self.factor * factor } else { self.factor } }
    }
}

impl Default for Estimate {
    fn default() -> Self {
        Self::new()
    }
}

impl TokenCounter for Estimate {
    fn tokens(&self, kind: PartKind, text: &str) -> u64 {
        if kind == PartKind::Image {
            return Self::IMAGE_TOKENS;
        }
        let plain = text.len().div_ceil(Self::TOKEN_BYTES) as f64;
        (plain * self.factor).round() as u64
    }
}

impl<T: TokenCounter + ?Sized> TokenCounter for &T {
    fn tokens(&self, kind: PartKind, text: &str) -> u64 {
        (**self).tokens(kind, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The estimate is the stated one, and a senseless factor changes nothing.
    #[test]
    fn four_bytes_a_token() {
        let estimate = Estimate::new();
        assert_eq!(estimate.tokens(PartKind::Text, "12345"), 2);
        assert_eq!(estimate.tokens(PartKind::Text, ""), 0);
        assert_eq!(estimate.times(1.3).tokens(PartKind::Text, &"x".repeat(400)), 130);
        assert_eq!(estimate.times(f64::NAN), estimate);
        assert_eq!(estimate.times(0.0), estimate);
        assert_eq!(estimate.tokens(PartKind::Image, "a long text"), Estimate::IMAGE_TOKENS);
    }
}
