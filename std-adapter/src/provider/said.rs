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
mod tests {
    use super::*;

    /// Each shape that servers are known to send gives its message and its class.
    #[test]
    fn reads_every_shape() {
        for (body, class, message) in [
            // Anthropic, OpenAI, compatible servers with a number as code.
            (
                r#"{"type":"error","error":{"type":"not_found_error","message":"m"}}"#,
                Some("not_found_error"),
                "m",
            ),
            (r#"{"error":{"message":"m","type":"t","code":"c"}}"#, Some("c"), "m"),
            (r#"{"error":{"message":"m","type":"t","code":404}}"#, Some("t"), "m"),
            (r#"{"error":{"message":"m","type":null,"code":"429"}}"#, Some("429"), "m"),
            (r#"{"error":{"message":"m"},"type":"error"}"#, None, "m"),
            // Gemini.
            (r#"[{"error":{"code":400,"message":"m","status":"INVALID"}}]"#, Some("INVALID"), "m"),
            // Ollama, xAI, Hugging Face, Venice.
            (r#"{"error":"m"}"#, None, "m"),
            (r#"{"code":"invalid-argument","error":"m"}"#, Some("invalid-argument"), "m"),
            (r#"{"error":"m","error_type":"validation"}"#, Some("validation"), "m"),
            (r#"{"error":"invalid_request","error_description":"m"}"#, None, "m"),
            // vLLM, Mistral, doubleword, Azure's gateway, AWS.
            (
                r#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}"#,
                Some("BadRequestError"),
                "m",
            ),
            (
                r#"{"object":"error","message":{"detail":[{"msg":"m","loc":["body"]}]},"type":"t"}"#,
                Some("t"),
                "m",
            ),
            (r#"{"code":400,"message":"m","type":"Bad Request"}"#, Some("Bad Request"), "m"),
            (r#"{"statusCode":401,"message":"m"}"#, None, "m"),
            (r#"{"__type":"Throttled","Message":"m"}"#, Some("Throttled"), "m"),
            // Azure.
            (
                r#"{"error":{"code":"content_filter","message":"m","innererror":{"code":"X"}}}"#,
                Some("content_filter"),
                "m",
            ),
            // FastAPI and problem details.
            (r#"{"detail":"m"}"#, None, "m"),
            (r#"{"detail":[{"type":"missing","msg":"m"},{"msg":"n"}]}"#, None, "m; n"),
            (r#"{"detail":{"error":{"message":"m"}}}"#, None, "m"),
            (r#"{"type":"urn:x","title":"t","status":404,"detail":"m"}"#, Some("urn:x"), "m"),
            (r#"{"timestamp":1,"status":404,"error":"Not Found","message":"m"}"#, None, "m"),
            // Cloudflare.
            (r#"{"success":false,"errors":[{"code":7,"message":"m"}]}"#, None, "m"),
            // Within a stream.
            (r#"{"choices":[{"index":0,"error":{"code":502,"message":"m"}}]}"#, None, "m"),
            (
                r#"{"type":"response.failed","response":{"error":{"code":"c","message":"m"}}}"#,
                Some("c"),
                "m",
            ),
            (r#"{"type":"error","code":"c","message":"m"}"#, Some("c"), "m"),
            // An event where a body was to come.
            ("event: error\ndata: {\"code\":\"c\",\"message\":\"m\"}\n\n", Some("c"), "m"),
            // No JSON object.
            (r#""m""#, None, "m"),
            (r#"["m"]"#, None, "m"),
            ("\u{feff}{\"error\":\"m\"}", None, "m"),
            (" no healthy upstream\n", None, "no healthy upstream"),
            ("<html>413</html>", None, "413"),
            (
                "<HTML><head><Title>\n502 Bad\nGateway</Title></head><h1>x</h1>",
                None,
                "502 Bad Gateway",
            ),
            ("<body><h1>Not <b>here</b></h1><p>x</p>", None, "Not here"),
            (
                "<?xml version='1.0'?><Error><Code>c</Code><Message>a &amp; b</Message>",
                None,
                "a & b",
            ),
        ] {
            let said = Said::read(body.as_bytes());
            assert_eq!(said.class.as_deref(), class, "{body}");
            assert_eq!(said.message.as_deref(), Some(message), "{body}");
            assert!(!said.spent, "{body}");
        }
        for nothing in
            [&b""[..], b"{}", b"[]", b"null", b"7", b"\x1f\x8b\x08\0", b"<>", b"{\"error\":{}}"]
        {
            assert_eq!(Said::read(nothing), Said::default(), "{nothing:?}");
        }
    }

    /// A member of another type than documented hides none of the others.
    #[test]
    fn reads_members_by_themselves() {
        let members = [
            ("error.message", "\"words\""),
            ("error.type", "\"kind\""),
            ("error.details", "{\"error_code\":\"enforced_spend_limit_reached\"}"),
            ("request_id", "\"req_1\""),
        ];
        for (odd, _) in members {
            for value in ["7", "null", "true", "[]", "{}", "[[1]]", "\"\""] {
                let at = |name| {
                    let (_, text) = members.iter().find(|(held, _)| *held == name).unwrap();
                    if name == odd { value } else { text }
                };
                let body = format!(
                    r#"{{"error":{{"message":{},"type":{},"details":{}}},"request_id":{}}}"#,
                    at("error.message"),
                    at("error.type"),
                    at("error.details"),
                    at("request_id"),
                );
                let said = Said::read(body.as_bytes());
                let is = |name| odd == name;
                assert!(is("error.message") || said.message.as_deref() == Some("words"), "{body}");
                assert!(is("error.type") || said.class.as_deref() == Some("kind"), "{body}");
                assert!(is("error.details") || said.spent, "{body}");
                assert!(is("request_id") || said.request_id.as_deref() == Some("req_1"), "{body}");
            }
        }
        let said = Said::read(br#"{"error":{"message":["no money"],"code":402},"request_id":7}"#);
        assert_eq!((said.message.as_deref(), said.spent), (Some("no money"), true));
        assert_eq!((said.request_id.as_deref(), said.status), (Some("7"), Some(402)));
        // Of JSON that was cut nobody can tell what quotes the prompt.
        let said = Said::read(br#"{"error":{"code":"insufficient_quota","message":"You"#);
        assert_eq!((said.message, said.spent), (None, true));
        // One byte that is no text hides nothing either.
        let said = Said::read(b"{\"error\":{\"message\":\"caf\xe9\",\"type\":\"kind\"}}");
        assert_eq!(said.class.as_deref(), Some("kind"));
    }

    /// However deep a body is, reading it ends.
    #[test]
    fn bounds_depth() {
        for (open, close) in [("[", "]"), ("{\"error\":", "}"), ("{\"message\":", "}")] {
            let body = format!("{}1{}", open.repeat(100), close.repeat(100));
            assert_eq!(Said::read(body.as_bytes()).message, None);
        }
    }
}
