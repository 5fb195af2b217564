//! `prompt_cache_options` and `prompt_cache_breakpoint`: where they may stand and what they say.

use serde_json::{Map, Value};

use super::super::super::models;
use super::super::error::Refused;
use super::Ttl;

const OPTIONS: &str = "prompt_cache_options";
const BREAKPOINT: &str = "prompt_cache_breakpoint";

/// Types of content parts that take a breakpoint, of both APIs.
const MARKABLE: &[&str] =
    &["text", "image_url", "input_audio", "file", "input_text", "input_image", "input_file"];

/// The two APIs that cache prompts; they differ in what the options may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Api {
    Chat,
    Responses,
}

impl Api {
    /// The lifetimes that a request may set for all its breakpoints.
    fn ttls(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &["30m"],
            Self::Responses => &["30m", "12h"],
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Chat => &["mode", "ttl"],
            Self::Responses => &["mode", "ttl", "prewarm", "comparison_response_id"],
        }
    }

    /// The member with the conversation.
    fn conversation(self) -> &'static str {
        match self {
            Self::Chat => "messages",
            Self::Responses => "input",
        }
    }
}

/// The options of a request that passed the [`check`], the defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Options {
    /// Whether the provider sets a breakpoint of its own.
    pub(in super::super) implicit: bool,
    pub(in super::super) ttl: Ttl,
    /// Whether the prompt is only to be cached, without an answer.
    pub(in super::super) prewarm: bool,
}

impl Options {
    /// `None` where the model does not cache by breakpoints.
    pub(in super::super) fn of(body: &Value) -> Option<Self> {
        let model = body["model"].as_str().unwrap_or_default();
        let options = &body[OPTIONS];
        models::caches_by_breakpoints(model).then(|| Self {
            implicit: options["mode"] != "explicit",
            ttl: options["ttl"].as_str().and_then(Ttl::of).unwrap_or(Ttl::ThirtyMinutes),
            prewarm: options["prewarm"] == true,
        })
    }
}

/// The breakpoint of a content part, with its own lifetime or the request's.
pub(super) fn of_part(part: &Value, options: Options) -> Option<Ttl> {
    let breakpoint = part.get(BREAKPOINT).filter(|value| !value.is_null())?;
    Some(breakpoint["ttl"].as_str().and_then(Ttl::of).unwrap_or(options.ttl))
}

/// Checks every rule on the options and on each breakpoint of `body`, wherever it stands.
pub(in super::super) fn check(body: &Value, api: Api) -> Result<(), Refused> {
    let Some(members) = body.as_object() else { return Ok(()) };
    let model = body["model"].as_str().unwrap_or_default();
    let is_supported = models::caches_by_breakpoints(model);
    if let Some(options) = members.get(OPTIONS).filter(|options| !options.is_null()) {
        if !is_supported {
            return Err(Refused::unsupported(OPTIONS));
        }
        check_options(options, api)?;
    }
    for (name, value) in members {
        if name == BREAKPOINT {
            return Err(Refused::unknown(name));
        }
        if name != OPTIONS && !is_data(name) {
            let place = if name == api.conversation() { Place::Conversation } else { Place::Other };
            check_breakpoints(name, name, value, place, is_supported)?;
        }
    }
    Ok(())
}

