//! Which models exist, and the few facts about them that the rules need. Data, as of 2026-10-02.

/// Part of a name that makes any model unknown, so that a test can ask for one.
const UNKNOWN_MARK: &str = "does-not-exist";

/// Name prefixes of the second provider's chat models; everything else is unknown there.
const CHAT_PREFIXES: &[&str] = &["gpt-", "chatgpt-", "o1", "o3", "o4"];

/// Minimum cacheable tokens by name prefix; the first that fits counts, so longer ones stand first.
/// Source: the provider's prompt caching page.
const MINIMUM_TOKENS: &[(&str, u64)] = &[
    ("claude-fable-5", 512),
    ("claude-mythos-5", 512),
    ("claude-mythos-preview", 2048),
    ("claude-opus-5", 512),
    ("claude-sonnet-5-5", 512),
    ("claude-opus-4-8", 1024),
    ("claude-opus-4-7", 2048),
    ("claude-opus-4-6", 4096),
    ("claude-opus-4-5", 4096),
    ("claude-haiku-4-5", 4096),
    ("claude-3-5-haiku", 2048),
    ("claude-3-haiku", 2048),
    ("claude-", 1024),
];

/// Models that refuse `tool_choice` of type `any` and `tool`. Source: release notes, Sep 2026.
const NO_FORCED_TOOLS: &[&str] =
    &["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];

/// Whether the Messages API knows `model`: `claude-...` without the words `does-not-exist`.
pub(super) fn is_messages_model(model: &str) -> bool {
    model.starts_with("claude-") && !model.contains(UNKNOWN_MARK)
}

/// Whether the Chat Completions API knows `model`: one of the prefixes, without `does-not-exist`.
pub(super) fn is_chat_model(model: &str) -> bool {
    CHAT_PREFIXES.iter().any(|prefix| model.starts_with(prefix)) && !model.contains(UNKNOWN_MARK)
}

/// The shortest prefix, in tokens, that `model` caches.
pub(super) fn minimum_cacheable_tokens(model: &str) -> u64 {
    let row = MINIMUM_TOKENS.iter().find(|(prefix, _)| model.starts_with(prefix));
    row.map_or(1024, |(_, tokens)| *tokens)
}

/// Whether `model` refuses to be forced to call a tool.
pub(super) fn refuses_forced_tools(model: &str) -> bool {
    NO_FORCED_TOOLS.iter().any(|prefix| model.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no row of the table hides a later one.
    #[test]
    fn every_row_can_be_reached() {
        for (prefix, tokens) in MINIMUM_TOKENS {
            assert_eq!(minimum_cacheable_tokens(prefix), *tokens, "{prefix}");
        }
        assert_eq!(minimum_cacheable_tokens("claude-sonnet-5"), 1024);
        assert_eq!(minimum_cacheable_tokens("claude-opus-5-5"), 512);
    }

    /// Proves the rule for names: known prefix, and not asked to be unknown.
    #[test]
    fn names_decide_what_exists() {
        assert!(is_messages_model("claude-3-opus-latest") && !is_messages_model("gpt-5"));
        assert!(!is_messages_model("claude-does-not-exist"));
        assert!(is_chat_model("o3-mini") && !is_chat_model("gpt-does-not-exist"));
        assert!(refuses_forced_tools("claude-opus-5-5") && !refuses_forced_tools("claude-opus-5"));
    }
}
