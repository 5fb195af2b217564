//! Streams, passed through and cut.

use super::{KEY, anthropic, openai};
use crate::ErrorKind;
use crate::cache::Cache;
use crate::client::{EventStream, Request};
use crate::provider::loopback::{Loopback, answer, event_stream};

const STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\
    \"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n\
    event: ping\ndata: {\"type\":\"ping\"}\n\n\
    event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\
    \"delta\":{\"type\":\"text_delta\",\"text\":\"Four.\"}}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

const CHAT_STREAM: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"4\"}}],\"usage\":null}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n\
    data: [DONE]\n\n";

async fn names(stream: &mut EventStream) -> Result<Vec<String>, crate::Error> {
    let mut names = Vec::new();
    while let Some(event) = stream.next().await? {
        names.push(event.name);
    }
    Ok(names)
}

/// All events come through, in order, with the usage that they add up to, past the cache.
#[tokio::test]
async fn passes_events_through() {
    let server = Loopback::start(vec![event_stream(STREAM)]);
    let cache = Cache::builder().build();
    let client = anthropic(&server).cache(cache.clone()).build().unwrap();
    for _ in 0..2 {
        let mut stream = client.stream("x").await.unwrap();
        assert_eq!(stream.outcome().to_string(), "bypass streaming");
        assert_eq!(stream.request_id(), Some("req_stream"));
        let expected =
            ["message_start", "ping", "content_block_delta", "message_delta", "message_stop"];
        assert_eq!(names(&mut stream).await.unwrap(), expected);
        assert!(stream.next().await.unwrap().is_none(), "the end stays the end");
        let usage = stream.usage().unwrap();
        assert_eq!((usage.input_tokens, usage.output_tokens), (9, 3));
    }
    assert_eq!((server.count(), cache.stats().bypasses), (2, 2));
    let seen = &server.requests()[0];
    assert_eq!(seen.header("accept"), Some("text/event-stream"));
    assert!(String::from_utf8_lossy(&seen.body).contains("\"stream\":true"));
}

/// OpenAI's stream ends with its mark, and typed requests ask for the usage.
#[tokio::test]
async fn passes_chat_chunks_through() {
    let server = Loopback::start(vec![event_stream(CHAT_STREAM)]);
    let client = openai(&server).build().unwrap();
    let mut stream = client.stream("x").await.unwrap();
    let mut data = Vec::new();
    while let Some(event) = stream.next().await.unwrap() {
        data.push(event.data);
    }
    assert_eq!((data.len(), data[2].as_str()), (3, "[DONE]"));
    assert_eq!(stream.usage().unwrap().input_tokens, 9);
    let body = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert!(body.contains("\"include_usage\":true"), "{body}");
}

/// The bytes of a stream are the provider's, to the last one.
#[tokio::test]
async fn hands_bytes_on() {
    let server = Loopback::start(vec![event_stream(STREAM)]);
    let client = anthropic(&server).build().unwrap();
    let mut bytes = client.stream("x").await.unwrap().into_bytes();
    let mut body = Vec::new();
    while let Some(piece) = bytes.next().await.unwrap() {
        body.extend_from_slice(&piece);
    }
    assert_eq!(body, STREAM.as_bytes());
}