fn check_options(options: &Value, api: Api) -> Result<(), Refused> {
    let Some(members) = options.as_object() else {
        return Err(Refused::kind(OPTIONS, "an object", options));
    };
    for (name, value) in members {
        let path = format!("{OPTIONS}.{name}");
        if !api.options().contains(&name.as_str()) {
            return Err(Refused::unknown(&path));
        }
        match name.as_str() {
            "mode" => check_value(&path, value, &["implicit", "explicit"])?,
            "ttl" => check_value(&path, value, api.ttls())?,
            "prewarm" if !value.is_boolean() => {
                return Err(Refused::kind(&path, "a boolean", value));
            }
            "comparison_response_id" if !value.is_string() && !value.is_null() => {
                return Err(Refused::kind(&path, "a string", value));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_value(path: &str, value: &Value, supported: &[&str]) -> Result<(), Refused> {
    match value.as_str() {
        None => Err(Refused::kind(path, "a string", value)),
        Some(text) if supported.contains(&text) => Ok(()),
        Some(text) => Err(Refused::value(path, text, supported)),
    }
}

/// Where a value stands, as far as breakpoints go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Messages and items, and all between them and their parts.
    Conversation,
    /// An element of a list named `content` or `output`.
    Part,
    /// Where no breakpoint is, and no part: arguments, schemas, tools.
    Other,
}

/// Walks through `value`; the depth is bounded by the reader of the body.
fn check_breakpoints(
    path: &str,
    name: &str,
    value: &Value,
    place: Place,
    is_supported: bool,
) -> Result<(), Refused> {
    match value {
        Value::Array(elements) => {
            let is_parts = place == Place::Conversation && ["content", "output"].contains(&name);
            let place = if is_parts { Place::Part } else { place };
            for (index, element) in elements.iter().enumerate() {
                check_breakpoints(&format!("{path}[{index}]"), "", element, place, is_supported)?;
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                if name == BREAKPOINT && place != Place::Other {
                    check_breakpoint(&path, members, place, is_supported)?;
                } else if !is_data(name) {
                    let inner = if name == "tools" { Place::Other } else { place };
                    check_breakpoints(&path, name, member, inner, is_supported)?;
                }
            }
        }
        _ => {}
    }
    if let (Place::Other, Some(_)) = (place, value.get(BREAKPOINT)) {
        return Err(Refused::unknown(&format!("{path}.{BREAKPOINT}")));
    }
    Ok(())
}

/// Members whose contents are the caller's own data: schemas may name anything.
fn is_data(name: &str) -> bool {
    ["parameters", "schema", "metadata", "arguments"].contains(&name)
}

fn check_breakpoint(
    path: &str,
    part: &Map<String, Value>,
    place: Place,
    is_supported: bool,
) -> Result<(), Refused> {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    if place != Place::Part || !MARKABLE.contains(&kind) {
        return Err(Refused::unknown(path));
    }
    let breakpoint = &part[BREAKPOINT];
    if breakpoint.is_null() {
        return Ok(());
    }
    if !is_supported {
        return Err(Refused::unsupported(path));
    }
    let Some(members) = breakpoint.as_object() else {
        return Err(Refused::kind(path, "an object", breakpoint));
    };
    if !members.contains_key("mode") {
        return Err(Refused::missing(&format!("{path}.mode")));
    }
    for (name, value) in members {
        let path = format!("{path}.{name}");
        match name.as_str() {
            "mode" => check_value(&path, value, &["explicit"])?,
            "ttl" => check_value(&path, value, &["30m", "12h"])?,
            _ => return Err(Refused::unknown(&path)),
        }
    }
    Ok(())
}

/// `value` without the breakpoint of any content part: they change no answer.
pub(in super::super) fn without_breakpoints(mut value: Value) -> Value {
    remove_breakpoints(&mut value);
    value
}

fn remove_breakpoints(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(remove_breakpoints),
        Value::Object(members) => {
            members.shift_remove(BREAKPOINT);
            let inner = members.iter_mut().filter(|(name, _)| !is_data(name));
            inner.for_each(|(_, member)| remove_breakpoints(member));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chat(part: Value) -> Value {
        json!({"model": "gpt-6-sol", "messages": [{"role": "user", "content": [part]}]})
    }

    fn refusal(body: &Value, api: Api) -> String {
        check(body, api).map_or_else(|refused| format!("{refused:?}"), |()| "accepted".into())
    }

    /// Proves the values of the options by API, and their names.
    #[test]
    fn options_are_checked() {
        let cases = [
            (json!({"mode": "explicit", "ttl": "30m"}), "accepted", "accepted"),
            (json!({"ttl": "12h"}), "Supported values are: '30m'.", "accepted"),
            (json!({"ttl": "24h"}), "are: '30m'.", "are: '30m' and '12h'."),
            (json!({"ttl": 30}), "expected a string", "expected a string"),
            (json!({"mode": "auto"}), "'implicit' and 'explicit'", "'implicit' and 'explicit'"),
            (
                json!({"prewarm": true}),
                "Unknown parameter: 'prompt_cache_options.prewarm'",
                "accepted",
            ),
            (json!({"prewarm": 1}), "Unknown parameter", "expected a boolean"),
            (json!({"comparison_response_id": "r"}), "Unknown parameter", "accepted"),
            (json!({"key": "k"}), "Unknown parameter", "Unknown parameter"),
            (json!([]), "expected an object", "expected an object"),
            (json!(null), "accepted", "accepted"),
        ];
        for (options, chat, responses) in cases {
            let body = json!({"model": "gpt-5.6-sol", "prompt_cache_options": options});
            for (api, text) in [(Api::Chat, chat), (Api::Responses, responses)] {
                let found = refusal(&body, api);
                assert!(found.contains(text), "{body} {found}");
            }
        }
        let older = json!({"model": "gpt-5.5", "prompt_cache_options": {}});
        assert!(refusal(&older, Api::Chat).contains("'prompt_cache_options' is not supported"));
    }

    /// Proves where a breakpoint may stand, and what it may say.
    #[test]
    fn breakpoints_are_checked() {
        let mark = json!({"mode": "explicit", "ttl": "12h"});
        for kind in ["text", "image_url", "input_audio", "file"] {
            let body = chat(json!({"type": kind, "prompt_cache_breakpoint": mark}));
            assert_eq!(refusal(&body, Api::Chat), "accepted", "{kind}");
        }
        let cases = [
            (json!({"mode": "explicit"}), "accepted"),
            (json!(null), "accepted"),
            (json!({"mode": "implicit"}), "Supported values are: 'explicit'."),
            (json!({"mode": "explicit", "ttl": "1h"}), "are: '30m' and '12h'."),
            (json!({"ttl": "30m"}), "messages[0].content[0].prompt_cache_breakpoint.mode"),
            (json!({"mode": "explicit", "type": "ephemeral"}), "Unknown parameter"),
            (json!(true), "expected an object, but got a boolean"),
        ];
        for (mark, text) in cases {
            let body = chat(json!({"type": "text", "text": "a", "prompt_cache_breakpoint": mark}));
            let found = refusal(&body, Api::Chat);
            assert!(found.contains(text), "{body} {found}");
        }
        for misplaced in [
            chat(json!({"type": "refusal", "refusal": "a", "prompt_cache_breakpoint": mark})),
            json!({"model": "gpt-6-sol", "messages": [{"role": "user", "content": "a",
                "prompt_cache_breakpoint": mark}]}),
            json!({"model": "gpt-6-sol", "tools": [{"type": "function",
                "prompt_cache_breakpoint": mark}]}),
        ] {
            let found = refusal(&misplaced, Api::Chat);
            assert!(found.contains("Unknown parameter"), "{misplaced} {found}");
        }
        let output = json!({"model": "gpt-6-sol", "input": [{"type": "function_call_output",
            "call_id": "c", "output": [{"type": "input_text", "text": "a",
                "prompt_cache_breakpoint": mark}]}]});
        assert_eq!(refusal(&output, Api::Responses), "accepted");
        let schema = json!({"model": "gpt-6-sol", "tools": [{"type": "function", "parameters":
            {"properties": {"prompt_cache_breakpoint": {"type": "string"}}}}]});
        assert_eq!(refusal(&schema, Api::Chat), "accepted", "a schema may name anything");
        let mut older = chat(json!({"type": "text", "text": "a", "prompt_cache_breakpoint": mark}));
        older["model"] = "gpt-5".into();
        assert!(refusal(&older, Api::Chat).contains("is not supported with this model"));
    }
}
