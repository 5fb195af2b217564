//! Cache diagnostics: where a request's prompt first differs from that of an earlier one.
//!
//! Source: the provider's page on cache diagnostics, Sep 2026. The comparison is of what was sent;
//! whether the cache hit does not matter. How many tokens "were missed" is published as an estimate:
//! here it is what the earlier prompt has from the difference on.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::digest::Digest;

use super::super::log::Seen;
use super::access;
use super::positions::Prompt;
use super::settings::Section;

/// Members that are part of the prompt and of no section: a difference there cannot be explained.
const UNEXPLAINED: &[&str] =
    &["tool_choice", "thinking", "context_management", "output_config", "output_format"];

/// What is kept of the requests that ask for it, by workspace and message id.
#[derive(Debug, Default)]
pub(in super::super) struct Fingerprints(HashMap<(String, String), Fingerprint>);

#[derive(Debug)]
struct Fingerprint {
    model: String,
    unexplained: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    section: Section,
    own: Digest,
    /// Tokens of the prompt up to its end.
    tokens: u64,
}

impl Fingerprints {
    /// The answer's `diagnostics`; keeps the request under `message_id` for later ones.
    pub(super) fn compare(
        &mut self,
        body: &Value,
        prompt: &Prompt,
        seen: &Seen,
        (workspace, message_id): (&str, String),
    ) -> Value {
        let Some(asked) = body.get("diagnostics").filter(|asked| asked.is_object()) else {
            return Value::Null;
        };
        let current = Fingerprint::of(body, prompt, seen);
        let answer = match asked["previous_message_id"].as_str() {
            None => Value::Null,
            Some(id) => match self.0.get(&(workspace.to_string(), id.to_string())) {
                Some(previous) => reason(previous, &current),
                None => json!({"cache_miss_reason": {"type": "previous_message_not_found"}}),
            },
        };
        self.0.insert((workspace.to_string(), message_id), current);
        answer
    }
}

impl Fingerprint {
    fn of(body: &Value, prompt: &Prompt, seen: &Seen) -> Self {
        let mut betas: Vec<&str> = access::betas(seen).collect();
        betas.sort_unstable();
        betas.dedup();
        let members = UNEXPLAINED.iter().map(|name| body[*name].to_string());
        let blocks = prompt.positions.iter().map(|position| Block {
            section: position.section,
            own: position.own,
            tokens: position.tokens,
        });
        Self {
            model: body["model"].as_str().unwrap_or_default().to_string(),
            unexplained: members.chain([betas.join(",")]).collect::<Vec<_>>().join("\n"),
            blocks: blocks.collect(),
        }
    }

    fn section(&self, section: Section) -> impl Iterator<Item = Digest> {
        self.blocks.iter().filter(move |block| block.section == section).map(|block| block.own)
    }
}

/// The earliest difference, in the order in which a prompt is processed.
fn reason(previous: &Fingerprint, current: &Fingerprint) -> Value {
    let differs = |section| !previous.section(section).eq(current.section(section));
    let kind = if previous.model != current.model {
        "model_changed"
    } else if differs(Section::Tools) {
        "tools_changed"
    } else if differs(Section::System) {
        "system_changed"
    } else if previous.unexplained != current.unexplained {
        return json!({"cache_miss_reason": {"type": "unavailable"}});
    } else if previous.blocks.iter().zip(&current.blocks).any(|(one, other)| one.own != other.own) {
        "messages_changed"
    } else {
        return Value::Null;
    };
    let total = previous.blocks.last().map_or(0, |block| block.tokens);
    let same = previous.blocks.iter().zip(&current.blocks);
    let same = same.take_while(|(one, other)| one == other).last().map_or(0, |(one, _)| one.tokens);
    let missed = if kind == "model_changed" { total } else { total - same };
    json!({"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": missed}})
}
