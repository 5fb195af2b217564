//! Finds every marker that stands on an object of the API's own.
//!
//! Data that only looks like one (a tool's input, a schema) is not looked into: there the name is
//! the caller's.

use serde_json::Value;

use super::super::positions::{MARKABLE, elements, is_server_tool_result, nested};

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
        walk.members(&path, block);
        walk.object(place, &path, &path, block);
    }
    for (index, message) in elements(body, "messages").iter().enumerate() {
        let path = format!("messages.{index}");
        walk.object(Place::Forbidden, &path, &path, message);
        for (index, block) in elements(message, "content").iter().enumerate() {
            let place =
                if MARKABLE.contains(&kind_of(block)) { Place::Block } else { Place::Forbidden };
            let path = format!("{path}.content.{index}");
            walk.block(place, &path, &path, block);
        }
    }
    for name in UNMARKABLE_MEMBERS {
        walk.object(Place::Forbidden, name, name, &body[*name]);
    }
    let format = "output_config.format";
    walk.object(Place::Forbidden, format, format, &body["output_config"]["format"]);
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

    /// A block and what is inside it. `path` is that of the block of the message: a hoisted marker
    /// acts as its parent's, and is named by the parent's path.
    fn block(&mut self, place: Place, path: &str, untyped: &str, block: &'a Value) {
        let kind = kind_of(block);
        let typed = format!("{untyped}.{kind}");
        let inner = nested(block);
        let inner_path = if kind == "document" { "source.content" } else { "content" };
        for (index, one) in inner.iter().enumerate() {
            let is_last = index + 1 == inner.len() && place != Place::Forbidden;
            let hoisted = is_last && MARKABLE_NESTED.contains(&kind_of(one));
            let place = if hoisted { Place::LastNested } else { Place::Forbidden };
            self.block(place, path, &format!("{typed}.{inner_path}.{index}"), one);
        }
        self.members(&typed, block);
        self.object(place, path, &typed, block);
    }

    /// The objects inside a block that are no blocks.
    fn members(&mut self, typed: &str, block: &'a Value) {
        let kind = kind_of(block);
        // What an MCP server returned is made of blocks; nothing is published about marks on them.
        let is_closed = is_server_tool_result(kind) && kind != "mcp_tool_result";
        if kind == "search_result" || is_closed {
            let content = format!("{typed}.content");
            for (index, one) in elements(block, "content").iter().enumerate() {
                let path = format!("{content}.{index}");
                self.object(Place::Forbidden, &path, &path, one);
            }
            self.object(Place::Forbidden, &content, &content, &block["content"]);
        }
        let source = format!("{typed}.source");
        self.object(Place::Forbidden, &source, &source, &block["source"]);
        self.citations(typed, block);
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
