//! Members of a body of OpenAI's Responses API.

use super::super::cache_control::Ttl;
use super::super::request::SystemPrompt;
use super::fields::{Decoder, exactly, integer, is, set};
use super::openai::{ROLES, common, implicit, output, tool_choice};
use super::sections::raw_block;
use super::{Fault, Members};
use crate::json::JsonValue;

pub(super) const MEMBERS: Members = Members {
    names: &[
        "model",
        "max_output_tokens",
        "temperature",
        "top_p",
        "reasoning",
        "text",
        "safety_identifier",
        "service_tier",
        "prompt_cache_options",
        "stream",
        "tools",
        "tool_choice",
        "instructions",
        "input",
    ],
    take: member,
    needs_messages: false,
};

fn member<'a>(decoder: &mut Decoder<'a>, name: &str, value: JsonValue<'a>) -> Result<bool, Fault> {
    let request = &mut decoder.request;
    Ok(match name {
        "max_output_tokens" => set(&mut request.max_tokens, integer(value)),
        "reasoning" => {
            let Some([Some(effort)]) = exactly(value, ["effort"]) else { return Ok(false) };
            let effort = decoder.string(effort)?;
            set(&mut decoder.request.effort, effort)
        }
        "text" => {
            let Some([Some(format)]) = exactly(value, ["format"]) else { return Ok(false) };
            let names = ["type", "name", "schema", "strict"];
            let Some([kind, name, schema, strict]) = exactly(format, names) else {
                return Ok(false);
            };
            return Ok(is(kind, "json_schema") && output(decoder, [name, schema, strict])?);
        }
        "tool_choice" => {
            let function = exactly(value, ["type", "name"]);
            let function = function.filter(|[kind, _]| is(*kind, "function"));
            return tool_choice(decoder, value, function.and_then(|[_, name]| name));
        }
        "prompt_cache_options" => {
            let lifetimes = [Ttl::ThirtyMinutes, Ttl::TwelveHours];
            set(&mut request.cache_control, implicit(value, &lifetimes))
        }
        "instructions" => {
            let plain = value.as_str().and_then(|string| string.as_str());
            set(&mut request.system, plain.map(SystemPrompt::Text))
        }
        "input" => {
            // A string, or nothing at all, is not written back as a list.
            if value.elements().next().is_none() {
                return Ok(false);
            }
            decoder.messages(value, &ROLES, raw_block)?;
            true
        }
        _ => return common(decoder, name, value),
    })
}
