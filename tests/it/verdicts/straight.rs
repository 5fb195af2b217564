//! The rules for answers once more, over `serde_json` values: what an answer must be to be stored.
//!
//! Written from the rules, one sentence a line, and not from the library's code: nothing is shared.

use llm_cache_core::key::Dialect;
use serde_json::Value;

/// Whether an answer that came with status 200 may be stored.
pub(super) fn is_sound(dialect: Dialect, body: &Value) -> bool {
    body.is_object()
        && body["error"].is_null()
        && match dialect {
            Dialect::AnthropicMessages => anthropic(body),
            Dialect::OpenAiChat => chat(body),
            Dialect::OpenAiResponses => responses(body),
            Dialect::OpenAiEmbeddings => embeddings(body),
            Dialect::Json => true,
        }
}

fn embeddings(body: &Value) -> bool {
    let Some(data) = body["data"].as_array() else { return false };
    let vector = |index: usize| {
        let mut of_index = data.iter().filter(|entry| entry["index"] == index);
        of_index.next().filter(|_| of_index.next().is_none())
    };
    let numbers = |vector: &Value| {
        vector.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_number))
    };
    let is_whole = |vector: &Value| !text(vector).is_empty() || numbers(vector);
    !data.is_empty()
        && data.iter().all(|entry| entry["error"].is_null())
        && (0..data.len())
            .all(|index| vector(index).is_some_and(|entry| is_whole(&entry["embedding"])))
}

fn anthropic(body: &Value) -> bool {
    let Some(blocks) = body["content"].as_array() else { return false };
    let is = |block: &Value, kinds: &[&str]| kinds.iter().any(|kind| block["type"] == *kind);
    let reason = &body["stop_reason"];
    let calls = blocks.iter().filter(|block| is(block, &["tool_use"])).count();
    let is_whole = |block: &&Value| block["input"].is_object();
    let is_named = |block: &&Value| !text(&block["name"]).is_empty();
    body["type"] == "message"
        && body["stop_details"]["type"] != "refusal"
        && ["end_turn", "stop_sequence", "tool_use"].iter().any(|known| reason == *known)
        && blocks.iter().all(|block| block.is_object() && block["error"].is_null())
        && blocks
            .iter()
            .filter(|block| is(block, &["tool_use"]))
            .all(|b| is_named(&b) && is_whole(&b))
        && blocks
            .iter()
            .filter(|block| is(block, &["server_tool_use", "mcp_tool_use"]))
            .all(|block| is_whole(&block))
        && (reason != "tool_use" || calls > 0)
        && (calls > 0
            || blocks.iter().any(|block| is(block, &["text"]) && says(&block["text"]))
            || blocks.iter().any(|b| is(b, &["image", "document", "file", "container_upload"])))
}

fn chat(body: &Value) -> bool {
    let Some(choices) = body["choices"].as_array() else { return false };
    !choices.is_empty() && choices.iter().all(choice)
}

fn choice(choice: &Value) -> bool {
    let message = &choice["message"];
    let reason = text(&choice["finish_reason"]);
    let parts = message["content"].as_array().map_or(&[][..], Vec::as_slice);
    let listed = message["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
    let single = Some(&message["function_call"]).filter(|call| !call.is_null());
    let calls = listed.len() + usize::from(single.is_some());
    let refused = |place: &Value| !text(&place["refusal"]).is_empty();
    message.is_object()
        && choice["error"].is_null()
        && message["error"].is_null()
        && matches!(message["content"], Value::Null | Value::String(_) | Value::Array(_))
        && matches!(message["tool_calls"], Value::Null | Value::Array(_))
        && !refused(message)
        && !parts.iter().any(|part| part["type"] == "refusal" && refused(part))
        && matches!(reason, "stop" | "tool_calls" | "function_call")
        && listed.iter().all(|call| match (&call["function"], &call["custom"]) {
            (Value::Null, custom) => {
                !text(&custom["name"]).is_empty() && custom["input"].is_string()
            }
            (function, _) => function_is_whole(function),
        })
        && single.is_none_or(function_is_whole)
        && (reason == "stop" || calls > 0)
        && (calls > 0
            || says(&message["content"])
            || !message["audio"].is_null()
            || message["images"].as_array().is_some_and(|images| !images.is_empty())
            || parts.iter().any(|part| match text(&part["type"]) {
                "text" | "output_text" => says(&part["text"]),
                "image_url" | "image" | "audio" | "input_audio" | "output_audio" | "file" => true,
                _ => false,
            }))
}

fn responses(body: &Value) -> bool {
    let Some(items) = body["output"].as_array() else { return false };
    let of = |kind: &'static str| items.iter().filter(move |item| item["type"] == kind);
    let parts = || items.iter().filter_map(|item| item["content"].as_array()).flatten();
    let spoken = || of("message").filter_map(|item| item["content"].as_array()).flatten();
    let run_by_caller = [
        ("local_shell_call", "action"),
        ("shell_call", "action"),
        ("computer_call", "action"),
        ("apply_patch_call", "operation"),
    ];
    let asked_by_search = || of("tool_search_call").filter(|item| item["execution"] == "client");
    let calls = of("function_call").count()
        + of("custom_tool_call").count()
        + asked_by_search().count()
        + run_by_caller.iter().map(|(kind, _)| of(kind).count()).sum::<usize>();
    body["status"] == "completed"
        && body["incomplete_details"].is_null()
        && items.iter().all(|item| {
            let is_finished = item["status"].is_null() || item["status"] == "completed";
            item.is_object() && item["error"].is_null() && is_finished
        })
        && !parts().any(|part| part["type"] == "refusal")
        && of("function_call").all(function_is_whole)
        && of("custom_tool_call")
            .all(|call| !text(&call["name"]).is_empty() && call["input"].is_string())
        && asked_by_search().all(|call| call["arguments"].is_object())
        && run_by_caller.iter().all(|(kind, input)| of(kind).all(|call| call[*input].is_object()))
        && (calls > 0
            || of("mcp_approval_request").next().is_some()
            || of("image_generation_call").any(|item| !text(&item["result"]).is_empty())
            || spoken().any(|part| {
                matches!(text(&part["type"]), "text" | "output_text") && says(&part["text"])
            }))
}

/// A name, and arguments that are an object, as such or as its text.
fn function_is_whole(function: &Value) -> bool {
    let has_arguments = match &function["arguments"] {
        Value::String(empty) if empty.is_empty() => true,
        Value::String(text) => serde_json::from_str::<Value>(text).is_ok_and(|it| it.is_object()),
        other => other.is_object(),
    };
    !text(&function["name"]).is_empty() && has_arguments
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether it is a string with more than white space in it.
fn says(value: &Value) -> bool {
    !text(value).trim().is_empty()
}
