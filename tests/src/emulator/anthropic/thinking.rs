//! Which thinking blocks of earlier turns are still part of the prompt.
//!
//! Source: the table of the prompt caching page, Sep 2026: a user turn that is more than tool
//! results makes older models forget the thinking before it; newer ones keep it.

use serde_json::Value;

use super::super::models;
use super::positions::elements;

/// Part of a signature that stands for the provider's own decision to drop a block.
const DROPPED_MARK: &str = "dropped";

/// What the API leaves out of a conversation.
#[derive(Debug)]
pub(super) struct Forgotten<'a> {
    model: &'a str,
    /// Index of the last user turn that is more than tool results.
    turn: usize,
}

impl<'a> Forgotten<'a> {
    pub(super) fn of(body: &'a Value) -> Self {
        let model = body["model"].as_str().unwrap_or_default();
        let turn = elements(body, "messages").iter().rposition(is_new_turn).unwrap_or(0);
        Self { model, turn }
    }

    /// Whether `block` of the message with this index is no longer part of the prompt.
    pub(super) fn is(&self, message: usize, block: &Value) -> bool {
        let dropped = || {
            let signature = block["signature"].as_str().unwrap_or_default();
            models::drops_thinking(self.model) && signature.contains(DROPPED_MARK)
        };
        is_thinking(block)
            && message < self.turn
            && (models::forgets_thinking(self.model) || dropped())
    }
}

fn is_thinking(block: &Value) -> bool {
    matches!(block["type"].as_str(), Some("thinking" | "redacted_thinking"))
}

fn is_new_turn(message: &Value) -> bool {
    let only_results = message["content"]
        .as_array()
        .is_some_and(|blocks| blocks.iter().all(|block| block["type"] == "tool_result"));
    message["role"] == "user" && !only_results
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn forgets(model: &str, signature: &str, last: &Value) -> bool {
        let thought = json!({"type": "thinking", "thinking": "t", "signature": signature});
        let body = json!({"model": model, "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [thought]},
            {"role": "user", "content": last}]});
        Forgotten::of(&body).is(1, &thought)
    }

    /// Proves which models forget, and that tool results alone make none forget.
    #[test]
    fn older_models_forget_at_a_new_turn() {
        let (text, result) = (json!("more"), json!([{"type": "tool_result"}]));
        for (model, signature, expected) in [
            ("claude-sonnet-4-5", "s", true),
            ("claude-haiku-4-5-20251001", "s", true),
            ("claude-opus-4-1", "s", true),
            ("claude-opus-4-5", "s", false),
            ("claude-sonnet-4-6", "s", false),
            ("claude-fable-5-1", "s", false),
            ("claude-fable-5-1", "dropped", true),
            ("claude-opus-5", "dropped", false),
        ] {
            assert_eq!(forgets(model, signature, &text), expected, "{model} {signature}");
            assert!(!forgets(model, signature, &result), "{model}");
        }
        assert!(forgets(
            "claude-sonnet-4",
            "s",
            &json!([{"type": "tool_result"}, {"type": "text"}])
        ));
    }
}
