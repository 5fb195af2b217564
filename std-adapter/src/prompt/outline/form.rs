//! A block as the provider's cache sees it: its JSON without marks and without white space.

use llm_cache_core::json::{JsonStr, JsonValue, Reader, Token};
use llm_cache_core::prompt::PromptPart;

/// The form of a part, whatever it is written as: a plain text is one text block.
pub(in super::super) fn block_form(part: &PromptPart<'_>) -> String {
    let mut form = String::new();
    write_part(part, &mut form);
    form
}

/// The form of any other value; `cache_control` in it is content.
pub(in super::super) fn plain_form(value: JsonValue<'_>) -> String {
    let mut form = String::new();
    write(value, Spot::Elsewhere, &mut form);
    form
}

/// As [`block_form`], into a text that is emptied first.
pub(super) fn write_part(part: &PromptPart<'_>, form: &mut String) {
    match part.value.as_str().filter(|_| part.is_plain_text) {
        Some(text) => write_text_form(text, form),
        None => write_form(part.value, form),
    }
}

/// Writes `block` into `form`, which is emptied first.
///
/// Member order and the spelling of numbers stay, because the provider's prefix is byte exact;
/// white space and the way a string is escaped go, because they end with the provider's JSON
/// reader. `cache_control` goes from the block itself and from the blocks directly inside a tool
/// result or a document: a mark is no content. O(length).
fn write_form(block: JsonValue<'_>, form: &mut String) {
    write(block, Spot::of(block), form);
}

/// The form of a text that stands for one text block.
fn write_text_form(text: JsonStr<'_>, form: &mut String) {
    form.clear();
    form.push_str("{\"type\":\"text\",\"text\":");
    write_str(text, form);
    form.push('}');
}

/// Where the walk is, as far as marks may be met there.
#[derive(Clone, Copy)]
enum Spot {
    /// A block: its `cache_control` is a mark.
    Block,
    /// A tool result: so are those of the blocks in its `content`.
    ToolResult,
    /// A document: so are those of the blocks in the `content` of its `source`.
    Document,
    Source,
    /// A list of blocks inside a block.
    Blocks,
    Elsewhere,
}

impl Spot {
    fn of(block: JsonValue<'_>) -> Self {
        match block.get("type").and_then(|kind| kind.as_str()) {
            Some(kind) if kind.eq_str("tool_result") => Self::ToolResult,
            Some(kind) if kind.eq_str("document") => Self::Document,
            _ => Self::Block,
        }
    }

    /// Where the value of the member `name` is, or `None` for a mark.
    fn member(self, name: &JsonStr<'_>) -> Option<Self> {
        let is_block = matches!(self, Self::Block | Self::ToolResult | Self::Document);
        if is_block && name.eq_str("cache_control") {
            return None;
        }
        Some(match self {
            Self::ToolResult | Self::Source if name.eq_str("content") => Self::Blocks,
            Self::Document if name.eq_str("source") => Self::Source,
            _ => Self::Elsewhere,
        })
    }

    fn element(self) -> Self {
        if matches!(self, Self::Blocks) { Self::Block } else { Self::Elsewhere }
    }
}

/// An open container: where it is, and whether it has something in it already.
struct Open {
    spot: Spot,
    is_object: bool,
    has_some: bool,
}

/// The value was checked when the prompt was read, so the reader meets no fault.
fn write(value: JsonValue<'_>, spot: Spot, form: &mut String) {
    form.clear();
    let mut reader = Reader::new(value.text().as_bytes());
    let mut open: Vec<Open> = Vec::new();
    let mut next = spot;
    while let Ok(Some(token)) = reader.next() {
        match token {
            Token::Name(name) => {
                let Some(top) = open.last_mut() else { return };
                let Some(inside) = top.spot.member(&name) else {
                    let _ = reader.value();
                    continue;
                };
                separate(top, form);
                write_str(name, form);
                form.push(':');
                next = inside;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                open.pop();
                form.push(if matches!(token, Token::ObjectEnd) { '}' } else { ']' });
            }
            _ => {
                if let Some(top) = open.last_mut().filter(|top| !top.is_object) {
                    separate(top, form);
                    next = top.spot.element();
                }
                if let Some(is_object) = write_start(token, form) {
                    open.push(Open { spot: next, is_object, has_some: false });
                }
            }
        }
    }
}

