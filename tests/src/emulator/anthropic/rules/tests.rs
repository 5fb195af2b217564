//! Each rule's text, and that nothing else is refused.

use super::*;
use crate::replay::Replay;
use crate::shared_dir;
use serde_json::json;

const MARK: fn() -> Value = || json!({"type": "ephemeral"});

fn hour() -> Value {
    json!({"type": "ephemeral", "ttl": "1h"})
}

fn text(control: Value) -> Value {
    json!({"type": "text", "text": "some words", "cache_control": control})
}

fn with_blocks(blocks: Value) -> Value {
    json!({"model": "claude-sonnet-4-5", "max_tokens": 1,
        "messages": [{"role": "user", "content": blocks}]})
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

fn plain() -> Value {
    with_blocks(json!("words"))
}

/// Asserts that exactly the rule `name` speaks, and what it says.
#[track_caller]
fn refuses(name: &str, body: &Value, message: &str) {
    assert_eq!(violation(body), Some((name, message.to_string())));
}

#[track_caller]
fn accepts(body: &Value) {
    assert_eq!(violation(body), None);
}

/// Proves where a marker may stand: the whole list of block types, tools, system blocks, top level.
#[test]
fn markers_stand_where_the_api_has_the_field() {
    for kind in [
        "text",
        "image",
        "document",
        "search_result",
        "tool_use",
        "tool_result",
        "server_tool_use",
        "web_search_tool_result",
        "container_upload",
        "mid_conv_system",
        "mcp_tool_use",
        "compaction",
    ] {
        accepts(&with_blocks(json!([{"type": kind, "cache_control": MARK()}])));
    }
    let tools = json!([{"name": "t", "input_schema": {"properties": {"cache_control": {}}}},
        {"type": "web_search_20250305", "name": "web_search", "cache_control": MARK()}]);
    accepts(&with(plain(), "tools", tools));
    accepts(&with(plain(), "system", json!([text(MARK())])));
    accepts(&with(plain(), "cache_control", MARK()));
    accepts(&with(plain(), "cache_control", Value::Null));
    let input = json!([{"type": "tool_use", "input": {"cache_control": "mine"}}]);
    accepts(&with_blocks(input));
}

/// Proves that everything else is an extra input, with the path of the object.
#[test]
fn markers_elsewhere_are_extra_inputs() {
    let extra = |body: &Value, path: &str| {
        let message = format!("{path}.cache_control: Extra inputs are not permitted");
        refuses("placement", body, &message);
    };
    let mut on_message = plain();
    on_message["messages"][0]["cache_control"] = MARK();
    extra(&on_message, "messages.0");
    for kind in ["thinking", "redacted_thinking"] {
        let block = json!([{"type": "text", "text": "x"}, {"type": kind, "cache_control": MARK()}]);
        extra(&with_blocks(block), &format!("messages.0.content.1.{kind}"));
    }
    let citation = json!([{"type": "text", "text": "x", "citations": [{"cache_control": MARK()}]}]);
    extra(&with_blocks(citation), "messages.0.content.0.text.citations.0");
    let found = json!([{"type": "search_result", "content": [text(MARK())]}]);
    extra(&with_blocks(found), "messages.0.content.0.search_result.content.0");
    let found = json!([{"type": "web_fetch_tool_result", "content": {"cache_control": MARK()}}]);
    extra(&with_blocks(found), "messages.0.content.0.web_fetch_tool_result.content");
    let format = json!({"format": {"type": "json_schema", "cache_control": MARK()}});
    extra(&with(plain(), "output_config", format), "output_config.format");
    let source = json!([{"type": "image", "source": {"cache_control": MARK()}}]);
    extra(&with_blocks(source), "messages.0.content.0.image.source");
    let toolset = json!([{"type": "mcp_toolset", "configs": {"t": {"cache_control": MARK()}}}]);
    extra(&with(plain(), "tools", toolset), "tools.0.mcp_toolset.configs.t");
    extra(&with(plain(), "thinking", json!({"cache_control": MARK()})), "thinking");
}

/// Proves hoisting: on the last nested block a marker counts as the parent's, on others it is an
/// extra input.
#[test]
fn the_last_nested_marker_counts_for_its_parent() {
    let result = |first: Value, second: Value| {
        with_blocks(json!([{"type": "tool_result", "content": [
            {"type": "text", "text": "a", "cache_control": first},
            {"type": "text", "text": "b", "cache_control": second}]}]))
    };
    accepts(&result(Value::Null, MARK()));
    refuses(
        "placement",
        &result(MARK(), Value::Null),
        "messages.0.content.0.tool_result.content.0.text.cache_control: \
         Extra inputs are not permitted",
    );
    let document = json!([{"type": "document", "source": {"type": "content", "content": [
        text(MARK()), text(MARK())]}}]);
    refuses(
        "placement",
        &with_blocks(document),
        "messages.0.content.0.document.source.content.0.text.cache_control: \
         Extra inputs are not permitted",
    );
    let document = |control: Value| json!({"type": "document", "source": {"type": "content", "content": [text(control)]}});
    let inside = |blocks: Value| with_blocks(json!([{"type": "tool_result", "content": blocks}]));
    accepts(&inside(json!([document(Value::Null), document(MARK())])));
    refuses(
        "placement",
        &inside(json!([document(MARK()), document(Value::Null)])),
        "messages.0.content.0.tool_result.content.0.document.source.content.0.text.cache_control: \
         Extra inputs are not permitted",
    );
    let mut late = result(Value::Null, hour());
    late["system"] = json!([text(MARK())]);
    refuses("ttl order", &late, &order_text("messages.0.content.0"));
}

/// Proves the values that a marker may have.
#[test]
fn a_marker_says_ephemeral_and_one_of_two_lifetimes() {
    accepts(&with_blocks(json!([text(json!({"type": "ephemeral", "ttl": "5m"}))])));
    let path = "messages.0.content.0.text.cache_control";
    for (control, message) in [
        (
            json!({"type": "persistent"}),
            "%: Input tag 'persistent' found using 'type' does not \
            match any of the expected tags: 'ephemeral'",
        ),
        (json!({}), "%: Unable to extract tag using discriminator 'type'"),
        (json!(true), "%: Input should be a valid dictionary"),
        (
            json!({"type": "ephemeral", "ttl": "2h"}),
            "%.ephemeral.ttl: Input should be '5m' or '1h'",
        ),
        (
            json!({"type": "ephemeral", "scope": 1}),
            "%.ephemeral.scope: Extra inputs are not \
            permitted",
        ),
    ] {
        let body = with_blocks(json!([text(control)]));
        refuses("values", &body, &message.replace('%', path));
    }
    let top = with(plain(), "cache_control", json!({"type": "ephemeral", "ttl": 5}));
    refuses("values", &top, "cache_control.ephemeral.ttl: Input should be '5m' or '1h'");
}

/// Proves the texts for empty text blocks and deferred tools.
#[test]
fn empty_texts_and_deferred_tools_cannot_be_marked() {
    let empty = json!({"type": "text", "text": "", "cache_control": MARK()});
    refuses(
        "empty text",
        &with_blocks(json!([text(MARK()), empty])),
        "messages.0.content.1.text: cache_control cannot be set for empty text blocks",
    );
    let tools = json!([{"name": "t", "defer_loading": true, "cache_control": MARK()}]);
    refuses(
        "deferred tool",
        &with(plain(), "tools", tools),
        "Tool 't' cannot have both defer_loading=true and cache_control set. \
         Tools with defer_loading cannot use prompt caching.",
    );
}

/// Proves the limit of four over all sections, the automatic breakpoint included.
#[test]
fn five_breakpoints_are_one_too_many() {
    let four = with_blocks(json!([text(MARK()), text(MARK()), {"type": "text", "text": "x"}]));
    let four = with(four, "system", json!([text(MARK())]));
    let four = with(four, "tools", json!([{"name": "t", "cache_control": MARK()}]));
    accepts(&four);
    let text_of = |found: usize| {
        format!("A maximum of 4 blocks with cache_control may be provided. Found {found}.")
    };
    refuses("limit", &with(four.clone(), "cache_control", MARK()), &text_of(5));
    let mut six = four;
    six["system"] = json!([text(MARK()), text(MARK()), text(MARK())]);
    refuses("limit", &six, &text_of(6));
}

fn order_text(path: &str) -> String {
    format!(
        "{path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' \
         cache_control block. Note that blocks are processed in the following order: `tools`, \
         `system`, `messages`."
    )
}

/// Proves the order of lifetimes across the sections, the automatic marker included.
#[test]
fn an_hour_comes_before_five_minutes() {
    let good = with(with_blocks(json!([text(MARK())])), "system", json!([text(hour())]));
    accepts(&good);
    let bad = with(with_blocks(json!([text(hour())])), "system", json!([text(MARK())]));
    refuses("ttl order", &bad, &order_text("messages.0.content.0"));
    let tools = json!([{"name": "t", "cache_control": MARK()}]);
    let bad = with(with(plain(), "tools", tools), "system", json!([text(hour())]));
    refuses("ttl order", &bad, &order_text("system.0"));
    let automatic = with(plain(), "system", json!([text(MARK())]));
    let automatic = with(automatic, "cache_control", hour());
    refuses("ttl order", &automatic, &order_text("messages.0.content"));
}

/// Proves the edge cases of automatic caching: same ttl, other ttl, no eligible block.
#[test]
fn automatic_caching_meets_an_explicit_marker() {
    let last_marked = with_blocks(json!([text(MARK())]));
    accepts(&with(last_marked.clone(), "cache_control", json!({"type": "ephemeral", "ttl": "5m"})));
    refuses(
        "automatic: other ttl",
        &with(last_marked, "cache_control", hour()),
        "cache_control: the top-level ttl differs from the ttl of the explicit cache_control at \
         messages.0.content.0",
    );
    let full = with_blocks(json!([text(MARK()), text(MARK()), text(MARK()), text(MARK())]));
    accepts(&with(full, "cache_control", MARK()));
    let nothing = with_blocks(json!([{"type": "text", "text": ""}, {"type": "thinking"}]));
    accepts(&with(nothing, "cache_control", MARK()));
    let result = json!({"type": "web_search_tool_result"});
    let full = with_blocks(json!([text(MARK()), text(MARK()), text(MARK()), text(MARK()), result]));
    let found = "A maximum of 4 blocks with cache_control may be provided. Found 5.";
    refuses("limit", &with(full, "cache_control", MARK()), found);
    let behind = with_blocks(json!([text(MARK()), {"type": "thinking"}]));
    refuses(
        "automatic: other ttl",
        &with(behind, "cache_control", hour()),
        "cache_control: the top-level ttl differs from the ttl of the explicit cache_control at \
         messages.0.content.0",
    );
}

/// Proves what a pre-warming request and a newer model refuse.
#[test]
fn prewarming_and_newer_models_refuse_combinations() {
    let warm = with(plain(), "max_tokens", 0.into());
    accepts(&warm);
    for (member, value, said) in [
        ("stream", json!(true), "stream: true"),
        ("thinking", json!({"type": "enabled"}), "thinking.type: \"enabled\""),
        ("output_config", json!({"format": {}}), "output_config.format"),
        ("tool_choice", json!({"type": "any"}), "tool_choice: any or tool"),
    ] {
        let message = format!("max_tokens: 0 cannot be combined with {said}");
        refuses("pre-warm", &with(warm.clone(), member, value), &message);
    }
    let forced = with(plain(), "tool_choice", json!({"type": "tool", "name": "t"}));
    accepts(&forced);
    refuses(
        "forced tool",
        &with(forced, "model", "claude-opus-5-5".into()),
        "tool_choice: type \"tool\" and \"any\" are not supported for this model.",
    );
}

/// Proves where a system message may stand, on which models, and with what.
#[test]
fn system_messages_follow_user_turns() {
    let conversation = |roles: &[&str]| {
        let turn = |role: &&str| json!({"role": role, "content": "words"});
        json!({"model": "claude-opus-5", "max_tokens": 1,
            "messages": roles.iter().map(turn).collect::<Vec<_>>()})
    };
    accepts(&conversation(&["user", "system"]));
    accepts(&conversation(&["user", "system", "assistant", "user"]));
    accepts(&conversation(&["user", "user", "system", "system", "assistant"]));
    let name = "system message";
    let follow = "messages.0: a system message must follow a user turn";
    refuses(name, &conversation(&["system", "user"]), follow);
    let follow = "messages.1: a system message must follow a user turn";
    refuses(name, &conversation(&["assistant", "system"]), follow);
    let last = "messages.1: a system message must be last or be followed by an assistant turn";
    refuses(name, &conversation(&["user", "system", "user"]), last);
    let mut older = conversation(&["user", "system"]);
    older["model"] = "claude-sonnet-5".into();
    refuses(name, &older, "messages.1: role 'system' is not supported on this model");
    let mut image = conversation(&["user", "system"]);
    image["messages"][1]["content"] = json!([{"type": "image", "source": {}}]);
    refuses(name, &image, "messages.1: a system message holds text only");
    let mut searched = conversation(&["user", "assistant", "system"]);
    searched["messages"][1]["content"] = json!([{"type": "web_search_tool_result"}]);
    accepts(&searched);
}

/// Proves against the provider itself: nothing that it accepted is refused here.
#[test]
fn recorded_requests_are_accepted() {
    let Some(folder) = shared_dir() else { return };
    let mut marked = 0;
    for name in ["anthropic_messages", "anthropic_count_tokens"] {
        let file = folder.join(format!("traffic/{name}.jsonl.gz"));
        for pair in Replay::load(&file).unwrap().pairs().iter().filter(|pair| pair.status == 200) {
            assert_eq!(violation(&pair.request), None, "{}", pair.id);
            marked += usize::from(pair.request_body().contains("cache_control"));
        }
    }
    assert!(marked >= 15, "only {marked} recorded requests have a marker");
}
