//! The rules over raw JSON, one by one.

use super::*;
use crate::json::JsonValue;
use std::format;

const MARKED: &str = r#""cache_control":{"type":"ephemeral"}"#;
const HOURLY: &str = r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#;

fn judged(body: &str) -> Result<(), Violation> {
    check_body(JsonValue::parse(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}")))
}

/// `M` stands for a mark of five minutes, `H` for one of an hour.
fn judge(body: &str) -> String {
    let body = body.replace('M', MARKED).replace('H', HOURLY);
    judged(&body).map_or_else(|violation| format!("{violation}"), |()| String::new())
}

/// A body of one user message of these blocks, with more members.
fn blocks(blocks: &str, members: &str) -> String {
    format!(
        r#"{{"model":"claude-opus-4-8","max_tokens":9{members},
            "messages":[{{"role":"user","content":[{blocks}]}}]}}"#
    )
}

#[track_caller]
fn accepts(body: &str) {
    assert_eq!(judge(body), "", "{body}");
}

#[track_caller]
fn refuses(body: &str, place: &str, rule: Rule) {
    assert_eq!(judge(body), format!("{place}: {rule}"), "{body}");
}

const FIRST: &str = "messages.0.content.0";

/// Every block type with the field, and no other, takes a mark; so do tools and texts of the
/// instructions. An unknown block without a mark is nobody's business.
#[test]
fn marks_stand_where_there_is_a_field() {
    let kinds = "text image document search_result tool_use tool_result server_tool_use \
        web_search_tool_result web_fetch_tool_result code_execution_tool_result \
        bash_code_execution_tool_result text_editor_code_execution_tool_result \
        tool_search_tool_result container_upload mid_conv_system mcp_tool_use mcp_tool_result \
        compaction advisor_tool_result tool_addition tool_removal";
    for kind in kinds.split_whitespace() {
        accepts(&blocks(&format!(r#"{{"type":"{kind}",M}}"#), ""));
        let system = format!(r#","system":[{{"type":"{kind}",M}}]"#);
        let body = blocks(r#"{"type":"something new","a":[{M}]}"#, &system);
        if kind == "text" {
            accepts(&body);
        } else {
            refuses(&body, "system.0", Rule::Unmarkable);
        }
    }
    for kind in ["tool_reference", "something_new", "", "Text"] {
        refuses(&blocks(&format!(r#"{{"type":"{kind}",M}}"#), ""), FIRST, Rule::Unmarkable);
    }
    for kind in ["thinking", "redacted_thinking"] {
        refuses(&blocks(&format!(r#"{{"type":"{kind}",M}}"#), ""), FIRST, Rule::ThinkingMark);
    }
    let tools = r#","tools":[{"name":"a","input_schema":{M}},{"type":"mcp_toolset",M}]"#;
    accepts(&blocks("", tools));
    accepts(&blocks(r#"{"type":"tool_use","input":{"cache_control":1},"cache_control":null}"#, ""));
}

/// A mark on any other object of the API's own is refused, with the object's place.
#[test]
fn marks_elsewhere() {
    for (members, place) in [
        (r#""metadata":{M}"#, "metadata"),
        (r#""thinking":{"type":"disabled",M}"#, "thinking"),
        (r#""output_config":{M}"#, "output_config"),
        (r#""output_config":{"format":{M}}"#, "output_config.format"),
        (r#""tool_choice":{"type":"auto",M}"#, "tool_choice"),
        (r#""container":{M}"#, "container"),
        (r#""diagnostics":{M}"#, "diagnostics"),
        (r#""tools":[{},{"configs":{"a":{},"b":{M}}}]"#, "tools.1.configs"),
        (r#""tools":[{"default_config":{M}}]"#, "tools.0.default_config"),
        (r#""system":[{"type":"text","citations":[{M}]}]"#, "system.0.citations"),
    ] {
        refuses(&blocks("", &format!(",{members}")), place, Rule::Unmarkable);
    }
    for (block, member) in [
        (r#"{"type":"text","citations":[{},{M}]}"#, "citations"),
        (r#"{"type":"document","citations":{M}}"#, "citations"),
        (r#"{"type":"image","source":{M}}"#, "source"),
        (r#"{"type":"search_result","content":[{"type":"text",M}]}"#, "content"),
        (r#"{"type":"web_search_tool_result","content":[{M}]}"#, "content"),
        (r#"{"type":"web_fetch_tool_result","content":{M}}"#, "content"),
    ] {
        refuses(&blocks(block, ""), &format!("{FIRST}.{member}"), Rule::Unmarkable);
    }
    accepts(&blocks(r#"{"type":"mcp_tool_result","content":[{"type":"text",M}]}"#, ""));
    let message = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"u",M}]}"#;
    refuses(message, "messages.0", Rule::Unmarkable);
}

/// A mark says `ephemeral` and one of two lifetimes, and nothing else.
#[test]
fn values() {
    for mark in [r#"{"type":"ephemeral","ttl":"5m"}"#, r#"{"ttl":"1h","type":"\u0065phemeral"}"#] {
        accepts(&blocks("", &format!(r#","cache_control":{mark}"#)));
    }
    for mark in [
        "true",
        "[]",
        "{}",
        r#""ephemeral""#,
        r#"{"ttl":"5m"}"#,
        r#"{"type":"persistent"}"#,
        r#"{"type":"ephemeral","ttl":"2h"}"#,
        r#"{"type":"ephemeral","ttl":null}"#,
        r#"{"type":"ephemeral","ttl":5}"#,
        r#"{"type":"ephemeral","scope":"global"}"#,
    ] {
        let top = blocks("", &format!(r#","cache_control":{mark}"#));
        refuses(&top, "cache_control", Rule::BadCacheControl);
        let tool = blocks("", &format!(r#","tools":[{{"cache_control":{mark}}}]"#));
        refuses(&tool, "tools.0", Rule::BadCacheControl);
        let inner = format!(r#"{{"type":"image","cache_control":{mark}}}"#);
        let result = blocks(&format!(r#"{{"type":"tool_result","content":[{inner}]}}"#), "");
        refuses(&result, "messages.0.content.0.content.0", Rule::BadCacheControl);
    }
}

/// The last block inside a tool result or a document passes its mark on, through two levels; any
/// other one may have none, nor may an empty text or a deferred tool.
#[test]
fn nested_marks_and_empty_ones() {
    let result =
        |inner: &str| blocks(&format!(r#"{{"type":"tool_result","content":[{inner}]}}"#), "");
    let document = |inner: &str| {
        format!(r#"{{"type":"document","source":{{"type":"content","content":[{inner}]}}}}"#)
    };
    let (plain, marked) = (r#"{"type":"text","text":"a"}"#, r#"{"type":"text","text":"a",M}"#);
    let last = format!("{plain},{marked}");
    let first = format!("{marked},{plain}");
    accepts(&result(&last));
    accepts(&result(r#"{"type":"tool_reference",M}"#));
    accepts(&result(&document(&last)));
    accepts(&blocks(&document(&last), ""));
    let inner = "messages.0.content.0.content.0";
    for (body, place) in [
        (result(&first), inner),
        (result(r#"{"type":"tool_use",M}"#), inner),
        (result(&document(&first)), inner),
        (result(&format!("{},{plain}", document(&last))), inner),
        (blocks(&document(&first), ""), "messages.0.content.0.source.content.0"),
    ] {
        refuses(&body, place, Rule::NestedMark);
    }
    let empty = r#"{"type":"text","text":"",M}"#;
    refuses(&blocks(empty, ""), FIRST, Rule::EmptyText);
    refuses(&result(empty), inner, Rule::EmptyText);
    refuses(&blocks("", &format!(r#","system":[{empty}]"#)), "system.0", Rule::EmptyText);
    let tool = r#","tools":[{"name":"t","defer_loading":true,M}]"#;
    refuses(&blocks("", tool), "tools.0", Rule::DeferredTool);
    refuses(&result(r#"{"type":"image","source":{M}}"#), inner, Rule::Unmarkable);
    // Moved outwards, a mark has its place in the order of lifetimes.
    let late = format!(
        r#"{{"type":"text","text":"a",M}},{{"type":"tool_result","content":[{}]}}"#,
        r#"{"type":"text","text":"b",H}"#
    );
    refuses(&blocks(&late, ""), "messages.0.content.1", Rule::TtlOrder);
}

/// Four marks over all sections; moved ones and the automatic one count.
#[test]
fn four_marks() {
    let text = r#"{"type":"text","text":"t",M}"#;
    let twice = r#"{"type":"tool_result","content":[{"type":"image",M}],M}"#;
    let more = r#","tools":[{M}],"system":[{"type":"text","text":"s",M}]"#;
    accepts(&blocks(&format!("{text},{text}"), more));
    accepts(&blocks(twice, more));
    let too_many = Rule::TooManyBreakpoints { found: 5 };
    refuses(&blocks(&format!("{twice},{text}"), more), "messages.0.content.1", too_many);
    accepts(&blocks(&format!("{text},{text}"), &format!("{more},M")));
    let plain = r#"{"type":"text","text":"t"}"#;
    let full = blocks(&format!("{text},{text},{plain}"), &format!("{more},M"));
    refuses(&full, "cache_control", too_many);
}

/// Automatic caching goes to the last part that may be marked, back over messages, instructions
/// and tools, and must agree with a mark there; with nothing to mark it is skipped.
#[test]
fn automatic_caching() {
    let unmarkable = r#"{"type":"text","text":""},{"type":"thinking"},{"type":"something new"}"#;
    for tail in ["", unmarkable] {
        let separator = if tail.is_empty() { "" } else { "," };
        let body = |head: &str, members| blocks(&format!("{head}{separator}{tail}"), members);
        let result = r#"{"type":"tool_result","content":[{"type":"text","text":"t",M}]}"#;
        accepts(&body(result, r#","cache_control":{"type":"ephemeral","ttl":"5m"}"#));
        refuses(&body(result, ",H"), FIRST, Rule::AutomaticTtl);
    }
    refuses(
        &blocks(unmarkable, r#","system":[{"type":"text","text":"s",M}],H"#),
        "system.0",
        Rule::AutomaticTtl,
    );
    let tools = r#","tools":[{"name":"a",M},{"name":"b","defer_loading":true}],"system":"",H"#;
    refuses(&blocks(unmarkable, tools), "tools.0", Rule::AutomaticTtl);
    accepts(&blocks(unmarkable, ",H"));
    let plain = r#"{"model":"m","max_tokens":9,H,"system":[{"type":"text","text":"s",M}],
        "messages":[{"role":"user","content":"plain"}]}"#;
    refuses(plain, "cache_control", Rule::TtlOrder);
    accepts(&plain.replace("plain", "").replace('M', "H"));
}

/// An hour precedes five minutes in the order of processing, whatever the order of the text.
#[test]
fn order_of_lifetimes() {
    let text = |mark: &str| format!(r#"{{"type":"text","text":"t",{mark}}}"#);
    let system = |mark: &str| format!(r#","system":[{}]"#, text(mark));
    accepts(&blocks(&text("M"), &system("H")));
    refuses(&blocks(&text("H"), &system("M")), FIRST, Rule::TtlOrder);
    let tools = format!(r#"{},"tools":[{{M}}]"#, system("H"));
    refuses(&blocks("", &tools), "system.0", Rule::TtlOrder);
}

/// Pre-warming excludes what only an answer can use; some models cannot be forced.
#[test]
fn settings() {
    let body = |max_tokens: u32, model: &str, member: &str| {
        format!(
            r#"{{"model":"{model}","max_tokens":{max_tokens},{member},
                "messages":[{{"role":"user","content":"u"}}]}}"#
        )
    };
    for (member, place) in [
        (r#""stream":true"#, "stream"),
        (r#""thinking":{"type":"enabled","budget_tokens":1024}"#, "thinking"),
        (r#""output_config":{"format":{"type":"json_schema"}}"#, "output_config"),
        (r#""tool_choice":{"type":"any"}"#, "tool_choice"),
        (r#""tool_choice":{"type":"tool","name":"t"}"#, "tool_choice"),
    ] {
        refuses(&body(0, "claude-opus-4-8", member), place, Rule::Prewarm);
        accepts(&body(1, "claude-opus-4-8", member));
    }
    for member in [
        r#""stream":false"#,
        r#""thinking":{"type":"adaptive"}"#,
        r#""output_config":{"format":null,"effort":"low"}"#,
        r#""tool_choice":{"type":"auto"}"#,
        r#""tool_choice":null"#,
        MARKED,
    ] {
        accepts(&body(0, "claude-opus-5-5", member));
    }
    let forced = r#""tool_choice":{"type":"tool","name":"t"}"#;
    refuses(&body(9, "claude-opus-5-5", forced), "tool_choice", Rule::ForcedTool);
    accepts(&body(9, "claude-opus-5", forced));
    let count = body(9, "claude-opus-4-8", r#""stream":true"#).replace(r#""max_tokens":9,"#, "");
    refuses(&count, "max_tokens", Rule::Missing);
    let count = JsonValue::parse(count.as_bytes()).expect("JSON");
    assert_eq!(check_count_tokens_body(count), Ok(()));
}

/// A message of role `system`: on which models, where, and of what.
#[test]
fn system_messages() {
    let body = |model: &str, turns: &str| {
        let messages: Vec<_> = turns
            .split(' ')
            .map(|turn| match turn {
                "u" => r#"{"role":"user","content":"u"}"#,
                "a" => r#"{"role":"assistant","content":"a"}"#,
                "r" => {
                    r#"{"role":"assistant","content":[{"type":"text","text":"t"},
                    {"type":"web_search_tool_result","content":[]}]}"#
                }
                "s" => r#"{"role":"system","content":"s"}"#,
                "t" => {
                    r#"{"role":"system","content":[{"type":"text","text":"t",M},
                    {"type":"tool_addition"}]}"#
                }
                "i" => r#"{"role":"system","content":[{"type":"image"}]}"#,
                _ => r#"{"role":"something new","content":"x"}"#,
            })
            .collect();
        format!(r#"{{"model":"{model}","max_tokens":9,"messages":[{}]}}"#, messages.join(","))
    };
    for turns in ["u s", "u t a u s", "u r s a", "u s a u s a", "u s t a"] {
        accepts(&body("claude-opus-4-8", turns));
        let index = turns.split(' ').position(|turn| "st".contains(turn)).unwrap_or_default();
        let place = format!("messages.{index}");
        refuses(&body("claude-sonnet-5", turns), &place, Rule::SystemModel);
    }
    for (turns, index) in [
        ("s", 0),
        ("s a u", 0),
        ("u a s", 2),
        ("u s u", 1),
        ("u s s u", 2),
        ("x s", 1),
        ("u s x", 1),
    ] {
        let place = format!("messages.{index}");
        refuses(&body("a-model-of-tomorrow", turns), &place, Rule::SystemTurn);
    }
    refuses(&body("claude-opus-5", "u i"), "messages.1.content.0", Rule::SystemText);
}

/// A model is known with a date, an alias or a gateway's words, and not by half a name; one that is
/// in no list is refused nothing.
#[test]
fn models_by_name() {
    for model in [
        "claude-opus-5-5",
        "claude-fable-5-1-latest",
        "anthropic/claude-sonnet-5-5-20260928",
        "us.anthropic.claude-mythos-5-1-v1:0",
        "claude-opus-5-5@20260922",
    ] {
        assert!(refuses_forced_tools(model), "{model}");
        assert!(!refuses_system_role(model), "{model}");
    }
    for model in [
        "claude-3-opus-20240229",
        "claude-3-7-sonnet-latest",
        "claude-sonnet-4-20250514",
        "claude-opus-4-7",
        "claude-sonnet-5",
    ] {
        assert!(refuses_system_role(model), "{model}");
        assert!(!refuses_forced_tools(model), "{model}");
    }
    for model in ["claude-opus-5-50", "claude-opus-5", "claude-haiku-5-5", "claude-opus-4-8", "m"] {
        assert!(!refuses_forced_tools(model) && !refuses_system_role(model), "{model}");
    }
}

/// What is no body at all.
#[test]
fn shapes() {
    refuses("[]", "body", Rule::NotAnObject);
    refuses("{}", "model", Rule::Missing);
    refuses(r#"{"model":"m","max_tokens":9}"#, "messages", Rule::Missing);
    refuses(r#"{"model":"m","max_tokens":9,"messages":[]}"#, "messages", Rule::Missing);
    refuses(r#"{"model":"m","max_tokens":9,"messages":{}}"#, "messages", Rule::NotAnArray);
    refuses(r#"{"model":"m","max_tokens":9,"messages":[1]}"#, "messages.0", Rule::NotAnObject);
    refuses(&blocks("[]", ""), FIRST, Rule::NotAnObject);
    refuses(&blocks("", r#","tools":["t"]"#), "tools.0", Rule::NotAnObject);
    refuses(&blocks("", r#","system":[null]"#), "system.0", Rule::NotAnObject);
}
