use super::*;
use BodyEnd::{Announced, Closed};
use StreamStep::{Done, Failed, Go};

/// The end of a stream that answers `request`.
fn begun(dialect: Dialect, request: &str) -> StreamEnd {
    StreamEnd::new(dialect, Some(JsonValue::parse(request.as_bytes()).unwrap()))
}

/// The last step of a stream of unnamed events, and whether an announced end would complete it.
fn follow(dialect: Dialect, request: &str, events: &[&str]) -> (StreamStep, bool) {
    let mut end = begun(dialect, request);
    let step = events.iter().map(|data| end.take("", data)).last().unwrap_or(Go);
    let is_done = step == Done;
    assert_eq!(end.is_complete_at(Closed), is_done, "a closed connection completes nothing");
    (step, end.is_complete_at(Announced))
}

const DELTA: &str = r#"{"choices":[{"index":0,"delta":{"content":"7"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const STOP_1: &str = r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":9}}"#;
const STOP_USAGE: &str =
    r#"{"choices":[{"index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":9}}"#;

/// Without `[DONE]` a Chat answer is complete at the announced end of its body exactly if all
/// choices of the request have finished and the usage that it asks for has come behind them.
#[test]
fn chat_ends_without_its_mark() {
    const USAGE_ASKED: &str = r#"{"stream_options":{"include_usage":true}}"#;
    for (request, events, expected) in [
        ("{}", &[][..], false),
        ("{}", &[DELTA], false),
        ("{}", &[DELTA, STOP], true),
        ("{}", &[STOP, DELTA], true),
        ("{}", &[r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#], true),
        ("{}", &[r#"{"choices":[{"index":null,"finish_reason":"eos"}]}"#], true),
        // Members that are filled while the choice goes on.
        ("{}", &[r#"{"choices":[{"index":0,"finish_reason":""}]}"#], false),
        ("{}", &[r#"{"choices":[{"index":0,"finish_reason":"null"}]}"#], false),
        ("{}", &[r#"{"choices":[{"index":0,"finish_reason":1}]}"#], false),
        // How many choices.
        (r#"{"n":null}"#, &[STOP], true),
        (r#"{"n":1}"#, &[STOP], true),
        (r#"{"n":2}"#, &[STOP], false),
        (r#"{"n":2}"#, &[STOP, STOP_1], true),
        (r#"{"n":2.0}"#, &[STOP], false),
        (r#"{"n":2e0}"#, &[STOP_1, STOP], true),
        (r#"{"n":2}"#, &[STOP_1], false),
        (r#"{"n":3}"#, &[STOP, STOP_1], false),
        (r#"{"n":1.5}"#, &[STOP, STOP_1], false),
        (r#"{"n":0}"#, &[STOP], false),
        (r#"{"n":-1}"#, &[STOP], false),
        (r#"{"n":"1"}"#, &[STOP], false),
        (r#"{"n":true}"#, &[STOP], false),
        (r#"{"n":129}"#, &[STOP], false),
        (r#"{"n":1e300}"#, &[STOP], false),
        // Choices that nobody asked for.
        ("{}", &[STOP, r#"{"choices":[{"index":1,"delta":{}}]}"#], false),
        ("{}", &[STOP, STOP_1], true),
        ("{}", &[STOP, r#"{"choices":[{"index":128,"finish_reason":"stop"}]}"#], false),
        ("{}", &[STOP, r#"{"choices":[{"index":-1,"finish_reason":"stop"}]}"#], false),
        ("{}", &[STOP, r#"{"choices":[{"index":"0","finish_reason":"stop"}]}"#], false),
        // The usage.
        (USAGE_ASKED, &[STOP], false),
        (USAGE_ASKED, &[STOP, r#"{"choices":[],"usage":null}"#], false),
        (USAGE_ASKED, &[STOP, USAGE], true),
        (USAGE_ASKED, &[STOP_USAGE], true),
        (USAGE_ASKED, &[USAGE, STOP], false),
        (r#"{"stream_options":{"include_usage":false}}"#, &[STOP], true),
        (r#"{"stream_options":{"include_usage":null}}"#, &[STOP], true),
        (r#"{"stream_options":{"include_usage":"yes"}}"#, &[STOP], false),
        (r#"{"stream_options":null}"#, &[STOP], true),
        (r#"{"stream_options":{}}"#, &[STOP], true),
        (r#"{"n":2,"stream_options":{"include_usage":true}}"#, &[STOP_USAGE, STOP_1], false),
        (r#"{"n":2,"stream_options":{"include_usage":true}}"#, &[STOP_1, STOP_USAGE], true),
        // What cannot be read may be what is missing; a sign of life is nothing.
        ("{}", &[STOP, "{\"choices\":[{\"ind"], false),
        ("{}", &[STOP, "7"], false),
        ("{}", &[STOP, "[]"], false),
        ("{}", &[STOP, "", "  "], true),
    ] {
        let (step, is_complete) = follow(CHAT, request, events);
        assert_eq!((step, is_complete), (Go, expected), "{request} {events:?}");
    }
}

/// Of a request that cannot be read nobody knows how many choices it asks for.
#[test]
fn an_unknown_request_needs_the_mark() {
    let mut end = StreamEnd::new(CHAT, None);
    assert_eq!(end.take("", STOP), Go);
    assert!(!end.is_complete_at(Announced));
    assert_eq!(end.take("", "[DONE]"), Done);
}

/// `[DONE]` ends a Chat stream, whatever came before and whatever comes behind.
#[test]
fn chat_ends_with_its_mark() {
    for mark in ["[DONE]", " [DONE] ", "[done]"] {
        assert_eq!(follow(CHAT, r#"{"n":2}"#, &[DELTA, mark]), (Done, true), "{mark}");
    }
    let mut end = begun(CHAT, "{}");
    assert_eq!(end.take("done", "[DONE]"), Done);
    assert_eq!(end.take("error", "{}"), Done);
    assert!(end.is_complete_at(Closed));
    // Other dialects have no such mark, and some servers send one behind the end all the same.
    assert_eq!(follow(ANTHROPIC, "{}", &["[DONE]"]), (Go, false));
    assert_eq!(follow(RESPONSES, "{}", &["[DONE]"]), (Go, false));
}

/// An error is an error however it is spelled, and nothing completes the stream afterwards; a chunk
/// that only speaks of errors, or has an empty member, is none.
#[test]
fn errors_in_chat() {
    for (name, data) in [
        ("error", ""),
        ("error", r#"{"message":"boom"}"#),
        ("Error", "boom"),
        ("error", "[DONE]"),
        ("", r#"{"error":{"message":"boom"}}"#),
        ("", r#"{"error":"boom"}"#),
        ("", r#"{"\u0065rror":{}}"#),
        ("", r#"{"error":["boom"],"choices":[]}"#),
        ("", r#"{"error":500}"#),
        ("", r#"{"choices":[],"error":true}"#),
        ("message", r#"{"type":"error","message":"boom"}"#),
        ("", r#"{"object":"error","message":"boom"}"#),
        ("", r#"{"code":400,"message":"boom","type":"Bad Request"}"#),
        ("", r#"{"code":"x","detail":"boom"}"#),
        ("", r#"{"choices":[{"index":0,"error":{"code":502},"finish_reason":"error"}]}"#),
        ("", r#"{"choices":[{"index":0,"delta":{},"error":"boom"}]}"#),
        ("", r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#),
        ("", "[ERROR] boom"),
        ("", "error: boom"),
        ("", r#""error: boom""#),
    ] {
        let mut end = begun(CHAT, "{}");
        assert_eq!(end.take("", STOP), Go);
        assert_eq!(end.take(name, data), Failed, "{name} {data}");
        assert_eq!(end.take("", "[DONE]"), Failed, "{name} {data}");
        assert!(!end.is_complete_at(Announced), "{name} {data}");
    }
    for data in [
        r#"{"choices":[{"delta":{"content":"an \"error\""}}]}"#,
        r#"{"choices":[],"error":null}"#,
        r#"{"choices":[],"error":""}"#,
        r#"{"choices":[],"error":false}"#,
        r#"{"choices":[],"message":"x","code":"y"}"#,
        r#"{"choices":[{"index":0,"delta":{},"error":null,"message":{"content":"x"}}]}"#,
    ] {
        assert_eq!(begun(CHAT, "{}").take("", data), Go, "{data}");
    }
}

/// Dialects with typed events end with these alone; a name and the member `type` say the same.
#[test]
fn typed_streams() {
    for (dialect, name, data, expected) in [
        (ANTHROPIC, "message_stop", r#"{"type":"message_stop"}"#, Done),
        (ANTHROPIC, "message_stop", "{}", Done),
        (ANTHROPIC, "", r#"{"type":"message_stop"}"#, Done),
        (ANTHROPIC, "ping", r#"{"type":"message_stop"}"#, Go),
        (ANTHROPIC, "message_delta", r#"{"delta":{"stop_reason":"end_turn"}}"#, Go),
        (ANTHROPIC, "error", r#"{"type":"error","error":{"type":"overloaded_error"}}"#, Failed),
        (ANTHROPIC, "", r#"{"type":"error"}"#, Failed),
        (ANTHROPIC, "", r#"{"error":"boom"}"#, Failed),
        (ANTHROPIC, "message_stop", r#"{"type":"error"}"#, Failed),
        (ANTHROPIC, "content_block_delta", r#"{"delta":{"text":"\"error\""}}"#, Go),
        (RESPONSES, "response.completed", r#"{"response":{"error":null}}"#, Done),
        (RESPONSES, "", r#"{"type":"response.incomplete","response":{}}"#, Done),
        (RESPONSES, "response.completed", r#"{"response":{"error":{"code":"x"}}}"#, Failed),
        (RESPONSES, "response.failed", r#"{"type":"response.failed"}"#, Failed),
        (RESPONSES, "", r#"{"type":"response.cancelled"}"#, Failed),
        (RESPONSES, "error", r#"{"type":"error","code":"x","message":"boom"}"#, Failed),
        (RESPONSES, "response.output_text.delta", r#"{"delta":"response.completed"}"#, Go),
        (Dialect::Json, "message_stop", "{}", Go),
        (Dialect::Json, "error", "{}", Failed),
    ] {
        let mut end = begun(dialect, "{}");
        assert_eq!(end.take(name, data), expected, "{name} {data}");
        assert_eq!(end.is_complete_at(Announced), expected == Done, "{name} {data}");
    }
}
