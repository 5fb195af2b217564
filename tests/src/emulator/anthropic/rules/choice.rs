//! Newer models cannot be forced to call a tool.

use super::super::super::models;
use super::Request;

pub(super) fn forced_tool(request: &Request<'_>) -> Option<String> {
    let choice = request.body["tool_choice"]["type"].as_str();
    let model = request.body["model"].as_str().unwrap_or_default();
    (matches!(choice, Some("any" | "tool")) && models::refuses_forced_tools(model)).then(|| {
        "tool_choice: type \"tool\" and \"any\" are not supported for this model.".to_string()
    })
}
