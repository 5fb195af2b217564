//! Chunks of Chat.

use std::{format, string::String, vec::Vec};

use super::{AssembleError, Unfoldable, assemble, unfoldable, with_lanes};
use crate::{dialect::Dialect, json::JsonValue};

/// A chunk with this delta of the first choice.
fn chunk(delta: &str) -> String {
    format!(
        r#"{{"id":"c","object":"chat.completion.chunk","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#
    )
}

const END: &str = r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

fn completion(events: &[&str]) -> Result<String, AssembleError> {
    assemble(Dialect::OpenAiChat, events)
}

/// The message of the first choice that chunks with these deltas make.
fn message(deltas: &[&str]) -> Result<String, AssembleError> {
    let chunks: Vec<_> = deltas.iter().map(|delta| chunk(delta)).collect();
    let mut events: Vec<_> = chunks.iter().map(String::as_str).collect();
    events.extend([END, "[DONE]"]);
    let completion = completion(&events)?;
    let root = JsonValue::parse(completion.as_bytes()).unwrap();
    let choice = root.get("choices").unwrap().elements().next().unwrap();
    Ok(choice.get("message").unwrap().text().into())
}

/// Several choices, logprobs, usage and unknown members: each where a plain answer has it.
#[test]
fn choices() {
    let found = completion(&[
        r#"{"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[1]}"#,
        r#"{"id":"c","object":"chat.completion.chunk","created":5,"model":"m","service_tier":null,"choices":[{"index":1,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"xx"}"#,
        r#"{"id":"other","created":6,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"logprobs":{"content":[{"token":"a"}],"refusal":null}}]}"#,
        r#"{"id":"c","choices":[{"index":1,"delta":{"content":"x"}},{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b"}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","content_filter_results":{"hate":1}}]}"#,
        r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}],"x":{"a":1}}"#,
        r#"{"choices":[],"usage":{"total_tokens":7},"x":{"b":2}}"#,
        "[DONE]",
        "[DONE]",
    ]);
    let expected = concat!(
        r#"{"id":"c","object":"chat.completion","created":5,"model":"m","choices":["#,
        r#"{"index":0,"message":{"role":"assistant","content":"ab"},"#,
        r#""logprobs":{"content":[{"token":"a"},{"token":"b"}]},"finish_reason":"stop","#,
        r#""content_filter_results":{"hate":1}},"#,
        r#"{"index":1,"message":{"role":"assistant","content":"x"},"finish_reason":"length"}],"#,
        r#""prompt_filter_results":[1],"service_tier":null,"x":{"a":1,"b":2},"#,
        r#""usage":{"total_tokens":7}}"#
    );
    assert_eq!(found.as_deref(), Ok(expected));
}

/// Tool calls in fragments by index, parallel ones interleaved, whole ones with equal indexes or
/// none, repeated names, and arguments that never came.
#[test]
fn tool_calls() {
    let fragments = message(&[
        r#"{"role":"assistant","content":null}"#,
        r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
        r#"{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{"}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x"}},{"index":1,"function":{"arguments":"}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":null,"function":{"name":null,"arguments":"\":1}"}}]}"#,
    ]);
    let expected = concat!(
        r#"{"role":"assistant","tool_calls":["#,
        r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#,
        r#"{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}],"content":null}"#
    );
    assert_eq!(fragments.as_deref(), Ok(expected));
    let whole = message(&[
        r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f"}},{"id":"c","function":{"name":"h","arguments":"1"}}]}"#,
        r#"{"tool_calls":[{"id":"c","function":{"name":"h","arguments":"2"},"extra":{"s":"t"}}]}"#,
    ]);
    let expected = concat!(
        r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},"#,
        r#"{"id":"b","function":{"name":"f","arguments":""}},"#,
        r#"{"id":"c","function":{"name":"h","arguments":"12"},"extra":{"s":"t"}}],"#,
        r#""role":"assistant","content":null}"#
    );
    assert_eq!(whole.as_deref(), Ok(expected));
    let huge = r#"{"tool_calls":[{"index":4294967296,"function":{}}]}"#;
    assert_eq!(message(&[huge]), unfoldable(Unfoldable::Index));
    let object = r#"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{}}}]}"#;
    assert_eq!(message(&[object]), unfoldable(Unfoldable::Kind));
}

