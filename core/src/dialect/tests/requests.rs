use super::*;

fn of(dialect: Dialect, body: &Value) -> RequestVerdict {
    of_with(dialect, body, VerdictOptions::new())
}

fn of_with(dialect: Dialect, body: &Value, options: VerdictOptions) -> RequestVerdict {
    let text = body.to_string();
    let body = JsonValue::parse(text.as_bytes()).expect("JSON");
    request_verdict(dialect, body, options)
}

const fn bypass(why: BypassReason) -> RequestVerdict {
    RequestVerdict::Bypass { why }
}

/// An ordinary request is cacheable, with everything about it that says nothing.
#[test]
fn ordinary_requests() {
    let silent = json!({"model": "m", "max_tokens": 9, "stream": false, "container": null,
        "diagnostics": null, "mcp_servers": [], "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f", "input_schema": {}}, {"type": "custom", "name": "g"},
            {"type": "bash_20250124", "name": "bash"}, {"type": "text_editor_20250728"},
            {"type": "memory_20250818"}, {"type": "tool_search_tool_bm25_20251119"}]});
    assert_eq!(of(ANTHROPIC, &silent), RequestVerdict::Cacheable);
    let silent = json!({"model": "gpt-5", "store": true, "background": false, "tools":
        [{"type": "function"}, {"type": "namespace", "tools": [{"type": "function"}]},
        {"type": "tool_search"}], "input": "hi", "prompt": {"id": "p", "version": "2"},
        "conversation": null, "prompt_cache_options": {"mode": "explicit"}});
    assert_eq!(of(RESPONSES, &silent), RequestVerdict::Cacheable);
    let silent = json!({"model": "gpt-5", "web_search_options": null, "n": 3,
        "tools": [{"type": "function"}, {"type": "custom"}]});
    assert_eq!(of(CHAT, &silent), RequestVerdict::Cacheable);
    assert_eq!(of(Dialect::Json, &json!({"stream": true})), RequestVerdict::Cacheable);
}

/// Each member that makes an answer stateful or live, one at a time.
#[test]
fn members_that_bypass() {
    use BypassReason::{LiveTools, NotJson, Stateful, Streaming};
    let cases = [
        (ANTHROPIC, json!({"stream": true}), Streaming),
        // Not the provider's form; it must not meet the entry of a request without it.
        (ANTHROPIC, json!({"stream": "yes"}), Streaming),
        (CHAT, json!({"stream": true, "web_search_options": {}}), Streaming),
        (ANTHROPIC, json!({"max_tokens": 0}), Stateful),
        (ANTHROPIC, json!({"container": "container_1"}), Stateful),
        (ANTHROPIC, json!({"container": {"skills": []}}), Stateful),
        (ANTHROPIC, json!({"diagnostics": {"previous_message_id": null}}), Stateful),
        (ANTHROPIC, json!({"mcp_servers": [{"url": "u"}]}), LiveTools),
        (RESPONSES, json!({"conversation": "conv_1"}), Stateful),
        (RESPONSES, json!({"previous_response_id": "resp_1"}), Stateful),
        (RESPONSES, json!({"background": true}), Stateful),
        (RESPONSES, json!({"prompt": {"id": "p"}}), Stateful),
        (RESPONSES, json!({"prompt_cache_options": {"prewarm": true}}), Stateful),
        (ANTHROPIC, json!({"thread": {"type": "create"}}), Stateful),
        (ANTHROPIC, json!({"thread": "thread_1"}), Stateful),
        (RESPONSES, json!({"comparison_response_id": "resp_1"}), Stateful),
        (RESPONSES, json!({"prompt_cache_options": {"comparison_response_id": "r"}}), Stateful),
        (RESPONSES, json!({"prewarm": true}), Stateful),
        (RESPONSES, json!({"container": "cntr_1"}), Stateful),
        (RESPONSES, json!({"input": [{"type": "item_reference", "id": "msg_1"}]}), Stateful),
        (RESPONSES, json!({"input": [{"id": "msg_1"}]}), Stateful),
        (RESPONSES, json!({"input": [{"type": null, "id": "msg_1"}]}), Stateful),
        // Servers that are compatible with one API take members of another.
        (CHAT, json!({"previous_response_id": "resp_1"}), Stateful),
        (CHAT, json!({"conversation": {"id": "conv_1"}}), Stateful),
        (CHAT, json!({"deferred": true}), Stateful),
        (CHAT, json!({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}), Stateful),
        (CHAT, json!({"web_search_options": {}}), LiveTools),
        (CHAT, json!({"search_parameters": {"mode": "auto"}}), LiveTools),
        (CHAT, json!({"data_sources": [{"type": "azure_search"}]}), LiveTools),
        (CHAT, json!({"plugins": [{"id": "web"}]}), LiveTools),
        (CHAT, json!({"model": "sonar-pro"}), LiveTools),
        (CHAT, json!({"model": "openai/gpt-5:online"}), LiveTools),
        (CHAT, json!({"model": "gpt-4o-search-preview"}), LiveTools),
        (CHAT, json!({"tools": [{"type": 7}]}), LiveTools),
        (CHAT, json!([]), NotJson),
    ];
    for (dialect, body, why) in cases {
        assert_eq!(of(dialect, &body), bypass(why), "{body}");
    }
}

