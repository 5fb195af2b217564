//! What OpenAI's two APIs write alike.

use crate::prompt::form::Form;
use crate::prompt::out::{Mark, Out};
use crate::prompt::{
    CacheControl, Document, Function, OutputFormat, RawObject, Request, Tool, ToolChoice,
    ToolChoiceMode, Ttl,
};

/// The member that a mark on a content part is.
pub(in super::super) const MARK_NAME: &str = "prompt_cache_breakpoint";

/// The mark on a content part. The check has refused other lifetimes.
pub(in super::super) const fn mark_member(ttl: Option<Ttl>) -> Mark {
    let json = match ttl {
        Some(Ttl::ThirtyMinutes) => r#"{"mode":"explicit","ttl":"30m"}"#,
        Some(Ttl::TwelveHours) => r#"{"mode":"explicit","ttl":"12h"}"#,
        _ => r#"{"mode":"explicit"}"#,
    };
    (MARK_NAME, json)
}

/// The mark of a part, if it has one.
pub(in super::super) fn mark<F: Form>(
    out: &mut Out<'_, F>,
    cache_control: Option<CacheControl>,
) -> Result<(), F::Error> {
    cache_control.map_or(Ok(()), |mark| out.member_constant(mark_member(mark.ttl)))
}

/// A part that is JSON already, with its mark.
pub(in super::super) fn raw_part<F: Form>(
    out: &mut Out<'_, F>,
    part: &RawObject<'_>,
) -> Result<(), F::Error> {
    out.raw_object(part, mark_member(part.cache_control.and_then(|mark| mark.ttl)))
}

/// The parameters that both have under one name and that come last.
pub(in super::super) fn last_parameters<F: Form>(
    out: &mut Out<'_, F>,
    request: &Request<'_>,
) -> Result<(), F::Error> {
    out.optional_str("safety_identifier", request.user_id)?;
    out.optional_str("service_tier", request.service_tier)?;
    if let Some(mark) = request.cache_control {
        // Its own automatic mode, which marks the end of the latest message.
        let json = match mark.ttl {
            Some(Ttl::ThirtyMinutes) => r#"{"mode":"implicit","ttl":"30m"}"#,
            Some(Ttl::TwelveHours) => r#"{"mode":"implicit","ttl":"12h"}"#,
            _ => r#"{"mode":"implicit"}"#,
        };
        out.member_constant(("prompt_cache_options", json))?;
    }
    out.flag("stream", request.stream)
}

/// The tools, if any, with `function` for those that are described, and the choice among them.
pub(in super::super) fn tools<'a, F: Form>(
    out: &mut Out<'a, F>,
    request: &Request<'a>,
    function: impl Fn(&mut Out<'a, F>, &Function<'a>) -> Result<(), F::Error>,
    chosen: impl Fn(&mut Out<'a, F>, &'a str) -> Result<(), F::Error>,
) -> Result<(), F::Error> {
    if !request.tools.is_empty() {
        out.member_array("tools", request.tools, |out, tool| match tool {
            Tool::Function(described) => function(out, described),
            // The check has refused a mark of ours here.
            Tool::Raw(raw) => out.raw(raw.json),
        })?;
    }
    request.tool_choice.iter().try_for_each(|choice| tool_choice(out, choice, &chosen))
}

fn tool_choice<'a, F: Form>(
    out: &mut Out<'a, F>,
    choice: &ToolChoice<'a>,
    chosen: impl Fn(&mut Out<'a, F>, &'a str) -> Result<(), F::Error>,
) -> Result<(), F::Error> {
    match choice.mode {
        ToolChoiceMode::Auto => out.member_str("tool_choice", "auto"),
        ToolChoiceMode::Any => out.member_str("tool_choice", "required"),
        ToolChoiceMode::None => out.member_str("tool_choice", "none"),
        ToolChoiceMode::Tool(name) => out.member("tool_choice", |out| chosen(out, name)),
    }?;
    if choice.disable_parallel {
        out.member_constant(("parallel_tool_calls", "false"))?;
    }
    Ok(())
}

/// What describes a function.
pub(in super::super) fn function_members<F: Form>(
    out: &mut Out<'_, F>,
    tool: &Function<'_>,
) -> Result<(), F::Error> {
    out.member_str("name", tool.name)?;
    out.optional_str("description", tool.description)?;
    out.member_raw("parameters", tool.input_schema)?;
    match tool.strict {
        Some(strict) => out.member_constant(("strict", if strict { "true" } else { "false" })),
        None => Ok(()),
    }
}

/// What describes the form of an answer.
pub(in super::super) fn schema_members<F: Form>(
    out: &mut Out<'_, F>,
    output: &OutputFormat<'_>,
) -> Result<(), F::Error> {
    out.member_str("name", output.name)?;
    out.member_raw("schema", output.schema)?;
    out.flag("strict", output.strict)
}

/// A file that stands in the request itself.
pub(in super::super) fn inline_file<F: Form>(
    out: &mut Out<'_, F>,
    document: &Document<'_>,
    media_type: &str,
    data: &str,
) -> Result<(), F::Error> {
    // The APIs require a name with inline data.
    out.member_str("filename", document.title.unwrap_or("document.pdf"))?;
    out.member("file_data", |out| data_url(out, media_type, data))
}

pub(in super::super) fn data_url<F: Form>(
    out: &mut Out<'_, F>,
    media_type: &str,
    data: &str,
) -> Result<(), F::Error> {
    out.string_of(&["data:", media_type, ";base64,", data])
}
