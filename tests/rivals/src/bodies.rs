//! Bodies of LLM requests as SDKs write them, of any size, from a seed.

use llm_cache_core::key::Dialect;

use crate::{
    random::Random,
    text::{self, Style},
};

/// A request.
pub(crate) struct Body {
    /// The wire format.
    pub(crate) dialect: Dialect,
    /// The JSON text.
    pub(crate) json: Vec<u8>,
}

/// A conversation with tools as Anthropic's SDKs post it, of exactly `len` bytes (900 or more).
pub(crate) fn anthropic(style: Style, len: usize, seed: u64) -> Body {
    let tools = tools(len, |name, description, schema| {
        format!(r#"{{"name":"{name}","description":"{description}","input_schema":{schema}}}"#)
    });
    let mut writer = Writer::new(style, seed, r#"{"max_tokens":4096,"messages":["#);
    let mut tail = br#"],"model":"claude-sonnet-4-5","system":[{"type":"text","text":""#.to_vec();
    text::write(style, &mut writer.random, system_len(len), &mut tail);
    tail.extend_from_slice(br#"","cache_control":{"type":"ephemeral"}}],"temperature":0.7,"#);
    tail.extend_from_slice(format!(r#""tools":[{tools}]}}"#).as_bytes());
    while writer.has_room(len, tail.len()) {
        writer.user_turn();
        writer.anthropic_turn();
    }
    Body { dialect: Dialect::AnthropicMessages, json: writer.finish(len, &tail) }
}

/// A conversation with tools as OpenAI's SDKs post it, of exactly `len` bytes (900 or more).
pub(crate) fn openai(style: Style, len: usize, seed: u64) -> Body {
    let tools = tools(len, |name, description, schema| {
        format!(
            r#"{{"type":"function","function":{{"name":"{name}","description":"{description}","parameters":{schema},"strict":true}}}}"#
        )
    });
    let mut writer = Writer::new(style, seed, r#"{"messages":[{"role":"system","content":""#);
    writer.text(system_len(len));
    writer.raw(r#""},"#);
    let tail = format!(r#"],"model":"gpt-5","seed":7,"temperature":0.7,"tools":[{tools}]}}"#);
    while writer.has_room(len, tail.len()) {
        writer.user_turn();
        writer.openai_turn();
    }
    Body { dialect: Dialect::OpenAiChat, json: writer.finish(len, tail.as_bytes()) }
}

fn system_len(len: usize) -> usize {
    (len / 20).clamp(80, 6000)
}

/// Tools as JSON: one in a small request, up to eight in a large one.
fn tools(len: usize, tool: impl Fn(&str, &str, &str) -> String) -> String {
    const TOOLS: [(&str, &str, &str); 4] = [
        (
            "get_weather",
            "Current weather of a city.",
            r#"{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"],"additionalProperties":false}"#,
        ),
        (
            "read_file",
            "Reads a file of the project. Give offset and limit for large files.",
            r#"{"type":"object","properties":{"path":{"type":"string","description":"Path from the root"},"offset":{"type":"integer","minimum":0},"limit":{"type":"integer","minimum":1,"maximum":2000}},"required":["path"],"additionalProperties":false}"#,
        ),
        (
            "edit_file",
            "Replaces text in a file. The old text must be there exactly once.",
            r#"{"type":"object","properties":{"path":{"type":"string"},"edits":{"type":"array","items":{"type":"object","properties":{"old":{"type":"string"},"new":{"type":"string"}},"required":["old","new"]}},"dry_run":{"type":"boolean","default":false}},"required":["path","edits"]}"#,
        ),
        (
            "search",
            "Searches the documentation and returns the best passages with their scores.",
            r#"{"type":"object","properties":{"query":{"type":"string","minLength":1},"count":{"type":"integer","default":5},"filter":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["query"]}"#,
        ),
    ];
    let count = if len < 10_000 { 1 } else { 8 };
    let tools = (0..count).map(|at| {
        let (name, description, schema) = TOOLS[at % TOOLS.len()];
        let name = if at < TOOLS.len() { name.to_owned() } else { format!("{name}_{at}") };
        tool(&name, description, schema)
    });
    tools.collect::<Vec<_>>().join(",")
}

/// The longest text of one message, and what a turn holds besides texts, at most.
const TEXT_MAX: usize = 1500;
const TURN_MAX: usize = 3 * TEXT_MAX + 1000;
/// The last message without its text.
const LAST_FRAME: usize = r#"{"role":"user","content":""}"#.len();

/// Messages one after the other.
struct Writer {
    style: Style,
    random: Random,
    out: Vec<u8>,
}

impl Writer {
    fn new(style: Style, seed: u64, head: &str) -> Self {
        Self { style, random: Random::new(seed), out: head.into() }
    }

    fn has_room(&self, len: usize, tail: usize) -> bool {
        self.out.len() + TURN_MAX + LAST_FRAME + tail < len
    }

    /// Appends a last message that makes the body `len` bytes long, and then the tail.
    fn finish(mut self, len: usize, tail: &[u8]) -> Vec<u8> {
        self.raw(r#"{"role":"user","content":""#);
        self.text(len.saturating_sub(self.out.len() + r#""}"#.len() + tail.len()));
        self.raw(r#""}"#);
        self.out.extend_from_slice(tail);
        assert_eq!(self.out.len(), len, "the frame is longer than the body");
        self.out
    }

    fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    fn text(&mut self, len: usize) {
        text::write(self.style, &mut self.random, len, &mut self.out);
    }

    /// Between quotes: the length of a message, a few short and a few long.
    fn any_text(&mut self) {
        let len = self.random.skewed(40, TEXT_MAX);
        self.raw("\"");
        self.text(len);
        self.raw("\"");
    }

    fn user_turn(&mut self) {
        self.raw(r#"{"role":"user","content":"#);
        if self.random.percent(50) {
            self.any_text();
        } else {
            self.raw(r#"[{"type":"text","text":"#);
            self.any_text();
            self.raw("}]");
        }
        self.raw("},");
    }

    /// An answer, with a call of a tool and its result in most cases.
    fn anthropic_turn(&mut self) {
        let number = self.random.next();
        self.raw(r#"{"role":"assistant","content":[{"type":"text","text":"#);
        self.any_text();
        self.raw("}");
        if self.random.percent(60) {
            let (line, limit) = (self.random.below(5000), self.random.below(500));
            self.raw(&format!(
                r#",{{"type":"tool_use","id":"toolu_01{number:016x}","name":"read_file","input":{{"path":"src/part_{line}/mod.rs","offset":{line},"limit":{limit}}}}}]}},{{"role":"user","content":[{{"tool_use_id":"toolu_01{number:016x}","type":"tool_result","content":"#
            ));
            self.any_text();
            self.raw(r#","is_error":false}"#);
        }
        self.raw("]},");
    }

    fn openai_turn(&mut self) {
        let number = self.random.next();
        self.raw(r#"{"role":"assistant","content":"#);
        if self.random.percent(60) {
            let (line, limit) = (self.random.below(5000), self.random.below(500));
            self.raw(&format!(
                r#"null,"tool_calls":[{{"id":"call_{number:016x}","type":"function","function":{{"name":"read_file","arguments":"{{\"path\":\"src/part_{line}/mod.rs\",\"offset\":{line},\"limit\":{limit}}}"}}}}]}},{{"role":"tool","tool_call_id":"call_{number:016x}","content":"#
            ));
        }
        self.any_text();
        self.raw("},");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_cache_core::json::JsonValue;

    /// Bodies are sound JSON of just the length that was asked for, and a seed has one body.
    #[test]
    fn bodies_have_their_length() {
        for style in [Style::Ascii, Style::Mixed, Style::Cjk, Style::Escapes] {
            for len in [1_000, 1_001, 9_999, 20_000, 100_000] {
                for make in [anthropic, openai] {
                    let json = make(style, len, 7).json;
                    let value = JsonValue::parse(&json).unwrap();
                    assert!(value.get("messages").is_some_and(|list| list.elements().count() > 0));
                    assert_eq!(json.len(), len);
                    assert_eq!(json, make(style, len, 7).json);
                    assert_ne!(json, make(style, len, 8).json);
                }
            }
        }
    }
}
