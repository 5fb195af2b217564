//! Which models exist, and the few facts about them that the rules need. Data, as of 2026-10-02.

/// Part of a name that makes any model unknown, so that a test can ask for one.
const UNKNOWN_MARK: &str = "does-not-exist";

/// Name prefixes of the second provider's chat models; everything else is unknown there.
const CHAT_PREFIXES: &[&str] = &["gpt-", "chatgpt-", "o1", "o3", "o4"];

/// The second provider's models for embeddings: the dimensions of their vectors, and whether a
/// request may ask for fewer.
const EMBEDDING_MODELS: &[(&str, usize, bool)] = &[
    ("text-embedding-3-large", 3072, true),
    ("text-embedding-3-small", 1536, true),
    ("text-embedding-ada-002", 1536, false),
];

/// The first version of the second provider's models that caches prompts at breakpoints.
const BREAKPOINTS_SINCE: (u32, u32) = (5, 6);

/// Minimum cacheable tokens. Source: the provider's prompt caching page.
const MINIMUM_TOKENS: &[(u64, &[&str])] = &[
    (
        512,
        &[
            "claude-fable-5",
            "claude-fable-5-1",
            "claude-mythos-5",
            "claude-mythos-5-1",
            "claude-opus-5",
            "claude-opus-5-5",
            "claude-sonnet-5-5",
        ],
    ),
    (2048, &["claude-mythos-preview", "claude-opus-4-7", "claude-3-5-haiku", "claude-3-haiku"]),
    (4096, &["claude-opus-4-5", "claude-opus-4-6", "claude-haiku-4-5"]),
];

/// Of every other model: what the page names last, and what it does not name.
const MINIMUM_TOKENS_OF_OTHERS: u64 = 1024;

/// Models that refuse `tool_choice` of type `any` and `tool`. Source: release notes, Sep 2026.
const NO_FORCED_TOOLS: &[&str] =
    &["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];

/// Models that refuse messages of role `system`: those before Opus 4.8, and Sonnet 5. Source: the
/// page on mid-conversation system messages, which names those that take them "and later" ones.
const NO_SYSTEM_MESSAGES: &[&str] = &[
    "claude-3-5-haiku",
    "claude-3-7-sonnet",
    "claude-3-haiku",
    "claude-haiku-4-5",
    "claude-mythos-preview",
    "claude-opus-4",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-sonnet-4",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
];

/// Models that forget thinking at the next user turn: those before Opus 4.5 and Sonnet 4.6, and the
/// Haiku models up to 4.5. Source: the prompt caching page.
const FORGET_THINKING: &[&str] = &[
    "claude-3-7-sonnet",
    "claude-haiku-4-5",
    "claude-opus-4",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-sonnet-4",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
];

/// Models whose provider may drop a thinking block by itself. Source: the prompt caching page.
const DROP_THINKING: &[&str] = &["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5"];

/// Whether the Messages API knows `model`: `claude-...` without the words `does-not-exist`.
pub(super) fn is_messages_model(model: &str) -> bool {
    model.starts_with("claude-") && !model.contains(UNKNOWN_MARK)
}

/// Whether the Chat Completions API knows `model`: one of the prefixes, without `does-not-exist`.
pub(super) fn is_chat_model(model: &str) -> bool {
    CHAT_PREFIXES.iter().any(|prefix| model.starts_with(prefix)) && !model.contains(UNKNOWN_MARK)
}

/// Whether the second provider's `model` caches prompts at breakpoints: `gpt-5.6` and later, with
/// whatever stands behind the version.
pub(super) fn caches_by_breakpoints(model: &str) -> bool {
    let Some(version) = model.strip_prefix("gpt-").and_then(|rest| rest.split('-').next()) else {
        return false;
    };
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => (major, minor) >= BREAKPOINTS_SINCE,
        _ => false,
    }
}

/// Of a model for embeddings: the dimensions of its vectors, and whether fewer may be asked for.
pub(super) fn embedding_dimensions(model: &str) -> Option<(usize, bool)> {
    let row = EMBEDDING_MODELS.iter().find(|(name, ..)| *name == model)?;
    Some((row.1, row.2))
}

/// The shortest prefix, in tokens, that `model` caches.
pub(super) fn minimum_cacheable_tokens(model: &str) -> u64 {
    let row = MINIMUM_TOKENS.iter().find(|(_, names)| is_any(model, names));
    row.map_or(MINIMUM_TOKENS_OF_OTHERS, |(tokens, _)| *tokens)
}

/// Whether `model` refuses to be forced to call a tool.
pub(super) fn refuses_forced_tools(model: &str) -> bool {
    is_any(model, NO_FORCED_TOOLS)
}

/// Whether `model` takes messages of role `system`.
pub(super) fn takes_system_messages(model: &str) -> bool {
    !is_any(model, NO_SYSTEM_MESSAGES)
}

/// Whether `model` forgets the thinking of earlier turns.
pub(super) fn forgets_thinking(model: &str) -> bool {
    is_any(model, FORGET_THINKING)
}

/// Whether `model` may lose a thinking block.
pub(super) fn drops_thinking(model: &str) -> bool {
    is_any(model, DROP_THINKING)
}

/// `NAME`, or `NAME-` and a date or an alias: a single or double digit is another version.
fn is_any(model: &str, names: &[&str]) -> bool {
    names.iter().any(|name| match model.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(|rest| {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            digits == 0 || digits > 2
        }),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a name means its own version, with a date or an alias, and no other.
    #[test]
    fn names_mean_one_version() {
        for (model, tokens) in [
            ("claude-opus-5", 512),
            ("claude-opus-5-20260701", 512),
            ("claude-opus-5-latest", 512),
            ("claude-opus-5-5", 512),
            ("claude-opus-5-50", 1024),
            ("claude-opus-55", 1024),
            ("claude-sonnet-5", 1024),
            ("claude-sonnet-5-5", 512),
            ("claude-opus-4-5-20251101", 4096),
            ("claude-opus-4-7", 2048),
            ("claude-opus-4-20250514", 1024),
            ("claude-3-haiku-20240307", 2048),
        ] {
            assert_eq!(minimum_cacheable_tokens(model), tokens, "{model}");
        }
        for (_, names) in MINIMUM_TOKENS {
            for name in *names {
                assert_ne!(minimum_cacheable_tokens(name), MINIMUM_TOKENS_OF_OTHERS, "{name}");
            }
        }
    }

    /// Proves which versions cache at breakpoints.
    #[test]
    fn versions_are_compared_by_number() {
        for model in ["gpt-5.6", "gpt-5.6-sol", "gpt-5.10", "gpt-6-astra", "gpt-6.2-sol-2026-11-01"]
        {
            assert!(caches_by_breakpoints(model), "{model}");
        }
        for model in ["gpt-5.5", "gpt-5", "gpt-4.1", "gpt-4o", "o3", "chatgpt-6", "gpt-", "gpt-5.x"]
        {
            assert!(!caches_by_breakpoints(model), "{model}");
        }
    }

    /// Proves the rule for names: known prefix, and not asked to be unknown.
    #[test]
    fn names_decide_what_exists() {
        assert!(is_messages_model("claude-3-opus-latest") && !is_messages_model("gpt-5"));
        assert!(!is_messages_model("claude-does-not-exist"));
        assert!(is_chat_model("o3-mini") && !is_chat_model("gpt-does-not-exist"));
        assert!(refuses_forced_tools("claude-opus-5-5") && !refuses_forced_tools("claude-opus-5"));
        assert!(takes_system_messages("claude-opus-4-8"));
        assert!(!takes_system_messages("claude-sonnet-5"));
    }
}