/// Writes a scalar, or the bracket that opens a container: then tells whether of an object.
fn write_start(token: Token<'_>, form: &mut String) -> Option<bool> {
    match token {
        Token::ObjectStart => form.push('{'),
        Token::ArrayStart => form.push('['),
        Token::String(text) => write_str(text, form),
        Token::Number(number) => form.push_str(number.raw()),
        Token::Bool(true) => form.push_str("true"),
        Token::Bool(false) => form.push_str("false"),
        _ => form.push_str("null"),
    }
    match token {
        Token::ObjectStart => Some(true),
        Token::ArrayStart => Some(false),
        _ => None,
    }
}

fn separate(top: &mut Open, form: &mut String) {
    if top.has_some {
        form.push(',');
    }
    top.has_some = true;
}

/// One spelling for each string: that of serde_json and of RFC 8785.
fn write_str(text: JsonStr<'_>, form: &mut String) {
    form.push('"');
    match text.as_str() {
        // Without an escape nothing in it needs one.
        Some(plain) => form.push_str(plain),
        None => text.chars().for_each(|character| write_char(character, form)),
    }
    form.push('"');
}

fn write_char(character: char, form: &mut String) {
    match character {
        '"' => form.push_str("\\\""),
        '\\' => form.push_str("\\\\"),
        '\u{8}' => form.push_str("\\b"),
        '\t' => form.push_str("\\t"),
        '\n' => form.push_str("\\n"),
        '\u{c}' => form.push_str("\\f"),
        '\r' => form.push_str("\\r"),
        control if control < ' ' => {
            let hex = b"0123456789abcdef";
            let code = control as usize;
            form.push_str("\\u00");
            form.push(char::from(hex[code >> 4]));
            form.push(char::from(hex[code & 15]));
        }
        plain => form.push(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> String {
        let mut form = String::from("left over");
        write_form(JsonValue::parse(json.as_bytes()).unwrap(), &mut form);
        form
    }

    /// Marks go from where they are marks and stay where they are data.
    #[test]
    fn marks_are_no_content() {
        let mark = r#""cache_control":{"type":"ephemeral"}"#;
        let block = format!(r#"{{ "type":"tool_use", {mark}, "input":{{{mark}}} }}"#);
        let kept = format!(r#"{{"type":"tool_use","input":{{{mark}}}}}"#);
        assert_eq!(form(&block), kept);
        let result = format!(r#"{{"type":"tool_result","content":[{{"type":"text",{mark}}}]}}"#);
        assert_eq!(form(&result), r#"{"type":"tool_result","content":[{"type":"text"}]}"#);
        let document = format!(
            r#"{{{mark},"type":"document","source":{{"type":"content","content":[{{{mark}}}]}}}}"#
        );
        let kept = r#"{"type":"document","source":{"type":"content","content":[{}]}}"#;
        assert_eq!(form(&document), kept);
    }

    /// White space and escapes make no difference; order and the spelling of numbers do.
    #[test]
    fn one_form_for_what_the_provider_reads_alike() {
        assert_eq!(
            form("{\"a\" : [1.0, true ,null],\n\"\\u0062\":\"\\u0041\\/\\n\\u0001\"}"),
            r#"{"a":[1.0,true,null],"b":"A/\n\u0001"}"#
        );
        assert_ne!(form(r#"{"a":1,"b":2}"#), form(r#"{"b":2,"a":1}"#));
        assert_ne!(form(r#"{"a":1}"#), form(r#"{"a":1.0}"#));
    }

    /// The form is what serde_json writes, for texts of all kinds.
    #[test]
    fn it_is_spelled_as_serde_json_spells_it() {
        let text: String =
            (0_u8..=127).map(char::from).chain("\u{e9}\u{2028}\u{1f600}".chars()).collect();
        let value = serde_json::json!({"type": "text", "text": text, "n": [[], {}, "", 7, -1.5]});
        let spelled = value.to_string();
        assert_eq!(form(&spelled), spelled);
        let string = serde_json::Value::from(text).to_string();
        let mut short = String::new();
        let parsed = JsonValue::parse(string.as_bytes()).unwrap();
        write_text_form(parsed.as_str().unwrap(), &mut short);
        assert_eq!(short, format!(r#"{{"type":"text","text":{string}}}"#));
    }
}
