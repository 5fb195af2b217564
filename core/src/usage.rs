//! What an answer cost in tokens, in one form for all providers.

/// Token counts of one answer, normalised over providers.
///
/// The counts are disjoint: every input token is in exactly one of the first five. Anthropic
/// reports them so; OpenAI's `prompt_tokens` includes the cached and the written ones, which the
/// reader subtracts. A count that the provider did not report is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Input tokens billed at the base price: neither read from nor written to a prompt cache.
    pub input_tokens: u64,
    /// Input tokens read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the prompt cache with the shorter lifetime: Anthropic's 5 minutes,
    /// OpenAI's 30.
    pub cache_write_tokens: u64,
    /// Input tokens written to the prompt cache with Anthropic's 1 hour lifetime.
    pub cache_write_1h_tokens: u64,
    /// Input tokens written to the prompt cache with OpenAI's 12 hours lifetime.
    pub cache_write_12h_tokens: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
}

/// What a provider's prompt cache had to do with one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CacheUsage {
    /// Input tokens read from it, at a reduced price.
    pub cache_read_tokens: u64,
    /// Input tokens written to it, of any lifetime, which cost more than plain ones.
    pub cache_write_tokens: u64,
}

impl Usage {
    /// What the prompt cache had to do with it; `None` if it was neither read nor written.
    #[must_use]
    pub const fn cache_usage(&self) -> Option<CacheUsage> {
        let usage = CacheUsage {
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens_total(),
        };
        match usage {
            CacheUsage { cache_read_tokens: 0, cache_write_tokens: 0 } => None,
            usage => Some(usage),
        }
    }

    /// The counts of two answers together, each at most `u64::MAX`.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cache_read_tokens: self.cache_read_tokens.saturating_add(other.cache_read_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            cache_write_1h_tokens: self
                .cache_write_1h_tokens
                .saturating_add(other.cache_write_1h_tokens),
            cache_write_12h_tokens: self
                .cache_write_12h_tokens
                .saturating_add(other.cache_write_12h_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }

    /// All input tokens, cached or not: the length of the prompt as the model saw it.
    #[must_use]
    pub const fn input_tokens_total(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_tokens)
            .saturating_add(self.cache_write_tokens_total())
    }

    /// The input tokens written to the prompt cache, of every lifetime.
    #[must_use]
    pub const fn cache_write_tokens_total(&self) -> u64 {
        self.cache_write_tokens
            .saturating_add(self.cache_write_1h_tokens)
            .saturating_add(self.cache_write_12h_tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads and writes count, of every lifetime; an answer with neither has no cache usage.
    #[test]
    fn cache_usage_is_there_when_there_was_any() {
        let plain = Usage { input_tokens: 9, output_tokens: 3, ..Usage::default() };
        assert_eq!(plain.cache_usage(), None);
        let written = Usage { cache_write_tokens: 2, cache_write_1h_tokens: 5, ..plain };
        let expected = CacheUsage { cache_read_tokens: 0, cache_write_tokens: 7 };
        assert_eq!(written.cache_usage(), Some(expected));
        let for_long = Usage { cache_write_12h_tokens: 7, ..plain };
        assert_eq!(for_long.cache_usage(), Some(expected));
        assert_eq!((for_long.input_tokens_total(), written.input_tokens_total()), (16, 16));
        assert!(Usage { cache_read_tokens: 1, ..plain }.cache_usage().is_some());
    }
}
