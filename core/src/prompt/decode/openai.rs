//! Members of a body of OpenAI's Chat Completions API.

use super::super::cache_control::{CacheControl, Ttl};
use super::super::message::Role;
use super::super::raw::RawJson;
use super::super::request::{OutputFormat, ToolChoice, ToolChoiceMode};
use super::fields::{Decoder, double, exactly, integer, is, is_set, set};
use super::sections::raw_block;
use super::{Fault, Members};
use crate::json::{JsonKind, JsonValue};

pub(super) const MEMBERS: Members = Members {
    names: &[
        "model",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "stop",
        "reasoning_effort",
        "safety_identifier",
        "service_tier",
        "prompt_cache_options",
        "stream",
        "tools",
        "tool_choice",
        "response_format",
        "messages",
    ],
    take: member,
    needs_messages: true,
};

pub(super) const ROLES: [Role; 4] = [Role::User, Role::Assistant, Role::System, Role::Developer];

fn member<'a>(decoder: &mut Decoder<'a>, name: &str, value: JsonValue<'a>) -> Result<bool, Fault> {
    let request = &mut decoder.request;
    Ok(match name {
        "max_completion_tokens" => set(&mut request.max_tokens, integer(value)),
        "stop" => return decoder.stop_sequences(value),
        "reasoning_effort" => {
            let effort = decoder.string(value)?;
            set(&mut decoder.request.effort, effort)
        }
        "tool_choice" => {
            let function = exactly(value, ["type", "function"]);
            let function = function.filter(|[kind, _]| is(*kind, "function"));
            let name = function.and_then(|[_, function]| exactly(function?, ["name"])?[0]);
            return tool_choice(decoder, value, name);
        }
        "response_format" => {
            let Some([kind, Some(format)]) = exactly(value, ["type", "json_schema"]) else {
                return Ok(false);
            };
            let names = ["name", "schema", "strict"];
            let Some(members) = exactly(format, names).filter(|_| is(kind, "json_schema")) else {
                return Ok(false);
            };
            return output(decoder, members);
        }
        "prompt_cache_options" => {
            set(&mut request.cache_control, implicit(value, &[Ttl::ThirtyMinutes]))
        }
        "messages" => {
            if value.kind() == JsonKind::Array {
                decoder.messages(value, &ROLES, raw_block)?;
            }
            decoder.has_messages
        }
        _ => return common(decoder, name, value),
    })
}

/// The members that OpenAI's two APIs have in common.
pub(super) fn common<'a>(
    decoder: &mut Decoder<'a>,
    name: &str,
    value: JsonValue<'a>,
) -> Result<bool, Fault> {
    let request = &mut decoder.request;
    Ok(match name {
        "model" => return decoder.model(value),
        "temperature" => set(&mut request.temperature, double(value)),
        "top_p" => set(&mut request.top_p, double(value)),
        "safety_identifier" => {
            let user_id = decoder.string(value)?;
            set(&mut decoder.request.user_id, user_id)
        }
        "service_tier" => {
            let tier = decoder.string(value)?;
            set(&mut decoder.request.service_tier, tier)
        }
        "stream" => {
            request.stream = is_set(value);
            request.stream
        }
        "tools" => return decoder.tools(value),
        _ => false,
    })
}

/// The automatic mode of the provider's cache, with one of these lifetimes if it states any.
pub(super) fn implicit(options: JsonValue<'_>, lifetimes: &[Ttl]) -> Option<CacheControl> {
    let [mode, stated] = exactly(options, ["mode", "ttl"])?;
    let ttl = lifetimes.iter().copied().find(|ttl| is(stated, ttl.as_str()));
    let is_known = is(mode, "implicit") && stated.is_some() == ttl.is_some();
    is_known.then_some(CacheControl { ttl })
}

/// Sets the choice among the tools: a word, or an object whose tool has this name.
pub(super) fn tool_choice<'a>(
    decoder: &mut Decoder<'a>,
    value: JsonValue<'a>,
    name: Option<JsonValue<'a>>,
) -> Result<bool, Fault> {
    let mode = if let Some(name) = name {
        decoder.string(name)?.map(ToolChoiceMode::Tool)
    } else {
        let words = [
            ("auto", ToolChoiceMode::Auto),
            ("required", ToolChoiceMode::Any),
            ("none", ToolChoiceMode::None),
        ];
        words.into_iter().find(|(word, _)| is(Some(value), word)).map(|(_, mode)| mode)
    };
    Ok(set(&mut decoder.request.tool_choice, mode.map(ToolChoice::new)))
}

/// Sets the schema of the answer from its members: name, schema and whether it is enforced.
pub(super) fn output<'a>(
    decoder: &mut Decoder<'a>,
    [name, schema, strict]: [Option<JsonValue<'a>>; 3],
) -> Result<bool, Fault> {
    let (Some(name), Some(schema)) = (name, schema) else { return Ok(false) };
    let Some(name) = decoder.string(name)? else { return Ok(false) };
    if strict.is_some_and(|strict| !is_set(strict)) {
        return Ok(false);
    }
    let (schema, strict) = (RawJson::from(schema), strict.is_some());
    Ok(set(&mut decoder.request.output, Some(OutputFormat { name, schema, strict })))
}