/// Refusals, audio, the older function call, reasoning in numbered and unnumbered lists, and
/// unknown members: strings and lists are joined, objects merged, of others the latest counts.
#[test]
fn other_members() {
    let found = message(&[
        r#"{"role":"assistant","refusal":"n","audio":{"id":"au","transcript":"x"},"channel":"analysis"}"#,
        r#"{"role":"assistant","refusal":"o","audio":{"transcript":"y","data":"QQ==","expires_at":1},"channel":"final"}"#,
        r#"{"function_call":{"name":"f","arguments":"{"},"list":[1],"n":1}"#,
        r#"{"function_call":{"arguments":"}"},"list":[2,3],"n":2,"deep":{"s":"a"}}"#,
        r#"{"details":[{"index":0,"type":"t","text":"a","format":"v1"}],"deep":{"s":"b"},"list":[]}"#,
        r#"{"details":[{"index":0,"type":"t","text":"b","format":"v1"},{"index":0,"type":"e","data":"z"}]}"#,
    ]);
    let expected = concat!(
        r#"{"role":"assistant","refusal":"no","#,
        r#""audio":{"id":"au","transcript":"xy","data":"QQ==","expires_at":1},"channel":"final","#,
        r#""function_call":{"name":"f","arguments":"{}"},"list":[1,2,3],"n":2,"deep":{"s":"ab"},"#,
        r#""details":[{"index":0,"type":"t","text":"ab","format":"v1"},"#,
        r#"{"index":0,"type":"e","data":"z"}],"content":null}"#
    );
    assert_eq!(found.as_deref(), Ok(expected));
}

/// A message that a chunk repeats must be the one that the deltas make.
#[test]
fn repeated_message() {
    let repeating = |text: &str| {
        let first = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"message":{"role":"assistant","content":"a"}}]}"#;
        let second = format!(
            r#"{{"choices":[{{"index":0,"message":{{"content":"{text}"}},"delta":{{"content":"\u0062"}},"finish_reason":"stop"}}]}}"#
        );
        completion(&[first, &second, "[DONE]"])
    };
    assert!(repeating("ab").is_ok());
    assert_eq!(repeating("abc"), unfoldable(Unfoldable::Disagreement));
}

/// Kinds that do not go together, choices that are missing, chunks behind the end.
#[test]
fn contradictions() {
    let text = r#"{"content":"a"}"#;
    assert_eq!(message(&[text, r#"{"content":["b"]}"#]), unfoldable(Unfoldable::Kind));
    assert_eq!(message(&[text, r#"{"content":{"b":1}}"#]), unfoldable(Unfoldable::Kind));
    let second = END.replace("\"index\":0", "\"index\":1");
    assert_eq!(completion(&[&second, "[DONE]"]), unfoldable(Unfoldable::Index));
    let far = END.replace("\"index\":0", "\"index\":128");
    assert_eq!(completion(&[&far, "[DONE]"]), unfoldable(Unfoldable::Index));
    assert_eq!(completion(&[END, "[DONE]", END]), unfoldable(Unfoldable::Order));
    assert_eq!(completion(&[&chunk(text)]), unfoldable(Unfoldable::Order));
    assert_eq!(completion(&["[DONE]"]), unfoldable(Unfoldable::Order));
    // Without `[DONE]` the announced end is the end, as every choice has finished.
    assert!(completion(&[END]).is_ok());
}

/// Numbers stay as they are written, whatever their size.
#[test]
fn numbers() {
    let found = completion(&[
        r#"{"id":"c","created":9007199254740993,"choices":[{"index":0,"delta":{},"finish_reason":"stop","n":1e400}]}"#,
        "[DONE]",
    ])
    .unwrap();
    assert!(found.contains(r#""created":9007199254740993"#) && found.contains("1e400"), "{found}");
}

/// One lane does for what comes one after the other; what interleaves needs more, and says so.
#[test]
fn lanes() {
    let content = chunk(r#"{"content":"abc"}"#);
    let call = chunk(r#"{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{}"}}]}"#);
    let list = chunk(r#"{"list":[1]}"#);
    let straight = [&content, &content, &call, &call, &list, &list, END, "[DONE]"];
    let interleaved = [&content, &call, &list, &content, &call, &list, END, "[DONE]"];
    let lanes = |count, events: &[&str]| with_lanes(count, Dialect::OpenAiChat, events);
    assert_eq!(lanes(1, &straight), lanes(8, &straight));
    assert_eq!(lanes(1, &interleaved), Err(AssembleError::NeedLanes { lanes: 1 }));
    assert_eq!(lanes(2, &interleaved), Err(AssembleError::NeedLanes { lanes: 2 }));
    let expected = lanes(8, &straight).unwrap();
    assert_eq!(lanes(3, &interleaved).as_deref(), Ok(expected.as_str()));
}
