//! A response as a stream of named events, each with its number; no `[DONE]` at the end.

use serde_json::{Value, json};

use super::super::super::anthropic::pieces;
use super::super::padded;
use super::elements;

/// The events of `response`, which is the whole one, in order: it begins empty, its items are
/// added, filled and closed one by one, and the last event has all of it.
pub(super) fn events(response: &Value, is_padded: bool) -> Vec<String> {
    let mut stream = Stream { events: Vec::new(), is_padded };
    let mut begun = response.clone();
    begun["status"] = "in_progress".into();
    begun["output"] = json!([]);
    for later in ["completed_at", "incomplete_details", "usage"] {
        begun[later] = Value::Null;
    }
    stream.push("response.created", json!({"response": begun}));
    stream.push("response.in_progress", json!({"response": begun}));
    for (index, item) in elements(response, "output").iter().enumerate() {
        stream.item(index, item);
    }
    let status = response["status"].as_str().unwrap_or_default();
    stream.push(&format!("response.{status}"), json!({"response": response}));
    stream.events
}

struct Stream {
    events: Vec<String>,
    is_padded: bool,
}

impl Stream {
    fn push(&mut self, name: &str, mut data: Value) {
        data["type"] = name.into();
        data["sequence_number"] = self.events.len().into();
        if self.is_padded && name.ends_with(".delta") {
            data = padded(data);
        }
        self.events.push(format!("event: {name}\ndata: {data}\n\n"));
    }

    /// What grows is empty when the item is added.
    fn item(&mut self, index: usize, item: &Value) {
        let place = json!({"output_index": index, "item_id": item["id"]});
        let mut added = item.clone();
        added["status"] = "in_progress".into();
        let grows = match item["type"].as_str() {
            Some("message") => "content",
            Some("function_call") => "arguments",
            _ => "input",
        };
        added[grows] = if grows == "content" { json!([]) } else { "".into() };
        self.push("response.output_item.added", json!({"output_index": index, "item": added}));
        match grows {
            "content" => {
                for (at, part) in elements(item, grows).iter().enumerate() {
                    let mut place = place.clone();
                    place["content_index"] = at.into();
                    self.part(&place, part);
                }
            }
            "arguments" => self.text("response.function_call_arguments", &place, item, grows),
            _ => self.text("response.custom_tool_call_input", &place, item, grows),
        }
        self.push("response.output_item.done", json!({"output_index": index, "item": item}));
    }

    fn part(&mut self, place: &Value, part: &Value) {
        let (name, member) = match part["type"].as_str() {
            Some("refusal") => ("response.refusal", "refusal"),
            _ => ("response.output_text", "text"),
        };
        let mut added = part.clone();
        added[member] = "".into();
        self.push("response.content_part.added", with(place, "part", added));
        self.text(name, place, part, member);
        self.push("response.content_part.done", with(place, "part", part.clone()));
    }

    /// The deltas of a text, then the whole of it.
    fn text(&mut self, name: &str, place: &Value, whole: &Value, member: &str) {
        let mut place = place.clone();
        if let Some(logprobs) = whole.get("logprobs") {
            place["logprobs"] = logprobs.clone();
        }
        for piece in pieces(whole[member].as_str().unwrap_or_default()) {
            self.push(&format!("{name}.delta"), with(&place, "delta", piece.into()));
        }
        self.push(&format!("{name}.done"), with(&place, member, whole[member].clone()));
    }
}

fn with(place: &Value, member: &str, value: Value) -> Value {
    let mut data = place.clone();
    data[member] = value;
    data
}
