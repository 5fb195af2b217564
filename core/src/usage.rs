//! What an answer cost in tokens, in one form for all providers.

/// Token counts of one answer, normalised over providers.
///
/// The five counts are disjoint: every input token is in exactly one of the first four. Anthropic
/// reports them so; OpenAI's `prompt_tokens` includes the cached and the written ones, which the
/// reader subtracts. A count that the provider did not report is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Input tokens billed at the base price: neither read from nor written to a prompt cache.
    pub input_tokens: u64,
    /// Input tokens read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the prompt cache with the shorter lifetime (Anthropic's 5 minutes,
    /// OpenAI's only one).
    pub cache_write_tokens: u64,
    /// Input tokens written to the prompt cache with Anthropic's 1 hour lifetime.
    pub cache_write_1h_tokens: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
}

impl Usage {
    /// All input tokens, cached or not: the length of the prompt as the model saw it.
    #[must_use]
    pub const fn input_tokens_total(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_tokens)
            .saturating_add(self.cache_write_tokens)
            .saturating_add(self.cache_write_1h_tokens)
    }
}
