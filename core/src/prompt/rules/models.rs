//! What the rules must know of models by name. Data with a date: check it against the provider's
//! release notes. A model that is in no list here is refused nothing.

/// Models that answer 400 to `tool_choice` of type `tool` or `any` (Anthropic's release notes of
/// September 22 and 28, 2026).
const FORCED_TOOLS_REFUSED: [&str; 4] =
    ["claude-fable-5-1", "claude-mythos-5-1", "claude-opus-5-5", "claude-sonnet-5-5"];

/// Models that answer 400 to messages of role `system` (mid-conversation system messages page,
/// September 2026): those before Opus 4.8, and Sonnet 5.
const SYSTEM_ROLE_REFUSED: [&str; 15] = [
    "claude-2",
    "claude-3",
    "claude-3-5",
    "claude-3-7",
    "claude-haiku-4-5",
    "claude-mythos-preview",
    "claude-opus-4",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-sonnet-4",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
];

/// Whether a model is known to refuse a `tool_choice` that forces a call. Names go on with a date
/// or an alias, and may have a gateway's words in front: `anthropic/claude-opus-5-5-20260922`.
#[must_use]
pub fn refuses_forced_tools(model: &str) -> bool {
    is_any_of(model, &FORCED_TOOLS_REFUSED)
}

/// Whether a model is known to refuse messages of role `system`.
#[must_use]
pub fn refuses_system_role(model: &str) -> bool {
    is_any_of(model, &SYSTEM_ROLE_REFUSED)
}

fn is_any_of(model: &str, families: &[&str]) -> bool {
    // `str::find` would cost firmware a kilobyte.
    let start = model.as_bytes().windows(7).position(|name| name == b"claude-");
    let Some(name) = start.and_then(|start| model.get(start..)) else { return false };
    families.iter().any(|family| is_in_family(name, family))
}

/// Whether a name is the family's own, or that with more behind it that is no version.
fn is_in_family(name: &str, family: &str) -> bool {
    let Some(rest) = name.strip_prefix(family) else { return false };
    match rest.as_bytes() {
        [] | [b'@' | b':', ..] => true,
        // A date has more digits than a version.
        [b'-', rest @ ..] => {
            !matches!(rest.iter().take_while(|b| b.is_ascii_digit()).count(), 1..=2)
        }
        _ => false,
    }
}