/// A stream cut at any event is an error and never a silent end, as events and as bytes.
#[tokio::test]
async fn reports_every_cut() {
    let cuts: Vec<usize> = STREAM.match_indices("\n\n").map(|(at, _)| at + 1).collect();
    for cut in cuts.into_iter().chain([0, 10]) {
        let server = Loopback::start(vec![event_stream(&STREAM[..cut])]);
        let client = anthropic(&server).build().unwrap();
        let mut stream = client.stream("x").await.unwrap();
        let error = names(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Truncated, "cut at {cut}");
        assert_eq!(error.request_id(), Some("req_stream"));
        assert!(stream.next().await.unwrap().is_none(), "an error is told once");

        let mut bytes = client.stream("x").await.unwrap().into_bytes();
        let error = loop {
            match bytes.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a silent end at {cut}"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Truncated, "cut at {cut}");
        assert_eq!(server.count(), 2, "a stream that began is not retried");
    }
}

/// An error within a stream has the provider's kind and words, and no key.
#[tokio::test]
async fn reports_errors_within() {
    let error = format!(
        "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\",\
         \"message\":\"busy {KEY}\"}}}}\n\n"
    );
    let server = Loopback::start(vec![event_stream(&error)]);
    let client = anthropic(&server).build().unwrap();
    let told = names(&mut client.stream("x").await.unwrap()).await.unwrap_err();
    assert_eq!((told.kind(), told.status()), (ErrorKind::Overloaded, Some(200)));
    assert_eq!(told.provider_message(), Some("busy [redacted]"));
    let mut bytes = client.stream("x").await.unwrap().into_bytes();
    assert_eq!(bytes.next().await.unwrap().unwrap(), error.as_bytes());
    assert_eq!(bytes.next().await.unwrap_err().kind(), ErrorKind::Overloaded);
    assert!(bytes.next().await.unwrap().is_none());

    let error = "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"code\":null}}\n\n";
    let server = Loopback::start(vec![event_stream(error)]);
    let client = openai(&server).build().unwrap();
    let told = names(&mut client.stream("x").await.unwrap()).await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Server);
}

/// Before a stream begins its failures are those of any call; afterwards the limit on its length
/// holds.
#[tokio::test]
async fn fails_before_and_within() {
    let busy = answer(529, "", r#"{"error":{"type":"overloaded_error","message":"m"}}"#);
    let server = Loopback::start(vec![busy, event_stream(STREAM)]);
    let client = anthropic(&server).answer_bytes_max(100).build().unwrap();
    let mut stream = client.stream("x").await.unwrap();
    assert_eq!(server.count(), 2, "retried until it begins");
    let error = names(&mut stream).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AnswerTooLarge);

    let server = Loopback::start(vec![answer(200, "", "{}")]);
    let client = anthropic(&server).build().unwrap();
    assert_eq!(client.stream("x").await.unwrap_err().kind(), ErrorKind::Malformed);
    let raw = client.stream(Request::raw(r#"{"stream":false}"#)).await.unwrap_err();
    assert_eq!((raw.kind(), server.count()), (ErrorKind::InvalidRequest, 1));
}

const RAW: &str = r#"{"model":"m","max_tokens":1,"messages":[],"stream":true}"#;

/// A raw request for a stream, sent as a plain call, comes back as the text of the stream, with the
/// tokens that it reports: they were billed.
#[tokio::test]
async fn sends_a_raw_stream_request() {
    for (chat, text) in [(false, STREAM), (true, CHAT_STREAM)] {
        let server = Loopback::start(vec![event_stream(text)]);
        let builder = if chat { openai(&server) } else { anthropic(&server) };
        let client = builder.cache(Cache::builder().build()).build().unwrap();
        let reply = client.send(Request::raw(RAW)).await.unwrap();
        assert_eq!(reply.body(), text.as_bytes());
        assert_eq!(reply.outcome().to_string(), "bypass streaming");
        let billed = reply.billed_usage();
        assert_eq!((billed.input_tokens, billed.output_tokens), (9, 3));
        assert_eq!(reply.usage(), Some(billed));
    }
}

/// A stream taken as a whole that was cut, or that reports an error, is no answer.
#[tokio::test]
async fn reports_a_cut_raw_stream() {
    let last = STREAM.len() - 1;
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\
                 \"message\":\"busy\"}}\n\n";
    for (text, kind) in [
        (&STREAM[..last], ErrorKind::Truncated),
        ("", ErrorKind::Truncated),
        (error, ErrorKind::Overloaded),
    ] {
        let server = Loopback::start(vec![event_stream(text)]);
        let client = anthropic(&server).build().unwrap();
        let told = client.send(Request::raw(RAW)).await.unwrap_err();
        assert_eq!((told.kind(), told.request_id()), (kind, Some("req_stream")));
        assert_eq!(server.count(), 1, "it began, so it may have been billed: not sent again");
    }
}
