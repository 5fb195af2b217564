//! What an error body says, in whatever shape it comes.
//!
//! Every member is read by itself, so that one of another type hides nothing else. Known shapes:
//! `{"error": {..}}` of Anthropic, OpenAI and Azure, the same in a list (Gemini), `error` as a string
//! (Ollama, xAI), a flat object (vLLM, Mistral, Azure's gateway), `detail` (FastAPI), `errors`
//! (Cloudflare), an error within a choice or a response of a stream, plain text, HTML and XML.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::spent;

/// How far into an error its members are looked for.
const DEPTH_MAX: usize = 6;

/// What an error body says, as far as it is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) class: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    /// The status that the body names; in a stream there is no other.
    pub(crate) status: Option<u16>,
    /// The account's money is spent.
    pub(crate) spent: bool,
}

impl Said {
    /// Reads a body, or the data of an event.
    pub(crate) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match json_of(text) {
            Some(root) => Self::of_json(&root),
            None => Self::of_text(text),
        }
    }

    fn of_json(root: &Value) -> Self {
        let error = error_of(root, 0);
        // What the error itself does not have may stand beside it.
        let message = text_of(error, 0).or_else(|| text_of(root, 0));
        let class = class_of(error).or_else(|| class_of(root));
        let mut classes = Vec::new();
        collect_classes(root, 0, &mut classes);
        let status = status_of(error).or_else(|| status_of(root));
        Self {
            spent: status == Some(402)
                || classes.iter().any(|class| spent::names_spent_money(class))
                || message.as_deref().is_some_and(spent::tells_spent_money),
            class: class.map(str::to_owned),
            message: message.map(Cow::into_owned),
            request_id: ["request_id", "requestid"]
                .into_iter()
                .find_map(|name| scalar(member(root, name).or_else(|| member(error, name))?))
                .filter(|id| !id.is_empty()),
            status,
        }
    }

    fn of_text(text: &str) -> Self {
        let is_text = |each: char| !each.is_control() || each.is_whitespace();
        if text.is_empty() || !text.chars().all(is_text) {
            return Self::default();
        }
        let message = match text.as_bytes()[0] {
            b'<' => words_of_markup(text),
            // JSON that was cut: what of it is the message, and what quotes the prompt?
            b'{' | b'[' => String::new(),
            _ => text.to_owned(),
        };
        Self {
            spent: spent::tells_spent_money(&message) || spent::quotes_spent_money(text),
            message: Some(message).filter(|message| !message.is_empty()),
            ..Self::default()
        }
    }
}

/// The JSON of a body: all of it, or the data of an event, where the error of a streamed request
/// comes as one.
fn json_of(text: &str) -> Option<Value> {
    let whole = || serde_json::from_str(text).ok();
    let event = || {
        let data = text.lines().find_map(|line| line.strip_prefix("data:"))?;
        serde_json::from_str(data).ok()
    };
    whole().or_else(event)
}

/// The innermost value that is called an error, else the value itself.
fn error_of(value: &Value, depth: usize) -> &Value {
    if depth == DEPTH_MAX {
        return value;
    }
    let inner = match value {
        Value::Array(list) => {
            let has_error = |each: &&Value| member(each, "error").is_some_and(|it| !it.is_null());
            list.iter().find(has_error).or(list.first())
        }
        Value::Object(_) => ["error", "errors", "response", "choices"]
            .into_iter()
            .filter_map(|name| member(value, name))
            .find(|inner| is_inner_error(inner)),
        _ => None,
    };
    inner.map_or(value, |inner| error_of(inner, depth + 1))
}

/// An object, or a list that begins with one: a string says too little to be all of an error.
fn is_inner_error(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.first().is_some_and(Value::is_object),
        _ => value.is_object(),
    }
}

/// The words of an error: those of its message, whatever that is made of.
fn text_of(value: &Value, depth: usize) -> Option<Cow<'_, str>> {
    if depth == DEPTH_MAX {
        return None;
    }
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
        Value::Array(list) => {
            let texts: Vec<_> = list.iter().filter_map(|each| text_of(each, depth + 1)).collect();
            if texts.is_empty() { None } else { Some(texts.join("; ").into()) }
        }
        Value::Object(_) => [
            "message",
            "msg",
            "error_description",
            "error_message",
            "errormessage",
            "detail",
            "error",
            "errors",
            "title",
            "description",
            "reason",
        ]
        .into_iter()
        .find_map(|name| text_of(member(value, name)?, depth + 1)),
        _ => None,
    }
}

/// The class of an error: its code says more than its type, but a number says less.
fn class_of(value: &Value) -> Option<&str> {
    let names = ["code", "type", "status", "error_type", "error_code", "__type"];
    let texts = || names.into_iter().filter_map(|name| member(value, name)?.as_str());
    let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let says_class = |text: &&str| !is_number(text) && *text != "error";
    texts().find(says_class).or_else(|| texts().find(|text| !text.is_empty() && is_number(text)))
}

/// Every short text that classifies something, however deep.
fn collect_classes<'a>(value: &'a Value, depth: usize, classes: &mut Vec<&'a str>) {
    if depth == DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(list) => {
            list.iter().for_each(|each| collect_classes(each, depth + 1, classes));
        }
        Value::Object(members) => {
            for (name, inner) in members {
                match inner.as_str() {
                    Some(text) if names_class(name) => classes.push(text),
                    Some(_) => {}
                    None => collect_classes(inner, depth + 1, classes),
                }
            }
        }
        _ => {}
    }
}

fn names_class(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("code")
        || name.ends_with("type")
        || ["status", "reason", "error"].contains(&&*name)
}

/// A status in the body. Where it is the code, servers write it as a number or in digits.
fn status_of(value: &Value) -> Option<u16> {
    ["status", "statuscode", "status_code", "code"].into_iter().find_map(|name| {
        let status = scalar(member(value, name)?)?.parse().ok()?;
        (400..600).contains(&status).then_some(status)
    })
}

/// A member by its name, in whatever case.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let members: &Map<String, Value> = value.as_object()?;
    let exact = members.get(name);
    exact
        .or_else(|| members.iter().find(|(held, _)| held.eq_ignore_ascii_case(name)).map(|it| it.1))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The title of a page, else the message of an XML error, else the heading, else all words.
fn words_of_markup(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let element = |name: &str| {
        let start = lower.find(&format!("<{name}"))?;
        let from = start + lower[start..].find('>')? + 1;
        let to = from + lower[from..].find(&format!("</{name}"))?;
        Some(plain(&text[from..to])).filter(|words| !words.is_empty())
    };
    ["title", "message", "h1", "body"].into_iter().find_map(element).unwrap_or_else(|| plain(text))
}

/// Text without tags and with single spaces.
fn plain(markup: &str) -> String {
    let mut words = String::new();
    for piece in markup.split('<').enumerate().map(|(at, piece)| match piece.split_once('>') {
        Some((_, text)) if at > 0 => text,
        // Either before the first tag, or a tag that is cut.
        _ if at > 0 => "",
        _ => piece,
    }) {
        words.push_str(piece);
        words.push(' ');
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(words, |words, (entity, plain)| words.replace(entity, plain))
}

#[cfg(test)]
#[path = "said_tests.rs"]
mod tests;
