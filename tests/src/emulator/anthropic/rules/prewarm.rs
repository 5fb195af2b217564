//! `max_tokens: 0` fills the cache and answers nothing; it refuses what only an answer can use.
//!
//! Source: the provider's prompt caching page; the texts are the emulator's.

use super::super::settings;
use super::Request;

pub(super) fn check(request: &Request<'_>) -> Option<String> {
    let body = request.body;
    if body["max_tokens"] != 0 {
        return None;
    }
    let choice = body["tool_choice"]["type"].as_str();
    let against = if body["stream"] == true {
        "stream: true"
    } else if body["thinking"]["type"] == "enabled" {
        "thinking.type: \"enabled\""
    } else if settings::format(body).is_some() {
        "output_config.format"
    } else if matches!(choice, Some("any" | "tool")) {
        "tool_choice: any or tool"
    } else {
        return None;
    };
    Some(format!("max_tokens: 0 cannot be combined with {against}"))
}
