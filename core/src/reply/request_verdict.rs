//! Whether a request may be answered from the cache.
//!
//! One walk over the body's members, whatever its length: a hit must not pay for ten.

use super::read::present;
use super::verdict::{BypassReason, RequestVerdict};
use crate::json::{JsonKind, JsonStr, JsonValue};
use crate::key::Dialect;

/// What the caller allows beyond the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerdictOptions {
    /// Whether answers of tools that see the live world may be stored. Set it together with a
    /// lifetime for the entry: such an answer grows old.
    pub live_tools: bool,
}

impl VerdictOptions {
    /// The default: answers of live tools are not stored.
    #[must_use]
    pub const fn new() -> Self {
        Self { live_tools: false }
    }

    /// Lets answers of live tools be stored.
    #[must_use]
    pub const fn allow_live_tools(mut self) -> Self {
        self.live_tools = true;
        self
    }
}

/// Whether a request may be answered from the cache, and its answer stored. O(length of the body).
///
/// A tool type that this version does not know counts as live, for nothing is known about what it
/// sees; so does any member of a stateful kind that is present and not `null`.
#[must_use]
pub fn request_verdict(
    dialect: Dialect,
    body: JsonValue<'_>,
    options: VerdictOptions,
) -> RequestVerdict {
    let bypass = |why| RequestVerdict::Bypass { why };
    if dialect == Dialect::Json {
        return RequestVerdict::Cacheable;
    }
    if body.kind() != JsonKind::Object {
        return bypass(BypassReason::NotJson);
    }
    let found = walk(dialect, body);
    if found.streaming {
        bypass(BypassReason::Streaming)
    } else if found.stateful {
        bypass(BypassReason::Stateful)
    } else if found.live_tools && !options.live_tools {
        bypass(BypassReason::LiveTools)
    } else {
        RequestVerdict::Cacheable
    }
}

#[derive(Default)]
struct Found {
    streaming: bool,
    stateful: bool,
    live_tools: bool,
}

fn walk(dialect: Dialect, body: JsonValue<'_>) -> Found {
    let mut found = Found::default();
    for (name, value) in body.members() {
        // No name that matters is longer, with or without escapes.
        let mut buffer = [0; 24];
        let Ok(name) = name.decode_into(&mut buffer) else { continue };
        if value.is_null() {
            continue;
        }
        // `false` asks for nothing; any other value is the provider's to refuse, and must not
        // meet the entry of a request that is in order.
        let is_on = value.as_bool() != Some(false);
        match name {
            "stream" => found.streaming |= is_on,
            "tools" => found.live_tools |= value.elements().any(|tool| is_live(dialect, tool)),
            _ => match dialect {
                Dialect::AnthropicMessages => anthropic_member(&mut found, name, value),
                Dialect::OpenAiChat => chat_member(&mut found, name, value),
                _ => responses_member(&mut found, name, value),
            },
        }
    }
    found
}

fn anthropic_member(found: &mut Found, name: &str, value: JsonValue<'_>) {
    match name {
        "container" | "diagnostics" => found.stateful = true,
        // Pre-warming is sent for its effect on the provider's cache.
        "max_tokens" => found.stateful |= value.as_u64() == Some(0),
        "mcp_servers" => found.live_tools |= value.elements().next().is_some(),
        // Tools may be added in the middle of a conversation, too.
        "messages" if may_contain(value.text(), "tool_addition") => {
            found.live_tools |= blocks(value).any(|block| {
                let tool = block.get("tool");
                tool.is_some_and(|tool| is_live(Dialect::AnthropicMessages, tool))
            });
        }
        _ => {}
    }
}

fn chat_member(found: &mut Found, name: &str, value: JsonValue<'_>) {
    match name {
        "web_search_options" => found.live_tools = true,
        // These models search on every call, whatever the request says.
        "model" => found.live_tools |= searches_always(value.text()),
        "prompt_cache_options" => found.stateful |= is_prewarm(value),
        _ => {}
    }
}

fn responses_member(found: &mut Found, name: &str, value: JsonValue<'_>) {
    match name {
        "conversation" | "previous_response_id" | "container" => found.stateful = true,
        "background" => found.stateful |= value.as_bool() != Some(false),
        "prompt_cache_options" => found.stateful |= is_prewarm(value),
        // A stored prompt without a version is whatever it is today.
        "prompt" => found.stateful |= present(value, "version").is_none(),
        "input" if may_contain(value.text(), "additional_tools") => {
            found.live_tools |= value
                .elements()
                .filter_map(|item| item.get("tools"))
                .any(|tools| tools.elements().any(|tool| is_live(Dialect::OpenAiResponses, tool)));
        }
        _ => {}
    }
}

fn searches_always(model: &str) -> bool {
    // No name needs an escape; one that is hidden behind it counts as the worst.
    ["-search-preview", "-search-api", "\\"].iter().any(|part| model.contains(part))
}

/// Whether a text may contain a string of this ASCII name, perhaps spelled with escapes: those of
/// its letters all begin alike.
fn may_contain(text: &str, name: &str) -> bool {
    [name, "\\u00"].iter().any(|part| text.contains(part))
}

fn is_prewarm(options: JsonValue<'_>) -> bool {
    present(options, "prewarm").is_some_and(|prewarm| prewarm.as_bool() != Some(false))
}

/// All content blocks of all messages.
fn blocks(messages: JsonValue<'_>) -> impl Iterator<Item = JsonValue<'_>> {
    let contents = messages.elements().filter_map(|message| message.get("content"));
    contents.flat_map(|content| content.elements())
}

/// Anthropic's tools whose answer is the caller's to give, or lies in the request. A prefix, as
/// types carry their date: `bash_20250124`.
const ANTHROPIC_CALLER_RUN: [&str; 4] = ["bash_", "text_editor_", "memory_", "tool_search_tool_"];

/// The same of OpenAI's Responses API. Pictures are generated by a model from the request alone.
const RESPONSES_CALLER_RUN: [&str; 4] =
    ["local_shell", "apply_patch", "tool_search", "image_generation"];

/// Whether a tool of the request may see the live world.
fn is_live(dialect: Dialect, tool: JsonValue<'_>) -> bool {
    let Some(kind) = present(tool, "type") else { return false };
    let Some(kind) = kind.as_str() else { return true };
    let is_any_of = |names: &[&str]| names.iter().any(|name| kind.eq_str(name));
    if is_any_of(&["custom", "function"]) {
        return false;
    }
    match dialect {
        Dialect::AnthropicMessages => {
            // The reference stands for a tool that is listed, and judged, elsewhere.
            let is_known = ANTHROPIC_CALLER_RUN.iter().any(|prefix| starts_with(kind, prefix));
            !is_known && !kind.eq_str("tool_reference")
        }
        Dialect::OpenAiResponses if kind.eq_str("namespace") => {
            let inner = tool.get("tools").into_iter().flat_map(|tools| tools.elements());
            inner
                .filter_map(|tool| tool.get("type")?.as_str())
                .any(|kind| !kind.eq_str("function") && !kind.eq_str("custom"))
        }
        Dialect::OpenAiResponses => !is_any_of(&RESPONSES_CALLER_RUN),
        _ => true,
    }
}

fn starts_with(text: JsonStr<'_>, prefix: &str) -> bool {
    let mut chars = text.chars();
    prefix.chars().all(|expected| chars.next() == Some(expected))
}
