use super::*;

fn message(stop_reason: Value) -> Value {
    json!({"type": "message", "id": "msg_1", "model": "m", "stop_reason": stop_reason,
        "content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "t"},
            {"type": "text", "text": "b\n"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}}]})
}

/// Anthropic's stop reasons: three may be stored, the others and all unknown ones not.
#[test]
fn anthropic_stop_reasons() {
    for reason in ["end_turn", "stop_sequence", "tool_use"] {
        assert_eq!(verdict(ANTHROPIC, &message(json!(reason))), Verdict::Store, "{reason}");
    }
    for (reason, why) in [
        (json!("max_tokens"), SkipReason::Truncated),
        (json!("model_context_window_exceeded"), SkipReason::Truncated),
        (json!("pause_turn"), SkipReason::Incomplete),
        (json!("refusal"), SkipReason::Refusal),
        (json!("from_2030"), SkipReason::UnknownStopReason),
        (json!(7), SkipReason::UnknownStopReason),
        (json!(null), SkipReason::NoStopReason),
    ] {
        assert_eq!(verdict(ANTHROPIC, &message(reason)), skip(why));
    }
    let mut refused = message(json!("end_turn"));
    refused["stop_details"] = json!({"type": "refusal", "explanation": "no"});
    assert_eq!(verdict(ANTHROPIC, &refused), skip(SkipReason::Refusal));
    let text = refused.to_string();
    let reply = Reply::parse(ANTHROPIC, text.as_bytes()).expect("an object");
    assert!(reply.refusal().is_some_and(|refusal| refusal.eq_str("no")));
}

/// Status and form come before the stop reason.
#[test]
fn what_is_no_answer() {
    let good = message(json!("end_turn")).to_string();
    assert_eq!(Verdict::of(ANTHROPIC, 200, good.as_bytes()), Verdict::Store);
    assert_eq!(Verdict::of(ANTHROPIC, 201, good.as_bytes()), skip(SkipReason::Status));
    assert_eq!(Verdict::of(ANTHROPIC, 529, b"<html>"), skip(SkipReason::Status));
    for text in ["", "event: message_start\n", "<html>", "[]", &good[..good.len() - 1]] {
        assert_eq!(Verdict::of(ANTHROPIC, 200, text.as_bytes()), skip(SkipReason::Malformed));
    }
    let error = json!({"type": "error", "error": {"type": "overloaded_error"}});
    assert_eq!(verdict(ANTHROPIC, &error), skip(SkipReason::ErrorBody));
    assert_eq!(verdict(CHAT, &json!({"error": {"message": "m"}})), skip(SkipReason::ErrorBody));
    for dialect in [ANTHROPIC, CHAT, RESPONSES] {
        assert_eq!(verdict(dialect, &json!({"answer": 42})), skip(SkipReason::Malformed));
    }
    assert_eq!(verdict(Dialect::Json, &json!([1])), Verdict::Store);
    assert_eq!(Verdict::of(Dialect::Json, 200, b"[1"), skip(SkipReason::Malformed));
}

fn chat(choices: Value) -> Value {
    json!({"id": "c", "model": "m", "choices": choices})
}

fn choice(reason: &str) -> Value {
    json!({"finish_reason": reason, "message": {"content": "x", "refusal": null}})
}

/// OpenAI Chat: every choice must be on the allow-list, not the first alone.
#[test]
fn chat_choices() {
    assert_eq!(verdict(CHAT, &chat(json!([choice("stop"), choice("stop")]))), Verdict::Store);
    for (reason, why) in [
        ("length", SkipReason::Truncated),
        ("content_filter", SkipReason::ContentFilter),
        ("eos", SkipReason::UnknownStopReason),
    ] {
        let body = chat(json!([choice("stop"), choice(reason)]));
        assert_eq!(verdict(CHAT, &body), skip(why));
        let text = body.to_string();
        let reply = Reply::parse(CHAT, text.as_bytes()).expect("an object");
        assert_eq!(reply.stop_reason().verdict(), skip(why));
    }
    let refused = json!({"finish_reason": "stop", "message": {"refusal": "no"}});
    let body = chat(json!([choice("stop"), refused]));
    assert_eq!(verdict(CHAT, &body), skip(SkipReason::Refusal));
    assert_eq!(verdict(CHAT, &chat(json!([]))), skip(SkipReason::Malformed));
    let bare = chat(json!([{"finish_reason": "stop"}]));
    assert_eq!(verdict(CHAT, &bare), skip(SkipReason::Malformed));
    let open = chat(json!([{"finish_reason": null, "message": {}}]));
    assert_eq!(verdict(CHAT, &open), skip(SkipReason::NoStopReason));
}

