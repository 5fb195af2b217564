//! The provider's table of what loses which part of the cache, row by row, and what the API itself
//! adds to and takes from a prompt.

use serde_json::{Value, json};

use super::ledger::Ledger;
use super::prompt_cache::Usage;

/// Tokens of one long block: more than the minimum of the models used here.
const LONG: u64 = 5000;

fn words(letter: char) -> String {
    letter.to_string().repeat(usize::try_from(LONG).unwrap() * 4)
}

fn marked(letter: char) -> Value {
    json!({"type": "text", "text": words(letter), "cache_control": {"type": "ephemeral"}})
}

/// Marks at the end of tools, system and the first turn, then a turn with thinking and one more.
fn conversation(model: &str) -> Value {
    json!({"model": model, "max_tokens": 10,
        "tools": [{"name": "t", "description": words('t'), "input_schema": {},
            "cache_control": {"type": "ephemeral"}}],
        "system": [marked('s')],
        "messages": [
            {"role": "user", "content": [marked('u'), {"type": "text", "text": "more"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": words('h'), "signature": "dropped"},
                {"type": "text", "text": words('a')}]},
            {"role": "user", "content": [marked('v')]}]})
}

/// Which of the four marked prefixes are read after `edit`: 0 none, 1 tools, 2 system too, 3 the
/// first turn too, 4 all.
fn kept(model: &str, edit: &dyn Fn(&mut Value)) -> usize {
    let mut ledger = Ledger::default();
    let before = conversation(model);
    let mut after = before.clone();
    edit(&mut after);
    ledger.bill(&before, 0).unwrap();
    let read = ledger.bill(&after, 1).unwrap().read;
    let within = |section: u64| read > section * LONG && read < (section + 1) * LONG;
    match read {
        0 => 0,
        _ if within(1) => 1,
        _ if within(2) => 2,
        _ if within(3) => 3,
        _ => 4,
    }
}

/// Proves the table: what each row's change leaves of the cache.
#[test]
fn each_change_loses_what_the_table_says() {
    let set = |member: &'static str, value: Value| -> Box<dyn Fn(&mut Value)> {
        Box::new(move |body| body[member] = value.clone())
    };
    let push = |pointer: &'static str, value: Value| -> Box<dyn Fn(&mut Value)> {
        Box::new(move |body| {
            body.pointer_mut(pointer).unwrap().as_array_mut().unwrap().push(value.clone());
        })
    };
    let put = |pointer: &'static str, value: Value| -> Box<dyn Fn(&mut Value)> {
        Box::new(move |body| *body.pointer_mut(pointer).unwrap() = value.clone())
    };
    let image = json!({"type": "image", "source": {"type": "url", "url": "u"}});
    let cited = json!({"type": "document", "source": {}, "citations": {"enabled": true}});
    let rows = [
        ("nothing", 4, set("max_tokens", 11.into())),
        ("tool description", 0, put("/tools/0/description", "other".into())),
        ("tool before", 0, put("/tools", json!([{"name": "n"}, {"name": "t"}]))),
        ("model", 0, set("model", "claude-opus-4-8".into())),
        ("output format", 0, set("output_config", json!({"format": {"type": "json_schema"}}))),
        ("web search", 1, push("/tools", json!({"type": "web_search_20250305"}))),
        ("citations", 1, push("/messages/2/content", cited)),
        ("speed", 1, set("speed", "fast".into())),
        ("system text", 1, put("/system/0/text", "other".into())),
        ("tool choice", 2, set("tool_choice", json!({"type": "none"}))),
        (
            "parallel tools",
            2,
            set("tool_choice", json!({"type": "auto", "disable_parallel_tool_use": true})),
        ),
        ("image at the end", 2, push("/messages/2/content", image)),
        ("thinking", 2, set("thinking", json!({"type": "enabled", "budget_tokens": 1024}))),
        ("effort", 2, set("output_config", json!({"effort": "low"}))),
        ("effort as by default", 4, set("output_config", json!({"effort": "high"}))),
        ("context management", 2, set("context_management", json!({"edits": []}))),
        ("first message", 2, put("/messages/0/content/0/text", "other".into())),
        ("later message", 3, put("/messages/1/content/1/text", "other".into())),
        ("role", 2, put("/messages/0/role", "assistant".into())),
        ("an unmarked block after it", 4, push("/messages/2/content", json!({"type": "text"}))),
    ];
    for (name, expected, edit) in rows {
        assert_eq!(kept("claude-opus-5", &*edit), expected, "{name}");
    }
}

