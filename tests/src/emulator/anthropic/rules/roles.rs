//! Messages of role `system` in the middle of a conversation: on which models, where, with what.
//!
//! Source: the provider's page on mid-conversation system messages, and recorded requests: these
//! show that several such messages in a row are taken as one. Of the texts only the one about the
//! model is quoted anywhere; the others are the emulator's.

use serde_json::Value;

use super::super::super::models;
use super::super::positions::{elements, is_server_tool_result};
use super::Request;

/// Blocks that such a message may hold, those of the tool-change beta included.
const BLOCKS: &[&str] = &["text", "tool_addition", "tool_removal"];

pub(super) fn check(request: &Request<'_>) -> Option<String> {
    let messages = elements(request.body, "messages");
    let model = request.body["model"].as_str().unwrap_or_default();
    messages.iter().enumerate().find_map(|(index, message)| {
        if message["role"] != "system" {
            return None;
        }
        let said = |what: &str| Some(format!("messages.{index}: {what}"));
        if !models::takes_system_messages(model) {
            return said("role 'system' is not supported on this model");
        }
        if !may_follow(index.checked_sub(1).map(|before| &messages[before])) {
            return said("a system message must follow a user turn");
        }
        let after = messages.get(index + 1).map(|after| &after["role"]);
        if after.is_some_and(|role| role != "assistant" && role != "system") {
            return said("a system message must be last or be followed by an assistant turn");
        }
        let mut kinds = elements(message, "content").iter().map(|block| block["type"].as_str());
        match kinds.all(|kind| kind.is_some_and(|kind| BLOCKS.contains(&kind))) {
            true => None,
            false => said("a system message holds text only"),
        }
    })
}

/// A user turn, an assistant turn that ends in a server tool's result, another system message.
fn may_follow(before: Option<&Value>) -> bool {
    let Some(before) = before else { return false };
    let last = elements(before, "content").last();
    let kind = last.and_then(|block| block["type"].as_str()).unwrap_or_default();
    match before["role"].as_str() {
        Some("user" | "system") => true,
        Some("assistant") => is_server_tool_result(kind),
        _ => false,
    }
}
