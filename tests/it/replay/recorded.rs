//! What recorded traffic must come to, worked out from the recording alone: nothing here asks core
//! or the client how it reads an answer, a stream, a count of tokens or a request's identity.

use llm_cache::llm_cache_core::{Usage, key::Dialect};
use llm_cache_tests::{digest::sorted_text, replay::Pair};
use serde_json::{Map, Value};

/// The page that publishes what is not part of a request's identity.
const KEY_PAGE: &str = include_str!("../../../core/KEY.md");

pub(crate) fn dialect(pair: &Pair) -> Dialect {
    if pair.path.starts_with("/v1/messages") {
        Dialect::AnthropicMessages
    } else {
        Dialect::OpenAiChat
    }
}

/// What is to become of a pair: `store`, or why not, in the words of the outcome and the verdict.
pub(crate) fn verdict(pair: &Pair) -> &'static str {
    let request = &pair.request;
    if request["stream"] == true {
        "bypass streaming"
    } else if !request["container"].is_null() || request["max_tokens"] == 0 {
        "bypass stateful"
    } else if has_live_tools(request) {
        "bypass live_tools"
    } else if pair.status != 200 {
        "skip status"
    } else if stop_reasons(&pair.response).all(|reason| COMPLETE.contains(&reason)) {
        "store"
    } else {
        "skip incomplete"
    }
}

const COMPLETE: [&str; 6] =
    ["end_turn", "stop_sequence", "tool_use", "stop", "tool_calls", "function_call"];

/// Tools that the provider runs itself, by the beginning of their type.
const PROVIDER_RUN: [&str; 5] =
    ["web_search_", "web_fetch_", "code_execution_", "advisor_", "mcp_toolset"];

fn has_live_tools(request: &Value) -> bool {
    let tools = request["tools"].as_array().into_iter().flatten();
    let mut kinds = tools.filter_map(|tool| tool["type"].as_str());
    kinds.any(|kind| PROVIDER_RUN.iter().any(|prefix| kind.starts_with(prefix)))
        || request["mcp_servers"].as_array().is_some_and(|servers| !servers.is_empty())
        || request.get("web_search_options").is_some()
        || request["model"].as_str().is_some_and(|model| model.contains("-search-"))
}

fn stop_reasons(response: &Value) -> impl Iterator<Item = &str> {
    let choices = response["choices"].as_array().into_iter().flatten();
    let of_choices = choices.map(|choice| &choice["finish_reason"]);
    let reasons = response.get("stop_reason").into_iter().chain(of_choices);
    reasons.map(|reason| reason.as_str().unwrap_or_default())
}

/// An answer in a form to compare: a JSON value, or the events of a stream with the JSON in them.
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    Json(Value),
    Events(Vec<(String, Value)>),
}

impl Content {
    pub(crate) fn recorded(pair: &Pair) -> Self {
        match &pair.response {
            Value::String(text) => Self::Events(events(text)),
            value => Self::Json(value.clone()),
        }
    }
}

/// The events of a recorded stream: its blocks between blank lines, with name and data. Recorded
/// streams have line feeds alone and no comments, which this checks.
pub(crate) fn events(text: &str) -> Vec<(String, Value)> {
    assert!(!text.contains('\r'), "a recorded stream with other line ends");
    text.split("\n\n").filter(|block| !block.trim().is_empty()).map(event).collect()
}

fn event(block: &str) -> (String, Value) {
    let (mut name, mut data) = (String::new(), Vec::new());
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("event", value)) => name = value.to_owned(),
            Some(("data", value)) => data.push(value),
            _ => panic!("a recorded stream with a line of another kind"),
        }
    }
    (name, event_data(&data.join("\n")))
}