/// Tools that the provider runs are live, unknown ones too; the caller may opt in.
#[test]
fn live_tools() {
    let anthropic = [
        "web_search_20260209",
        "web_fetch_20250910",
        "code_execution_20260120",
        "computer_20250124",
        "mcp_toolset",
        "advisor_20260301",
        "browser_toolset",
        "from_2030",
    ];
    let responses = [
        "web_search",
        "web_search_preview",
        "file_search",
        "code_interpreter",
        "mcp",
        "computer_use_preview",
        "shell",
        "from_2030",
    ];
    let cases = anthropic.map(|kind| (ANTHROPIC, kind)).into_iter();
    for (dialect, kind) in cases.chain(responses.map(|kind| (RESPONSES, kind))) {
        let body = json!({"tools": [{"type": "function"}, {"type": kind}]});
        assert_eq!(of(dialect, &body), bypass(BypassReason::LiveTools), "{kind}");
        let options = VerdictOptions::new().allow_live_tools();
        assert_eq!(of_with(dialect, &body, options), RequestVerdict::Cacheable);
    }
    let nested = json!({"tools": [{"type": "namespace", "tools": [{"type": "mcp"}]}]});
    assert_eq!(of(RESPONSES, &nested), bypass(BypassReason::LiveTools));
}

/// Tools added in the middle of a conversation count like those at its start.
#[test]
fn tools_added_later() {
    let added = |kind| {
        json!({"messages": [{"role": "system", "content":
            [{"type": "tool_addition", "tool": {"type": kind, "name": "x"}}]}]})
    };
    assert_eq!(of(ANTHROPIC, &added("tool_reference")), RequestVerdict::Cacheable);
    let live = bypass(BypassReason::LiveTools);
    assert_eq!(of(ANTHROPIC, &added("web_search_20250305")), live);
    let added = |kind| json!({"input": [{"type": "additional_tools", "tools": [{"type": kind}]}]});
    assert_eq!(of(RESPONSES, &added("function")), RequestVerdict::Cacheable);
    assert_eq!(of(RESPONSES, &added("mcp")), live);
}

/// A name spelled with escapes is the same name.
#[test]
fn escaped_names() {
    let text = br#"{"str\u0065am": true, "a name so long that no buffer takes it": 1}"#;
    let body = JsonValue::parse(text).expect("JSON");
    let found = request_verdict(CHAT, body, VerdictOptions::new());
    assert_eq!(found, bypass(BypassReason::Streaming));
}

/// Nor do escapes hide a tool that is added later, or a model that searches.
#[test]
fn escaped_values() {
    for (dialect, text) in [
        (
            ANTHROPIC,
            r#"{"messages": [{"role": "system", "content": [{"type": "tool_\u0061ddition",
                "tool": {"type": "web_search_2025\u0030305", "name": "x"}}]}]}"#,
        ),
        (
            RESPONSES,
            r#"{"input": [{"type": "\u0061dditional_tools", "tools": [{"type": "mcp"}]}]}"#,
        ),
        (CHAT, r#"{"model": "gpt-4o\u002dsearch-preview"}"#),
    ] {
        let body = JsonValue::parse(text.as_bytes()).expect("JSON");
        let found = request_verdict(dialect, body, VerdictOptions::new());
        assert_eq!(found, bypass(BypassReason::LiveTools), "{text}");
    }
}

/// What only looks like state at the provider: ids of files, ids that items carry beside their own
/// content, members that ask for nothing.
#[test]
fn what_is_no_state() {
    for (dialect, body) in [
        (
            ANTHROPIC,
            json!({"thread": null, "messages": [{"role": "user", "content":
            [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}]}),
        ),
        (
            CHAT,
            json!({"store": true, "messages": [{"role": "user", "content": [
            {"type": "file", "file": {"file_id": "file_1"}},
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]},
            {"role": "assistant", "content": "item_reference", "audio": null}]}),
        ),
        (
            RESPONSES,
            json!({"background": false, "prewarm": false, "store": true, "input": [
            {"type": "message", "id": "msg_1", "role": "assistant", "content": []},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "function_call_output", "call_id": "c", "output": "item_reference"},
            {"role": "user", "content": [{"type": "input_file", "file_id": "file_1"}]}]}),
        ),
        (RESPONSES, json!({"input": "item_reference"})),
    ] {
        assert_eq!(of(dialect, &body), RequestVerdict::Cacheable, "{body}");
    }
}

/// A Responses request whose answer OpenAI stores is cached for 7 days at most, or not at all where
/// the caller is strict about it.
#[test]
fn answers_that_openai_stores() {
    let limit = |dialect, body: &Value| {
        let text = body.to_string();
        ttl_max(dialect, JsonValue::parse(text.as_bytes()).expect("JSON"))
    };
    let strict = VerdictOptions::new().responses_store(ResponsesStore::Strict);
    let unstored = json!({"model": "m", "store": false});
    assert_eq!(limit(RESPONSES, &unstored), None);
    assert_eq!(of_with(RESPONSES, &unstored, strict), RequestVerdict::Cacheable);
    for body in [json!({}), json!({"store": true}), json!({"store": null}), json!({"store": 0})] {
        assert_eq!(limit(RESPONSES, &body), Some(crate::Millis(7 * 86_400_000)), "{body}");
        assert_eq!(of(RESPONSES, &body), RequestVerdict::Cacheable, "{body}");
        assert_eq!(of_with(RESPONSES, &body, strict), bypass(BypassReason::Stateful), "{body}");
        for dialect in [ANTHROPIC, CHAT, Dialect::Json] {
            assert_eq!(limit(dialect, &body), None, "{body}");
            assert_eq!(of_with(dialect, &body, strict), RequestVerdict::Cacheable, "{body}");
        }
    }
}
