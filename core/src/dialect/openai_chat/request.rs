//! Which Chat requests go past the cache.

use super::super::openai::request::options_are_stateful;
use super::super::request::{may_contain, may_look};
use crate::json::JsonValue;
use crate::reply::members::present;

/// Parts of the names of models that search on every call, whatever the request says: OpenAI's,
/// Perplexity's, Groq's systems of tools, and any model of OpenRouter's that is asked for as
/// `NAME:online`.
const SEARCHING_MODELS: [&str; 5] =
    ["-search-preview", "-search-api", "sonar", "compound", ":online"];

/// Members of a body with which servers search, in their own documents or in the web: OpenAI and
/// Perplexity, xAI, Azure, OpenRouter.
const SEARCHING_MEMBERS: [&str; 4] =
    ["web_search_options", "search_parameters", "data_sources", "plugins"];

/// Whether a member of the body leans on state at the provider, or asks for an effect there.
pub(in super::super) fn is_stateful(name: &str, value: JsonValue<'_>) -> bool {
    match name {
        "prompt_cache_options" => options_are_stateful(value),
        // A recording of an earlier answer, by its id.
        "messages" if may_contain(value.text(), "audio") => {
            let mut recordings = value.elements().filter_map(|message| present(message, "audio"));
            recordings.any(|recording| present(recording, "id").is_some())
        }
        _ => false,
    }
}

/// Whether a member of the body lets the provider look at the live world.
pub(in super::super) fn is_live(name: &str, value: JsonValue<'_>) -> bool {
    match name {
        "tools" => value.elements().any(|tool| may_look(tool, |_| false)),
        "model" => searches_always(value.text()),
        name => {
            SEARCHING_MEMBERS.contains(&name) && value.text() != "[]" && value.text() != "false"
        }
    }
}

fn searches_always(model: &str) -> bool {
    // No name needs an escape; one that is hidden behind it counts as the worst.
    model.contains('\\') || SEARCHING_MODELS.iter().any(|part| model.contains(part))
}
