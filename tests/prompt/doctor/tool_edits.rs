//! Edits of the tools.

use serde_json::{Value, json};

use super::super::random::Random;
use super::conversations::{text, tool, web_tool};
use super::edits::{Done, expect, list};

/// Changes one of the caller's own tools.
fn with_tool(
    rng: &mut Random,
    body: &mut Value,
    edit: impl FnOnce(&mut Value),
    within: &str,
    change: &'static str,
) -> Done {
    let own = tools(body, false);
    if own.is_empty() {
        return Done::NotHere;
    }
    let index = *rng.pick(&own);
    edit(&mut body["tools"][index]);
    expect("tool definitions", format!("tools.{index}.{within}"), change)
}

pub(super) fn tool_description(rng: &mut Random, body: &mut Value) -> Done {
    let other = text(rng);
    with_tool(rng, body, |tool| tool["description"] = other.into(), "description", "Changed")
}

pub(super) fn tool_schema_reordered(rng: &mut Random, body: &mut Value) -> Done {
    let reorder = |tool: &mut Value| {
        let properties = tool["input_schema"]["properties"].as_object_mut().unwrap();
        let first = properties.shift_remove("a").unwrap();
        properties.insert("a".into(), first);
    };
    with_tool(rng, body, reorder, "input_schema.properties", "Reordered")
}

pub(super) fn tool_number_respelled(rng: &mut Random, body: &mut Value) -> Done {
    let respell = |tool: &mut Value| {
        tool["input_schema"]["properties"]["b"]["minimum"] = json!(1.0);
    };
    with_tool(rng, body, respell, "input_schema.properties.b.minimum", "Respelled")
}

pub(super) fn tool_added(rng: &mut Random, body: &mut Value) -> Done {
    let added = tool(rng);
    if body.get("tools").is_none() {
        body["tools"] = json!([]);
    }
    let tools = list(body, "tools").unwrap();
    tools.push(added);
    let index = tools.len() - 1;
    expect("tool definitions", format!("tools.{index}"), "Added")
}

pub(super) fn tool_removed(_: &mut Random, body: &mut Value) -> Done {
    let Some(index) = tools(body, false).pop() else { return Done::NotHere };
    list(body, "tools").unwrap().remove(index);
    expect("tool definitions", format!("tools.{index}"), "Removed")
}

pub(super) fn tools_swapped(_: &mut Random, body: &mut Value) -> Done {
    let own = tools(body, false);
    let [.., one, other] = own[..] else { return Done::NotHere };
    list(body, "tools").unwrap().swap(one, other);
    expect("tool definitions", format!("tools.{one}.name"), "Changed")
}

const WEB: &str = "web search or web fetch";

pub(super) fn web_tool_toggled(rng: &mut Random, body: &mut Value) -> Done {
    if let Some(index) = tools(body, true).pop() {
        list(body, "tools").unwrap().remove(index);
        return expect(WEB, format!("tools.{index}"), "Removed");
    }
    if body.get("tools").is_none() {
        body["tools"] = json!([]);
    }
    let tools = list(body, "tools").unwrap();
    let index = rng.below(tools.len() + 1);
    tools.insert(index, web_tool(rng));
    expect(WEB, format!("tools.{index}"), "Added")
}

pub(super) fn web_tool_set(_: &mut Random, body: &mut Value) -> Done {
    let Some(index) = tools(body, true).pop() else { return Done::NotHere };
    body["tools"][index]["max_uses"] = 99.into();
    expect(WEB, format!("tools.{index}"), "Changed")
}

/// Indices of the tools that are or are not web tools.
fn tools(body: &Value, web: bool) -> Vec<usize> {
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_web = |tool: &Value| tool.get("type").is_some();
    (0..tools.len()).filter(|index| is_web(&tools[*index]) == web).collect()
}
