//! What a reply adds to a forecast: the provider's diagnostics, and what it did otherwise.

use llm_cache::prompt::doctor::{Explanation, Finding, Terms, explain};
use llm_cache::prompt::outline::Estimate;
use llm_cache_core::Usage;
use llm_cache_core::key::Dialect;
use llm_cache_core::prompt::{PromptView, Section};
use llm_cache_core::reply::{Diagnostics, MissReason, Reply};
use llm_cache_tests::emulator::{Emulator, Options};
use llm_cache_tests::raw_http::post;
use serde_json::{Value, json};

fn conversation() -> Value {
    let mark = json!({"type": "ephemeral"});
    json!({"model": "claude-opus-5-5", "max_tokens": 5,
        "diagnostics": {"previous_message_id": null},
        "tools": [{"name": "t", "description": "d".repeat(3000), "input_schema": {}}],
        "system": [{"type": "text", "text": "s".repeat(3000), "cache_control": mark}],
        "messages": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "t".repeat(3000), "signature": "dropped"},
                {"type": "tool_use", "id": "1", "name": "t", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1",
                "content": "two", "cache_control": mark}]}]})
}

/// What the doctor says of two requests that are really sent, with the reply to the second.
fn sent(edit: impl Fn(&mut Value)) -> Explanation {
    let emulator = Emulator::start(Options::new().now_ms(0)).unwrap();
    let headers = [("x-api-key", "sk-one"), ("anthropic-version", "2023-06-01")];
    let send = |body: &Value| {
        let answer = post(&emulator.base_url(), "/v1/messages", &headers, body).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let first = conversation();
    let mut second = first.clone();
    edit(&mut second);
    second["diagnostics"]["previous_message_id"] = send(&first)["id"].clone();
    let reply = send(&second).to_string();
    let reply = Reply::parse(Dialect::AnthropicMessages, reply.as_bytes()).unwrap();
    let (first, second) = (first.to_string(), second.to_string());
    let view = |body| PromptView::parse(str::as_bytes(body)).unwrap();
    let mut terms = Terms::default();
    terms.minimum_tokens = Some(512);
    explain(Some(&view(&first)), &view(&second), &Estimate::new(), &terms)
        .with_reply(reply.usage(), reply.diagnostics())
}

/// Proves that the doctor and the provider's own diagnostics name the same section, and that the
/// reply read what was foreseen.
#[test]
fn the_providers_diagnostics_agree() {
    type Edit = fn(&mut Value);
    let edits: [(Option<(MissReason, Section)>, Edit); 7] = [
        (None, |_| {}),
        (Some((MissReason::ModelChanged, Section::Tools)), |body| {
            body["model"] = "claude-opus-5".into();
        }),
        (Some((MissReason::ToolsChanged, Section::Tools)), |body| {
            body["tools"][0]["name"] = "u".into();
        }),
        (Some((MissReason::SystemChanged, Section::System)), |body| {
            body["system"][0]["text"] = "other".into();
        }),
        (Some((MissReason::Unavailable, Section::Messages)), |body| {
            body["tool_choice"] = json!({"type": "none"});
        }),
        (Some((MissReason::MessagesChanged, Section::Messages)), |body| {
            body["messages"][0]["content"] = "two".into();
        }),
        (None, |body| {
            let said = json!({"role": "assistant", "content": "three"});
            body["messages"].as_array_mut().unwrap().push(said);
        }),
    ];
    for (expected, edit) in edits {
        let told = sent(edit);
        let said = match told.diagnostics {
            Some(Diagnostics::Missed { reason, .. }) => Some(reason),
            other => {
                assert_eq!(other, Some(Diagnostics::NothingFound));
                None
            }
        };
        let section = told.difference.as_ref().map(|found| found.row.invalidates_from());
        assert_eq!((said, section), expected.unzip(), "{told}");
        assert_eq!(told.missing_tokens(), 0, "{told}");
        let observed = Usage { output_tokens: 0, ..told.observed.unwrap() };
        assert_eq!(observed, told.forecast, "{told}");
    }
}

/// Proves that what cannot be foreseen is seen in the reply: the provider leaves out thinking, and
/// the sentence says so, with the tokens that were lost by it.
#[test]
fn thinking_that_the_provider_drops() {
    let told = sent(|body| {
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "user", "content": "and?"}));
    });
    assert_eq!(told.finding, Finding::Hit);
    assert!(told.missing_tokens() > 700, "{told}");
    let place = "the provider left out the thinking at messages.1.content.0";
    assert!(told.to_string().contains(place), "{told}");
}