/// Proves that a web tool anywhere among the tools loses no tool, and that its tokens count with
/// the system prompt.
#[test]
fn a_web_tool_belongs_to_the_system_prompt() {
    let first = |body: &mut Value| {
        let web = json!({"type": "web_fetch_20250910", "name": "web_fetch"});
        body["tools"].as_array_mut().unwrap().insert(0, web);
    };
    assert_eq!(kept("claude-opus-5", &first), 1);
    let total = |usage: Usage| usage.input + usage.read + usage.written_5m + usage.written_1h;
    let (plain, mut with) = (conversation("claude-opus-5"), conversation("claude-opus-5"));
    first(&mut with);
    let mut ledger = Ledger::default();
    let plain = total(ledger.bill(&plain, 0).unwrap());
    assert!(total(ledger.bill(&with, 0).unwrap()) > plain);
}

/// Proves that older models forget thinking at the next user turn and lose the cache from there,
/// that newer ones keep it, and that a dropped block loses it too.
#[test]
fn forgotten_thinking_loses_what_follows() {
    let new_turn = |body: &mut Value| {
        let turns = body["messages"].as_array_mut().unwrap();
        turns.push(json!({"role": "assistant", "content": "yes"}));
        turns.push(json!({"role": "user", "content": "and?"}));
    };
    let in_the_tool_loop = |body: &mut Value| {
        body["messages"][2]["content"] = json!([{"type": "tool_result", "tool_use_id": "c",
            "content": words('r'), "cache_control": {"type": "ephemeral"}}]);
    };
    for (model, expected) in
        [("claude-sonnet-4-5", 3), ("claude-opus-5", 6), ("claude-opus-5-5", 3)]
    {
        let mut ledger = Ledger::default();
        let mut body = conversation(model);
        in_the_tool_loop(&mut body);
        ledger.bill(&body, 0).unwrap();
        new_turn(&mut body);
        let read = ledger.bill(&body, 1).unwrap().read;
        assert_eq!(read / LONG, expected, "{model}");
    }
}

/// Proves the API's own breakpoints: five minutes on each server tool's result where anything is
/// marked, none where nothing is, not counted toward the four, in no order of lifetimes.
#[test]
fn server_tool_results_are_marked_by_the_api() {
    let hour = json!({"type": "ephemeral", "ttl": "1h"});
    let found = |letter| json!({"type": "web_search_tool_result", "tool_use_id": "c", "content": words(letter)});
    let last = json!({"type": "text", "text": words('l'), "cache_control": hour});
    let body = |first: Value, last: Value| {
        json!({"model": "claude-opus-5", "max_tokens": 1, "messages": [
            {"role": "user", "content": [first, {"type": "text", "text": "q"}]},
            {"role": "assistant", "content": [found('x'), found('y'), last]},
            {"role": "user", "content": "and?"}]})
    };
    let text = |letter| json!({"type": "text", "text": words(letter)});
    let mut first = text('f');
    let bill = |body: &Value| Ledger::default().bill(body, 0).unwrap();
    let unmarked = bill(&body(first.clone(), text('l')));
    assert_eq!((unmarked.written_5m, unmarked.written_1h), (0, 0));
    first["cache_control"] = hour;
    let usage = bill(&body(first.clone(), text('l')));
    assert_eq!(usage.written_1h, LONG);
    assert!(usage.written_5m > 2 * LONG, "both results, though all marks are of an hour");
    let usage = bill(&body(first.clone(), last.clone()));
    assert_eq!(usage.written_5m, 0, "an hour's mark after them covers them");
    let mut ledger = Ledger::default();
    ledger.bill(&body(first.clone(), text('l')), 0).unwrap();
    let mut changed = body(first, text('m'));
    changed["messages"][1]["content"][1]["content"] = "other".into();
    assert!(ledger.bill(&changed, 1).unwrap().read > 2 * LONG, "the first result's own entry");
    let mut full = body(marked('f'), text('l'));
    full["system"] = json!([marked('a'), marked('b'), marked('c')]);
    assert_eq!(Ledger::refusal(&full), None);
}
