//! Finds every marker that stands on an object of the API's own.
//!
//! Data that only looks like one (a tool's input, a schema) is not looked into: there the name is
//! the caller's.

use serde_json::Value;

use super::super::positions::{elements, nested};

/// What carries the marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A block or tool that may carry one.
    Block,
    /// The last block inside a tool result or document: counts as its parent's marker.
    LastNested,
    /// Anything else.
    Forbidden,
}

/// One marker.
#[derive(Debug)]
pub(super) struct Mark<'a> {
    pub(super) place: Place,
    /// The path that texts about order name: `messages.0.content.4`.
    pub(super) path: String,
    /// The path that texts about form name, with the block's type: `messages.0.content.4.text`.
    pub(super) typed_path: String,
    /// The object that carries it.
    pub(super) holder: &'a Value,
    /// The marker itself.
    pub(super) control: &'a Value,
}

/// Block types with the field, as the SDK's types list them, beta ones included.
const MARKABLE: &[&str] = &[
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "document",
    "image",
    "mcp_tool_result",
    "mcp_tool_use",
    "mid_conv_system",
    "search_result",
    "server_tool_use",
    "text",
    "text_editor_code_execution_tool_result",
    "tool_addition",
    "tool_removal",
    "tool_result",
    "tool_search_tool_result",
    "tool_use",
    "web_fetch_tool_result",
    "web_search_tool_result",
];

/// Top-level members that are objects of the API's own without the field.
const UNMARKABLE_MEMBERS: &[&str] =
    &["metadata", "output_config", "thinking", "tool_choice", "container", "diagnostics"];

/// All markers of `body` but the top-level one, in the order tools, system, messages, others.
pub(super) fn marks(body: &Value) -> Vec<Mark<'_>> {
    let mut walk = Walk { found: Vec::new() };
    for (index, tool) in elements(body, "tools").iter().enumerate() {
        walk.tool(&format!("tools.{index}"), tool);
    }
    for (index, block) in elements(body, "system").iter().enumerate() {
        let path = format!("system.{index}");
        let place = if block["type"] == "text" { Place::Block } else { Place::Forbidden };
        walk.object(place, &path, &path, block);
        walk.citations(&path, block);
    }
    for (index, message) in elements(body, "messages").iter().enumerate() {
        let path = format!("messages.{index}");
        walk.object(Place::Forbidden, &path, &path, message);
        for (index, block) in elements(message, "content").iter().enumerate() {
            walk.block(&format!("{path}.content.{index}"), block);
        }
    }
    for name in UNMARKABLE_MEMBERS {
        walk.object(Place::Forbidden, name, name, &body[*name]);
    }
    walk.found
}

struct Walk<'a> {
    found: Vec<Mark<'a>>,
}

impl<'a> Walk<'a> {
    fn object(&mut self, place: Place, path: &str, typed_path: &str, holder: &'a Value) {
        let Some(control) = holder.get("cache_control").filter(|control| !control.is_null()) else {
            return;
        };
        let (path, typed_path) = (path.to_string(), typed_path.to_string());
        self.found.push(Mark { place, path, typed_path, holder, control });
    }

    fn tool(&mut self, path: &str, tool: &'a Value) {
        let typed = format!("{path}.{}", tool["type"].as_str().unwrap_or("custom"));
        self.object(Place::Block, path, &typed, tool);
        self.object(
            Place::Forbidden,
            &format!("{path}.default_config"),
            &format!("{typed}.default_config"),
            &tool["default_config"],
        );
        for (name, config) in tool["configs"].as_object().into_iter().flatten() {
            let (path, typed) =
                (format!("{path}.configs.{name}"), format!("{typed}.configs.{name}"));
            self.object(Place::Forbidden, &path, &typed, config);
        }
    }

    fn block(&mut self, path: &str, block: &'a Value) {
        let kind = block["type"].as_str().unwrap_or_default();
        let typed = format!("{path}.{kind}");
        let inner = nested(block);
        let inner_path = if kind == "document" { "source.content" } else { "content" };
        for (index, one) in inner.iter().enumerate() {
            let last = index + 1 == inner.len() && MARKABLE_NESTED.contains(&kind_of(one));
            let place = if last { Place::LastNested } else { Place::Forbidden };
            let typed = format!("{typed}.{inner_path}.{index}.{}", kind_of(one));
            // A hoisted marker acts as its parent's, and is named by the parent's path.
            self.object(place, path, &typed, one);
        }
        if kind == "search_result" {
            for (index, one) in elements(block, "content").iter().enumerate() {
                let path = format!("{typed}.content.{index}");
                self.object(Place::Forbidden, &path, &path, one);
            }
        }
        let source = format!("{typed}.source");
        self.object(Place::Forbidden, &source, &source, &block["source"]);
        self.citations(&typed, block);
        let place = if MARKABLE.contains(&kind) { Place::Block } else { Place::Forbidden };
        self.object(place, path, &typed, block);
    }

    fn citations(&mut self, path: &str, block: &'a Value) {
        let path = format!("{path}.citations");
        match &block["citations"] {
            Value::Array(all) => {
                for (index, citation) in all.iter().enumerate() {
                    let path = format!("{path}.{index}");
                    self.object(Place::Forbidden, &path, &path, citation);
                }
            }
            citations => self.object(Place::Forbidden, &path, &path, citations),
        }
    }
}

/// Block types inside a tool result or document that have the field.
const MARKABLE_NESTED: &[&str] = &["document", "image", "search_result", "text", "tool_reference"];

fn kind_of(block: &Value) -> &str {
    block["type"].as_str().unwrap_or_default()
}