/// OpenAI Responses: completed, every item finished, no part refused.
#[test]
fn responses() {
    let with = |status: &str, more: Value| {
        let mut body = json!({"status": status, "error": null, "output": [
            {"type": "reasoning"},
            {"type": "message", "status": "completed",
             "content": [{"type": "output_text", "text": "x"}]}]});
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(more);
        }
        verdict(RESPONSES, &body)
    };
    assert_eq!(with("completed", json!({})), Verdict::Store);
    assert_eq!(with("queued", json!({})), skip(SkipReason::Incomplete));
    assert_eq!(with("complete", json!({})), skip(SkipReason::UnknownStopReason));
    let cut = json!({"incomplete_details": {"reason": "max_output_tokens"}});
    assert_eq!(with("incomplete", cut), skip(SkipReason::Truncated));
    let failed = json!({"error": {"code": "server_error"}});
    assert_eq!(with("failed", failed), skip(SkipReason::ErrorBody));
    let refused = json!({"output": [{"type": "message",
        "content": [{"type": "refusal", "refusal": "no"}]}]});
    assert_eq!(with("completed", refused), skip(SkipReason::Refusal));
    let open = json!({"output": [{"type": "message", "status": "in_progress"}]});
    assert_eq!(with("completed", open), skip(SkipReason::Incomplete));
}

fn texts(reply: &Reply<'_>) -> std::string::String {
    reply.text().flat_map(|piece| piece.chars()).collect()
}

/// Text, tool inputs, ids and refusals are found in every dialect.
#[test]
fn parts_of_answers() {
    let body = message(json!("tool_use")).to_string();
    let reply = Reply::parse(ANTHROPIC, body.as_bytes()).expect("an object");
    assert_eq!(texts(&reply), "ab\n");
    assert!(reply.id().is_some_and(|id| id.eq_str("msg_1")));
    assert!(reply.model().is_some_and(|model| model.eq_str("m")));
    let input = reply.tool_input("f");
    assert!(matches!(input, Some(ToolInput::Json(value)) if value.text() == r#"{"x":1}"#));
    assert!(reply.tool_input("g").is_none());

    let call = json!({"id": "c", "function": {"name": "f", "arguments": "{\"x\":1}"}});
    let first = json!({"message": {"content": "ab", "tool_calls": [call],
        "function_call": {"name": "old", "arguments": ""}, "refusal": ""}});
    let body = chat(json!([first, {"message": {"refusal": "no"}}])).to_string();
    let reply = Reply::parse(CHAT, body.as_bytes()).expect("an object");
    assert_eq!(texts(&reply), "ab");
    let input = reply.tool_input("f");
    assert!(matches!(input, Some(ToolInput::Text(text)) if text.eq_str("{\"x\":1}")));
    assert_eq!(reply.tool_calls().count(), 2);
    assert!(reply.refusal().is_some_and(|refusal| refusal.eq_str("no")));

    let body = json!({"output": [{"type": "reasoning", "content": []},
        {"type": "message", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message"},
        {"type": "message", "content": [{"type": "output_text", "text": "b"}]}]});
    let body = body.to_string();
    let reply = Reply::parse(RESPONSES, body.as_bytes()).expect("an object");
    assert_eq!(texts(&reply), "ab");
    assert!(reply.tool_input("f").is_some());
    assert_eq!(
        std::format!("{reply:?}"),
        std::format!("Reply(openai.responses, {} bytes)", body.len())
    );
}
