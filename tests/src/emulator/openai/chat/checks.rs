//! What a request for a completion may hold, checked in this order.

use serde_json::Value;

use super::super::access;
use super::super::error::Refused;
use super::super::prompt_cache::{self, Api};
use super::{CHOICES_MAX, elements, request};

/// The number of choices that a good request asks for.
pub(super) fn check(body: &Value) -> Result<u64, Refused> {
    let model = access::model(body)?;
    if elements(body, "messages").is_empty() {
        return Err(Refused::missing("messages"));
    }
    if !access::is_known(model) {
        return Err(access::unknown_model(model));
    }
    access::check_numbers(body)?;
    let choices = access::integer(body, "n", 1, CHOICES_MAX)?;
    check_stream(body)?;
    check_tools(body)?;
    check_format(body)?;
    prompt_cache::check(body, Api::Chat)?;
    Ok(choices.unwrap_or(1))
}

fn check_stream(body: &Value) -> Result<(), Refused> {
    let options = body.get("stream_options").filter(|options| !options.is_null());
    match options {
        Some(_) if body["stream"] != true => Err(Refused::invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options")),
        Some(options) if !options.is_object() => {
            Err(Refused::kind("stream_options", "an object", options))
        }
        _ => Ok(()),
    }
}

fn check_tools(body: &Value) -> Result<(), Refused> {
    for (index, tool) in elements(body, "tools").iter().enumerate() {
        let path = format!("tools[{index}]");
        let kind = match tool["type"].as_str() {
            Some(kind @ ("function" | "custom")) => kind,
            Some(other) => {
                return Err(Refused::value(
                    &format!("{path}.type"),
                    other,
                    &["function", "custom"],
                ));
            }
            None => return Err(Refused::missing(&format!("{path}.type"))),
        };
        for member in [kind.to_string(), format!("{kind}.name")] {
            if tool.pointer(&format!("/{}", member.replace('.', "/"))).is_none_or(Value::is_null) {
                return Err(Refused::missing(&format!("{path}.{member}")));
            }
        }
    }
    Ok(())
}

fn check_format(body: &Value) -> Result<(), Refused> {
    let Some(format) = body.get("response_format").filter(|format| !format.is_null()) else {
        return Ok(());
    };
    match format["type"].as_str() {
        Some("text") => Ok(()),
        Some("json_object") => {
            let mentions =
                request::all_texts(body).any(|text| text.to_lowercase().contains("json"));
            if mentions {
                return Ok(());
            }
            Err(Refused::invalid(
                "'messages' must contain the word 'json' in some form, to use 'response_format' \
                 of type 'json_object'.",
            )
            .param("messages"))
        }
        Some("json_schema") => {
            for member in ["json_schema", "json_schema.name"] {
                let pointer = format!("/{}", member.replace('.', "/"));
                if format.pointer(&pointer).is_none_or(Value::is_null) {
                    return Err(Refused::missing(&format!("response_format.{member}")));
                }
            }
            Ok(())
        }
        Some(other) => Err(Refused::value(
            "response_format.type",
            other,
            &["json_object", "json_schema", "text"],
        )),
        None => Err(Refused::missing("response_format.type")),
    }
}
