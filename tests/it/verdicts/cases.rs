//! Small answers with the right verdict and the tool calls that a caller should see.

use std::fs;

use llm_cache_core::key::Dialect;
use llm_cache_core::reply::{Reply, ToolInput, Verdict};
use llm_cache_tests::shared::shared_dir;
use serde_json::{Value, json};

use super::straight;

fn dialect(name: &Value) -> Dialect {
    use Dialect::{AnthropicMessages, OpenAiChat, OpenAiResponses};
    let all = [AnthropicMessages, OpenAiChat, OpenAiResponses];
    all.into_iter().find(|dialect| dialect.as_str() == name).expect("a known dialect")
}

/// Name and decoded input of each tool call.
fn tool_calls(reply: &Reply<'_>) -> Value {
    let calls = reply.tool_calls().map(|call| {
        let input = match call.input {
            ToolInput::Json(value) => value.text().to_owned(),
            ToolInput::Text(text) if text.raw().is_empty() => "{}".to_owned(),
            ToolInput::Text(text) => text.chars().collect(),
            _ => "null".to_owned(),
        };
        let name: String = call.name.chars().collect();
        json!({"name": name, "input": serde_json::from_str::<Value>(&input).unwrap()})
    });
    calls.collect()
}

/// Every case has its verdict, by the library and by the straightforward reading, and its calls.
#[test]
fn every_case_has_its_verdict() {
    let Some(folder) = shared_dir() else { return };
    let lines = fs::read_to_string(folder.join("cases/replies.jsonl")).unwrap();
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (dialect, body) = (dialect(&case["dialect"]), case["body"].to_string());
        let reply = Reply::parse(dialect, body.as_bytes()).unwrap();
        let found: Verdict = reply.verdict(200);
        let is_stored = case["verdict"] == "store";
        assert_eq!(found.is_store(), is_stored, "{}: {found:?}", case["case"]);
        assert_eq!(straight::is_sound(dialect, &case["body"]), is_stored, "{}", case["case"]);
        if let Some(calls) = case.get("tool_calls") {
            assert_eq!(&tool_calls(&reply), calls, "{}", case["case"]);
        }
        let told = found.skip_reason().map_or("store", |why| why.as_str());
        println!("{:40} {told}", case["case"].as_str().unwrap());
    }
}
