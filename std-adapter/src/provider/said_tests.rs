//! Error bodies of every known shape, and what is read of them.

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
        ("<HTML><head><Title>\n502 Bad\nGateway</Title></head><h1>x</h1>", None, "502 Bad Gateway"),
        ("<body><h1>Not <b>here</b></h1><p>x</p>", None, "Not here"),
        ("<?xml version='1.0'?><Error><Code>c</Code><Message>a &amp; b</Message>", None, "a & b"),
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
