//! Outlines of small prompts.

use super::*;

fn outline(body: &str) -> Outline {
    Outline::of(&PromptView::parse(body.as_bytes()).unwrap(), &Estimate::new())
}

fn with_messages(messages: &str) -> Outline {
    outline(&format!(r#"{{"model":"claude-opus-5","messages":[{messages}]}}"#))
}

/// Texts of one token each as the blocks of one message, some of them marked.
fn texts(count: usize, marked: &[usize]) -> String {
    let mark = r#","cache_control":{"type":"ephemeral"}"#;
    let block = |index| {
        let mark = if marked.contains(&index) { mark } else { "" };
        format!(r#"{{"type":"text","text":"{index}"{mark}}}"#)
    };
    let blocks: Vec<_> = (0..count).map(block).collect();
    format!(r#"{{"role":"user","content":[{}]}}"#, blocks.join(","))
}

/// Sections come in the order of processing, tokens add up, and a text counts its decoded bytes.
#[test]
fn positions_and_tokens() {
    let outline = outline(
        r#"{"messages":[{"role":"user","content":"\u0041\u0041\u0041\u0041\u0041"}],
            "system":[{"type":"text","text":""}],"tools":[{"name":"t"}]}"#,
    );
    let places: Vec<_> = outline.positions.iter().map(|at| at.place.to_string()).collect();
    assert_eq!(places, ["tools.0", "system.0", "messages.0.content.0"]);
    let tokens: Vec<_> = outline.positions.iter().map(|at| at.tokens_end).collect();
    assert_eq!(tokens, [3, 4, 6]);
    assert_eq!((outline.tokens(), outline.tokens_of(2), outline.tokens_of(0)), (6, 4, 0));
}

/// A plain text is the block that it stands for, and marks change no prefix.
#[test]
fn what_is_the_same_prefix() {
    let plain = with_messages(r#"{"role":"user","content":"a"}"#);
    let block = with_messages(
        r#"{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}"#,
    );
    assert_eq!(plain.shared_with(&block), 1);
    let said_by_another = with_messages(r#"{"role":"assistant","content":"a"}"#);
    assert_eq!(plain.shared_with(&said_by_another), 0);
    let grown =
        with_messages(r#"{"role":"user","content":"a"},{"role":"assistant","content":"b"}"#);
    assert_eq!((grown.shared_with(&plain), plain.shared_with(&grown)), (1, 1));
}

/// A setting cuts where its row says: before its section, not earlier.
#[test]
fn settings_cut_where_the_table_says() {
    let body = |setting: &str| {
        outline(&format!(
            r#"{{"tools":[{{"name":"t"}}],"system":"s",
                "messages":[{{"role":"user","content":"u"}}]{setting}}}"#
        ))
    };
    let plain = body("");
    for (setting, shared) in [
        (r#","model":"m""#, 0),
        (r#","output_config":{"format":{}}"#, 0),
        (r#","speed":"fast""#, 1),
        (r#","tool_choice":{"type":"any"}"#, 2),
        (r#","thinking":{"type":"adaptive"}"#, 2),
        (r#","thinking":{"display":"omitted"}"#, 3),
        (r#","output_config":{"effort":"low"}"#, 2),
        (r#","output_config":{"effort":"high"}"#, 3),
        (r#","context_management":{}"#, 2),
        (r#","max_tokens":7,"metadata":{},"speed":null"#, 3),
    ] {
        assert_eq!(plain.shared_with(&body(setting)), shared, "{setting}");
    }
}

/// Web tools leave the tools' prefix alone, wherever they stand, and count with the system prompt.
#[test]
fn web_tools_count_with_the_system_prompt() {
    let web = r#"{"type":"web_search_20250305","name":"web_search"}"#;
    let body = |tools: &str| {
        outline(&format!(
            r#"{{"tools":[{tools}],"system":"s","messages":[{{"role":"user","content":"u"}}]}}"#
        ))
    };
    let plain = body(r#"{"name":"t"}"#);
    let with = body(&format!(r#"{web},{{"name":"t"}}"#));
    assert_eq!((with.positions[0].tokens_end, with.positions[1].tokens_end), (0, 3));
    assert_eq!(with.shared_with(&plain), 2);
    assert!(with.tokens() > plain.tokens());
}

/// An older model forgets thinking at the next turn that is more than tool results.
#[test]
fn thinking_is_forgotten() {
    let body = |model: &str, last: &str| {
        outline(&format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":"u"}},
            {{"role":"assistant","content":[{{"type":"thinking","thinking":"long"}},
            {{"type":"tool_use","id":"1"}}]}},{{"role":"user","content":{last}}}]}}"#
        ))
    };
    let result = r#"[{"type":"tool_result"}]"#;
    for (model, last, positions) in [
        ("claude-opus-4-1", "\"v\"", 3),
        ("claude-opus-4-1", result, 4),
        ("claude-opus-5", "\"v\"", 4),
    ] {
        let outline = body(model, last);
        assert_eq!(outline.positions.len(), positions, "{model} {last}");
        assert_eq!(outline.forgotten.len(), 4 - positions);
    }
}

/// Automatic caching is resolved, and with any mark the provider marks its own tools' results.
#[test]
fn marks_that_no_block_carries() {
    let messages = r#"{"role":"user","content":"u"},{"role":"assistant","content":
        [{"type":"web_search_tool_result","tool_use_id":"1","content":[]},
        {"type":"text","text":"t"},{"type":"thinking","thinking":"x"}]}"#;
    assert_eq!(with_messages(messages).marks().count(), 0);
    let automatic = outline(&format!(
        r#"{{"cache_control":{{"type":"ephemeral","ttl":"1h"}},"messages":[{messages}]}}"#
    ));
    let marks: Vec<_> = automatic.marks().collect();
    assert_eq!(marks, [(1, Ttl::FiveMinutes), (2, Ttl::OneHour)]);
    let own: Vec<_> = automatic.positions.iter().map(|at| at.is_providers_mark).collect();
    assert_eq!(own, [false, true, false, false]);
}

/// A look-back visits twenty positions, and a run of calls or of results is one of them.
#[test]
fn look_backs_end_after_twenty_positions() {
    let outline = with_messages(&texts(30, &[29]));
    let seen: Vec<_> = look_back(&outline.positions, 29).collect();
    assert_eq!((seen.len(), seen.first(), seen.last()), (LOOK_BACK, Some(&29), Some(&10)));
    assert_eq!(look_back(&outline.positions, 3).collect::<Vec<_>>(), [3, 2, 1, 0]);
    assert_eq!(look_back(&outline.positions, 30).count(), 0);
    let run = |kind: &str| vec![format!(r#"{{"type":"{kind}"}}"#); 25].join(",");
    let calls = run("tool_use");
    let results = run("tool_result");
    let outline = with_messages(&format!(
        r#"{},{{"role":"assistant","content":[{calls}]}},{{"role":"user","content":[{results}]}}"#,
        texts(30, &[])
    ));
    // Two runs and eighteen texts.
    assert_eq!(look_back(&outline.positions, 79).count(), 50 + 18);
    let from_inside: Vec<_> = look_back(&outline.positions, 40).collect();
    assert_eq!((from_inside.len(), from_inside.last()), (11 + 19, Some(&11)));
}

/// Digests are long and tell blocks apart; what is shown of one is short.
#[test]
fn digests_show_little() {
    let outline = with_messages(&texts(2, &[]));
    assert_ne!(outline.positions[0].block, outline.positions[1].block);
    assert_ne!(outline.positions[0].block, outline.positions[0].prefix);
    assert_eq!(format!("{:?}", outline.positions[0].prefix).len(), 10);
}
