//! Responses that are kept, so that they can be fetched, deleted and followed up.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::super::compose::tokens;
use super::super::error::Refused;

/// A response with the whole conversation up to and including it.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) response: Value,
    pub(super) items: Vec<Value>,
    pub(super) request: Value,
}

/// All kept responses of one emulator, by workspace and id.
#[derive(Debug, Default)]
pub(in super::super::super) struct Kept {
    turns: HashMap<(String, String), Turn>,
}

impl Kept {
    pub(super) fn put(&mut self, workspace: &str, turn: Turn) {
        let id = turn.response["id"].as_str().unwrap_or_default().to_string();
        self.turns.insert((workspace.to_string(), id), turn);
    }

    pub(super) fn get(&self, workspace: &str, id: &str) -> Option<&Turn> {
        self.turns.get(&(workspace.to_string(), id.to_string()))
    }

    /// Whether it was there. Turns that follow it keep their own copy of the conversation.
    pub(super) fn remove(&mut self, workspace: &str, id: &str) -> bool {
        self.turns.remove(&(workspace.to_string(), id.to_string())).is_some()
    }

    /// Puts the items themselves in the place of references to them.
    pub(super) fn resolve(
        &self,
        workspace: &str,
        mut items: Vec<Value>,
    ) -> Result<Vec<Value>, Refused> {
        for item in items.iter_mut().filter(|item| item["type"] == "item_reference") {
            let id = item["id"].clone();
            let own = self.turns.iter().filter(|((owner, _), _)| owner == workspace);
            let found = own.flat_map(|(_, turn)| &turn.items).find(|item| item["id"] == id);
            *item = found.cloned().ok_or_else(|| item_not_found(&id))?;
        }
        Ok(items)
    }

    /// What `prompt_cache_diagnostics` says of a request: null where none is asked for, else how it
    /// differs from the response that it names. The earliest difference in the prompt's order.
    pub(super) fn compare(&self, workspace: &str, body: &Value, items: &[Value]) -> Value {
        let Some(id) = body.pointer("/prompt_cache_options/comparison_response_id") else {
            return Value::Null;
        };
        let Some(earlier) = id.as_str().and_then(|id| self.get(workspace, id)) else {
            return json!({"type": "comparison_response_not_found"});
        };
        let settings = [
            ("/model", "model_changed"),
            ("/prompt_cache_key", "prompt_cache_key_changed"),
            ("/service_tier", "service_tier_changed"),
            ("/tools", "tools_changed"),
            ("/text/format", "text_format_changed"),
            ("/reasoning/effort", "reasoning_effort_changed"),
            ("/text/verbosity", "verbosity_changed"),
            ("/instructions", "input_changed"),
        ];
        let changed = settings
            .iter()
            .find(|(path, _)| body.pointer(path) != earlier.request.pointer(path))
            .map(|(_, reason)| *reason);
        let before = &earlier.items[..earlier.items.len() - outputs(&earlier.response)];
        let same = before.iter().zip(items).take_while(|(one, other)| one == other).count();
        let reason = changed.or_else(|| (same < before.len()).then_some("input_changed"));
        let Some(reason) = reason else { return json!({"type": "cache_hit"}) };
        let from = if changed.is_some() { 0 } else { same };
        let missed: u64 = items[from..].iter().map(|item| tokens(item.to_string().len())).sum();
        json!({"type": "cache_miss", "reason": reason, "cache_missed_tokens": missed})
    }
}

fn outputs(response: &Value) -> usize {
    response["output"].as_array().map_or(0, Vec::len)
}

/// The answer to a follow-up of a response that is not kept.
pub(super) fn previous_not_found(id: &str) -> Refused {
    Refused::invalid(format!("Previous response with id '{id}' not found."))
        .code("previous_response_not_found")
        .param("previous_response_id")
}

fn item_not_found(id: &Value) -> Refused {
    let id = id.as_str().unwrap_or_default();
    Refused::invalid(format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try \
         again with `store` set to true, or remove this item from your input."
    ))
    .status(404)
    .param("input")
}
