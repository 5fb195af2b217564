//! What a request for a response may hold, checked in this order.

use serde_json::Value;

use super::super::access;
use super::super::error::Refused;
use super::super::prompt_cache::{self, Api};
use super::{elements, request};

/// Types of input items, as the SDK's types list them.
const ITEMS: &[&str] = &[
    "additional_tools",
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "compaction_trigger",
    "computer_call",
    "computer_call_output",
    "configuration_update",
    "custom_tool_call",
    "custom_tool_call_output",
    "file_search_call",
    "function_call",
    "function_call_output",
    "image_generation_call",
    "item_reference",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "message",
    "program",
    "program_output",
    "reasoning",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
];

/// Types of the parts of a message.
const PARTS: &[&str] =
    &["input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot"];

const ROLES: &[&str] = &["assistant", "system", "developer", "user"];

/// Below it the provider refuses a limit.
const OUTPUT_TOKENS_MIN: u64 = 16;

/// Members that ask for what the emulator does not do, with the reason it gives.
const NOT_EMULATED: &[(&str, &str)] = &[
    ("background", "run responses in the background: leave background out"),
    ("conversation", "keep conversations: use previous_response_id"),
    ("prompt", "keep prompt templates: send the input itself"),
];

/// Checks all of `body` that needs no state.
pub(super) fn check(body: &Value) -> Result<(), Refused> {
    let model = access::model(body)?;
    for (name, does) in NOT_EMULATED {
        if body.get(*name).is_some_and(|value| !value.is_null() && value != false) {
            let message = format!("Unsupported parameter: '{name}'. The emulator does not {does}.");
            return Err(Refused::invalid(message).code("unsupported_parameter").param(*name));
        }
    }
    match body.get("input") {
        None | Some(Value::Null) if body["previous_response_id"].is_null() => {
            return Err(Refused::invalid(
                "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' \
                 must be provided.",
            )
            .code("missing_required_parameter"));
        }
        None | Some(Value::Null | Value::String(_)) => {}
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_item(&format!("input[{index}]"), item)?;
            }
        }
        Some(other) => return Err(Refused::kind("input", "a string or an array", other)),
    }
    if !access::is_known(model) {
        return Err(access::unknown_responses_model(model));
    }
    access::check_numbers(body)?;
    access::integer(body, "max_output_tokens", OUTPUT_TOKENS_MIN, u64::MAX)?;
    check_tools(body)?;
    check_format(body)?;
    prompt_cache::check(body, Api::Responses)
}

fn check_item(path: &str, item: &Value) -> Result<(), Refused> {
    if !item.is_object() {
        return Err(Refused::kind(path, "an object", item));
    }
    let kind = match item.get("type") {
        None if item.get("role").is_some() => "message",
        None => return Err(Refused::missing(&format!("{path}.type"))),
        Some(kind) => kind.as_str().unwrap_or_default(),
    };
    if !ITEMS.contains(&kind) {
        return Err(Refused::value(&format!("{path}.type"), kind, ITEMS));
    }
    let required: &[&str] = match kind {
        "message" => &["role", "content"],
        "function_call" => &["call_id", "name", "arguments"],
        "custom_tool_call" => &["call_id", "name", "input"],
        "function_call_output" | "custom_tool_call_output" => &["call_id", "output"],
        "item_reference" => &["id"],
        _ => &[],
    };
    if let Some(name) = required.iter().find(|name| item[**name].is_null()) {
        return Err(Refused::missing(&format!("{path}.{name}")));
    }
    if kind == "message" {
        let role = item["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            return Err(Refused::value(&format!("{path}.role"), role, ROLES));
        }
    }
    for (index, part) in elements(item, "content").iter().enumerate().filter(|_| kind == "message")
    {
        let path = format!("{path}.content[{index}].type");
        match part["type"].as_str() {
            Some(kind) if PARTS.contains(&kind) => {}
            Some(other) => return Err(Refused::value(&path, other, PARTS)),
            None => return Err(Refused::missing(&path)),
        }
    }
    Ok(())
}

fn check_tools(body: &Value) -> Result<(), Refused> {
    for (index, tool) in elements(body, "tools").iter().enumerate() {
        let kind = tool["type"].as_str();
        let member = match kind {
            None => Some("type"),
            Some("function" | "custom") => Some("name").filter(|_| !tool["name"].is_string()),
            // Run by the provider: taken, and never called here.
            Some(_) => None,
        };
        if let Some(member) = member {
            return Err(Refused::missing(&format!("tools[{index}].{member}")));
        }
    }
    let named = body.pointer("/tool_choice/name").and_then(Value::as_str);
    match named {
        Some(name) if !elements(body, "tools").iter().any(|tool| tool["name"] == name) => {
            Err(Refused::invalid(format!("Tool choice '{name}' not found in 'tools' parameter."))
                .param("tool_choice"))
        }
        _ => Ok(()),
    }
}

fn check_format(body: &Value) -> Result<(), Refused> {
    let Some(format) = body.pointer("/text/format").filter(|format| !format.is_null()) else {
        return Ok(());
    };
    match format["type"].as_str() {
        Some("text") => Ok(()),
        Some("json_object") => {
            let items = request::items(body);
            let mut texts = items.iter().flat_map(request::content_texts);
            if texts.any(|text| text.to_lowercase().contains("json")) {
                return Ok(());
            }
            Err(Refused::invalid(
                "Response input messages must contain the word 'json' in some form to use \
                 'text.format' of type 'json_object'.",
            )
            .param("input"))
        }
        Some("json_schema") => {
            match ["name", "schema"].iter().find(|member| format[**member].is_null()) {
                Some(member) => Err(Refused::missing(&format!("text.format.{member}"))),
                None => Ok(()),
            }
        }
        Some(other) => {
            Err(Refused::value("text.format.type", other, &["json_object", "json_schema", "text"]))
        }
        None => Err(Refused::missing("text.format.type")),
    }
}

/// Checks that in the whole conversation each call has its output, and each output its call.
pub(super) fn check_calls(items: &[Value]) -> Result<(), Refused> {
    for (call, output, words) in [
        ("function_call", "function_call_output", "function call"),
        ("custom_tool_call", "custom_tool_call_output", "custom tool call"),
    ] {
        let ids = |kind: &str| -> Vec<&Value> {
            let all = items.iter().filter(|item| item["type"] == kind);
            all.map(|item| &item["call_id"]).collect()
        };
        let (calls, outputs) = (ids(call), ids(output));
        let text = |id: &Value| id.as_str().unwrap_or_default().to_string();
        let message = if let Some(id) = outputs.iter().find(|id| !calls.contains(id)) {
            format!("No tool call found for {words} output with call_id {}.", text(id))
        } else if let Some(id) = calls.iter().find(|id| !outputs.contains(id)) {
            format!("No tool output found for {words} {}.", text(id))
        } else {
            continue;
        };
        return Err(Refused::invalid(message).param("input"));
    }
    Ok(())
}