/// The data of an event: JSON, or a word such as `[DONE]`.
pub(crate) fn event_data(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// The usage numbers of a recorded answer or stream; `None` where it has none.
pub(crate) fn usage(pair: &Pair) -> Option<Usage> {
    let mut reported = Map::new();
    let mut add = |usage: &Value| reported.extend(usage.as_object().cloned().unwrap_or_default());
    match Content::recorded(pair) {
        Content::Json(answer) => add(&answer["usage"]),
        Content::Events(events) => {
            for (_, data) in &events {
                add(&data["message"]["usage"]);
                add(&data["usage"]);
            }
        }
    }
    let reported = Value::Object(reported);
    let count = |pointer: &str| reported.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    match dialect(pair) {
        _ if reported == Value::Object(Map::new()) => None,
        Dialect::AnthropicMessages => Some(anthropic_usage(count)),
        _ => {
            let read = count("/prompt_tokens_details/cached_tokens");
            let written = count("/prompt_tokens_details/cache_write_tokens");
            Some(Usage {
                input_tokens: count("/prompt_tokens") - read - written,
                cache_read_tokens: read,
                cache_write_tokens: written,
                cache_write_1h_tokens: 0,
                cache_write_12h_tokens: 0,
                output_tokens: count("/completion_tokens"),
            })
        }
    }
}

fn anthropic_usage(count: impl Fn(&str) -> u64) -> Usage {
    let written = count("/cache_creation_input_tokens");
    let one_hour = count("/cache_creation/ephemeral_1h_input_tokens");
    Usage {
        input_tokens: count("/input_tokens"),
        cache_read_tokens: count("/cache_read_input_tokens"),
        cache_write_tokens: written - one_hour,
        cache_write_1h_tokens: one_hour,
        cache_write_12h_tokens: 0,
        output_tokens: count("/output_tokens"),
    }
}

/// The members that core/KEY.md publishes as left out for a dialect: `messages[].content[].x`.
pub(crate) fn left_out(dialect: Dialect) -> Vec<&'static str> {
    let table = KEY_PAGE.split_once("## 4.").and_then(|(_, rest)| rest.split_once("## 5."));
    let (table, _) = table.expect("section 4 of KEY.md");
    let (mut paths, mut current) = (Vec::new(), "");
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        let mut cells = line.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
        let (Some(name), Some(path)) = (cells.next(), cells.next()) else { continue };
        if !name.is_empty() {
            current = name;
        }
        if current == dialect.as_str() {
            paths.push(path);
        }
    }
    assert!(paths.len() >= 8 && paths.contains(&"stream"), "the table in KEY.md does not read");
    paths
}

/// A request body without the members that are left out of its identity.
pub(crate) fn stripped(dialect: Dialect, body: &Value) -> Value {
    let mut body = body.clone();
    for path in left_out(dialect) {
        let steps: Vec<&str> = path.split('.').collect();
        remove(&mut body, &steps);
    }
    body
}

fn remove(value: &mut Value, steps: &[&str]) {
    let Some(object) = value.as_object_mut() else { return };
    let (Some(step), rest) = (steps[0].strip_suffix("[]"), &steps[1..]) else {
        if let [last] = steps {
            object.shift_remove(*last);
        } else if let Some(inner) = object.get_mut(steps[0]) {
            remove(inner, &steps[1..]);
        }
        return;
    };
    let elements = object.get_mut(step).and_then(Value::as_array_mut);
    elements.into_iter().flatten().for_each(|element| remove(element, rest));
}

/// One text per identity of a request: two are equal exactly when the requests may share an answer.
pub(crate) fn identity(dialect: Dialect, body: &Value) -> String {
    let mut body = stripped(dialect, body);
    unify_numbers(&mut body);
    format!("{} {}", dialect.as_str(), sorted_text(&body))
}

/// `1.0` is the number `1`, in JSON and in a key.
fn unify_numbers(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(unify_numbers),
        Value::Object(members) => members.values_mut().for_each(unify_numbers),
        Value::Number(number) if number.is_f64() => {
            let double = number.as_f64().unwrap_or_default();
            if double.fract() == 0.0 && double.abs() < 9e15 {
                *value = Value::from(double as i64);
            }
        }
        _ => {}
    }
}

/// The same value in another spelling: members in reverse order, white space everywhere.
pub(crate) fn respelled(value: &Value) -> String {
    fn reversed(value: &Value) -> Value {
        match value {
            Value::Array(elements) => elements.iter().map(reversed).collect(),
            Value::Object(members) => {
                let members = members.iter().rev();
                members.map(|(name, member)| (name.clone(), reversed(member))).collect()
            }
            scalar => scalar.clone(),
        }
    }
    format!(" {:#}\n", reversed(value))
}
