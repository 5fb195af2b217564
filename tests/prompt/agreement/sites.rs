//! Where a mark can be put into a body, rightly or wrongly.

use serde_json::Value;

/// JSON pointers in the order in which the provider processes a prompt.
#[derive(Debug, Default)]
pub(super) struct Sites {
    /// Objects that may carry a mark.
    pub(super) right: Vec<String>,
    /// Every object of the API's own: those too, and the others.
    pub(super) all: Vec<String>,
}

/// Members of a block or tool that are the caller's data, not the API's objects.
const DATA: &[&str] = &["input", "input_schema", "cache_control"];

impl Sites {
    /// All sites of `body`. O(its length).
    pub(super) fn of(body: &Value) -> Self {
        let mut sites = Self::default();
        for name in ["tools", "system"] {
            for (index, entry) in list(body, name).iter().enumerate() {
                let is_right = entry["defer_loading"] != true && !is_empty_text(entry);
                sites.object(&format!("/{name}/{index}"), entry, is_right);
            }
        }
        for (index, message) in list(body, "messages").iter().enumerate() {
            sites.object(&format!("/messages/{index}"), message, false);
        }
        let settings = ["metadata", "thinking", "output_config", "tool_choice", "diagnostics"];
        for name in settings.iter().filter(|name| body[**name].is_object()) {
            sites.all.push(format!("/{name}"));
        }
        sites
    }

    /// `object` and what is inside it, in that order.
    fn object(&mut self, pointer: &str, object: &Value, is_right: bool) {
        self.all.push(pointer.to_string());
        if is_right {
            self.right.push(pointer.to_string());
        }
        for (name, member) in object.as_object().into_iter().flatten() {
            if DATA.contains(&name.as_str()) {
                continue;
            }
            let inside = format!("{pointer}/{name}");
            match member {
                Value::Object(_) => self.object(&inside, member, false),
                Value::Array(elements) => {
                    let is_message = object.get("role").is_some();
                    for (index, element) in elements.iter().enumerate() {
                        let is_last = index + 1 == elements.len();
                        let is_right = is_message && is_markable(element)
                            || is_last
                                && object["type"] == "tool_result"
                                && !is_empty_text(element);
                        self.object(&format!("{inside}/{index}"), element, is_right);
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_markable(block: &Value) -> bool {
    let kind = block["type"].as_str().unwrap_or_default();
    let without =
        ["thinking", "redacted_thinking", "tool_reference", "block_of_next_year", "fallback"];
    !without.contains(&kind) && !is_empty_text(block)
}

fn is_empty_text(block: &Value) -> bool {
    block["type"] == "text" && block["text"] == ""
}

fn list<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
