//! Members of a body of Anthropic's Messages API.

use super::super::block::Block;
use super::super::message::Role;
use super::super::raw::RawJson;
use super::super::request::{Diagnostics, OutputFormat, SystemPrompt, ToolChoice, ToolChoiceMode};
use super::super::violation::{Place, Rule};
use super::fields::{Decoder, cache_control, double, exactly, integer, is, is_set, set};
use super::sections::raw_block;
use super::{Fault, Members};
use crate::json::{JsonKind, JsonValue};

pub(super) const MEMBERS: Members = Members {
    names: &[
        "model",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "metadata",
        "service_tier",
        "diagnostics",
        "stream",
        "thinking",
        "output_config",
        "cache_control",
        "tools",
        "tool_choice",
        "system",
        "messages",
    ],
    take: member,
    needs_messages: true,
};

const ROLES: [Role; 3] = [Role::User, Role::Assistant, Role::System];

fn member<'a>(decoder: &mut Decoder<'a>, name: &str, value: JsonValue<'a>) -> Result<bool, Fault> {
    let request = &mut decoder.request;
    Ok(match name {
        "model" => return decoder.model(value),
        "max_tokens" => set(&mut request.max_tokens, integer(value)),
        "temperature" => set(&mut request.temperature, double(value)),
        "top_p" => set(&mut request.top_p, double(value)),
        "top_k" => set(&mut request.top_k, integer(value)),
        "stop_sequences" => return decoder.stop_sequences(value),
        "metadata" => {
            let Some([Some(user_id)]) = exactly(value, ["user_id"]) else { return Ok(false) };
            let user_id = decoder.string(user_id)?;
            set(&mut decoder.request.user_id, user_id)
        }
        "service_tier" => {
            let tier = decoder.string(value)?;
            set(&mut decoder.request.service_tier, tier)
        }
        "diagnostics" => return diagnostics(decoder, value),
        "stream" => {
            request.stream = is_set(value);
            request.stream
        }
        "thinking" => set(&mut request.thinking, Some(RawJson::from(value))),
        "output_config" => return output_config(decoder, value),
        "cache_control" => {
            let place = Place::Member("cache_control");
            let mark = cache_control(value);
            request.cache_control = mark.ok_or(Fault::Rejected(place, Rule::BadCacheControl))?;
            true
        }
        "tools" => return decoder.tools(value),
        "tool_choice" => return tool_choice(decoder, value),
        "system" => {
            let plain = value.as_str().and_then(|string| string.as_str());
            let raw = SystemPrompt::Raw(RawJson::from(value));
            set(&mut request.system, Some(plain.map_or(raw, SystemPrompt::Text)))
        }
        _ => {
            if value.kind() == JsonKind::Array {
                decoder.messages(value, &ROLES, block)?;
            }
            decoder.has_messages
        }
    })
}

fn block(value: JsonValue<'_>) -> Block<'_> {
    let kind = value.get("type");
    if is(kind, "thinking") || is(kind, "redacted_thinking") {
        return Block::Thinking(RawJson::from(value));
    }
    raw_block(value)
}

fn diagnostics<'a>(decoder: &mut Decoder<'a>, value: JsonValue<'a>) -> Result<bool, Fault> {
    let Some([Some(id)]) = exactly(value, ["previous_message_id"]) else { return Ok(false) };
    let previous_message_id = decoder.string(id)?;
    let is_typed = previous_message_id.is_some() || id.is_null();
    let diagnostics = is_typed.then_some(Diagnostics { previous_message_id });
    Ok(set(&mut decoder.request.diagnostics, diagnostics))
}

fn output_config<'a>(decoder: &mut Decoder<'a>, value: JsonValue<'a>) -> Result<bool, Fault> {
    let Some([effort, format]) = exactly(value, ["effort", "format"]) else { return Ok(false) };
    let output = match format.map(|format| exactly(format, ["type", "schema"])) {
        None => None,
        Some(Some([kind, Some(schema)])) if is(kind, "json_schema") => {
            Some(OutputFormat::strict("", RawJson::from(schema)))
        }
        Some(_) => return Ok(false),
    };
    let Some(effort) = decoder.optional_string(effort)? else { return Ok(false) };
    (decoder.request.effort, decoder.request.output) = (effort, output);
    Ok(effort.is_some() || output.is_some())
}

fn tool_choice<'a>(decoder: &mut Decoder<'a>, value: JsonValue<'a>) -> Result<bool, Fault> {
    let names = ["type", "name", "disable_parallel_tool_use"];
    let Some([kind, name, alone]) = exactly(value, names) else { return Ok(false) };
    let Some(name) = decoder.optional_string(name)? else { return Ok(false) };
    let mode = match name {
        Some(name) if is(kind, "tool") => ToolChoiceMode::Tool(name),
        None if is(kind, "auto") => ToolChoiceMode::Auto,
        None if is(kind, "any") => ToolChoiceMode::Any,
        None if is(kind, "none") && alone.is_none() => ToolChoiceMode::None,
        _ => return Ok(false),
    };
    if alone.is_some_and(|alone| !is_set(alone)) {
        return Ok(false);
    }
    let mut choice = ToolChoice::new(mode);
    choice.disable_parallel = alone.is_some();
    Ok(set(&mut decoder.request.tool_choice, Some(choice)))
}
