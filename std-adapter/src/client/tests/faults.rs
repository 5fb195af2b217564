//! Everything that can go wrong on the way, as the caller sees it.

use core::time::Duration;
use std::net::TcpListener;

use super::{ANSWER, KEY, anthropic, openai};
use crate::client::RetryPolicy;
use crate::provider::loopback::{Loopback, SILENCE, answer};
use crate::{Error, ErrorKind};

fn error_body(class: &str, message: &str) -> String {
    format!(r#"{{"error":{{"type":"{class}","message":"{message}"}},"request_id":"req_b"}}"#)
}

async fn fail(answers: Vec<Vec<u8>>) -> (Error, usize) {
    let server = Loopback::start(answers);
    let client = anthropic(&server).answer_bytes_max(1000).build().unwrap();
    let error = client.send("x").await.unwrap_err();
    (error, server.count())
}

/// Every documented status has its kind, the provider's words and id, and its number of tries.
#[tokio::test]
async fn maps_every_status() {
    for (status, class, kind, tries) in [
        (400, "invalid_request_error", ErrorKind::InvalidRequest, 1),
        (401, "authentication_error", ErrorKind::Authentication, 1),
        (402, "billing_error", ErrorKind::SpendLimit, 1),
        (403, "permission_error", ErrorKind::Permission, 1),
        (404, "not_found_error", ErrorKind::NotFound, 1),
        (408, "timeout_error", ErrorKind::Timeout, 3),
        (409, "conflict_error", ErrorKind::Conflict, 3),
        (413, "request_too_large", ErrorKind::RequestTooLarge, 1),
        (422, "invalid_request_error", ErrorKind::InvalidRequest, 1),
        (429, "rate_limit_error", ErrorKind::RateLimited, 3),
        (500, "api_error", ErrorKind::Server, 3),
        (503, "api_error", ErrorKind::Overloaded, 3),
        (504, "timeout_error", ErrorKind::Timeout, 3),
        (529, "overloaded_error", ErrorKind::Overloaded, 3),
    ] {
        let body = error_body(class, "the words");
        let (error, sent) = fail(vec![answer(status, "retry-after: 30\r\n", &body)]).await;
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{error}");
        assert_eq!(error.provider_type(), Some(class));
        assert_eq!(error.provider_message(), Some("the words"));
        assert_eq!(error.provider_body(), body.as_bytes());
        assert_eq!(error.request_id(), Some("req_b"));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
        assert_eq!((sent, error.attempts()), (tries, u32::try_from(tries).unwrap()), "{status}");
    }
}

/// A failure that passes is not the caller's business; the number of tries is bounded.
#[tokio::test]
async fn retries_and_succeeds() {
    let busy = answer(529, "", &error_body("overloaded_error", "m"));
    let server = Loopback::start(vec![busy.clone(), busy.clone(), answer(200, "", ANSWER)]);
    let client = anthropic(&server).build().unwrap();
    assert_eq!(client.send("x").await.unwrap().text(), "Four.");
    assert_eq!((server.count(), client.upstream_calls()), (3, 3));
    let seen = server.requests();
    assert_eq!(seen[0].body, seen[2].body, "each attempt sends the same bytes");

    let server = Loopback::start(vec![busy]);
    let client = anthropic(&server).retry(RetryPolicy::never()).build().unwrap();
    assert_eq!(client.send("x").await.unwrap_err().attempts(), 1);
    assert_eq!(server.count(), 1);
}

/// Spent money is never retried, and the header decides where it speaks.
#[tokio::test]
async fn does_not_retry_in_vain() {
    let body = r#"{"error":{"type":"rate_limit_error","message":"m",
        "details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    let (error, sent) = fail(vec![answer(429, "", body)]).await;
    assert_eq!((error.kind(), sent), (ErrorKind::SpendLimit, 1));

    let told = answer(500, "x-should-retry: false\r\n", "{}");
    assert_eq!(fail(vec![told]).await.1, 1);
    let told = answer(400, "x-should-retry: true\r\n", "{}");
    assert_eq!(fail(vec![told]).await.1, 3);

    for code in ["insufficient_quota", "project_spend_limit_exceeded"] {
        let body =
            format!(r#"{{"error":{{"message":"m","type":"t","param":null,"code":"{code}"}}}}"#);
        let server = Loopback::start(vec![answer(429, "", &body)]);
        let client = openai(&server).build().unwrap();
        let error = client.send("x").await.unwrap_err();
        assert_eq!((error.kind(), server.count()), (ErrorKind::SpendLimit, 1), "{code}");
    }
}

/// Nobody there, nobody answering, a connection lost: typed, retried, bounded in time.
#[tokio::test]
async fn survives_the_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let server = Loopback::start(vec![SILENCE.to_vec()]);
    let client = anthropic(&server).base_url(gone).build().unwrap();
    let error = client.send("x").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unreachable, 3));
    assert!(std::error::Error::source(&error).is_some());

    let limit = Duration::from_millis(30);
    let client = anthropic(&server).timeout(limit).build().unwrap();
    let error = client.send("x").await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Timeout, 3), "{error}");

    let mut cut = answer(200, "", ANSWER);
    cut.truncate(cut.len() - 20);
    let (error, sent) = fail(vec![cut]).await;
    assert_eq!((error.kind(), sent), (ErrorKind::Truncated, 3), "{error}");
}

/// What is too long, compressed or no JSON is dropped with its kind, and paid for once.
#[tokio::test]
async fn refuses_bad_answers() {
    let long = "x".repeat(1001);
    let (error, sent) = fail(vec![answer(200, "", &long)]).await;
    assert_eq!((error.kind(), sent), (ErrorKind::AnswerTooLarge, 1));
    // Without an announced length it is the bytes that count.
    let unannounced = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}").into_bytes();
    assert_eq!(fail(vec![unannounced]).await.0.kind(), ErrorKind::AnswerTooLarge);
    // A bold announcement reserves nothing.
    let bold = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n{".to_vec();
    assert_eq!(fail(vec![bold]).await.0.kind(), ErrorKind::AnswerTooLarge);

    for (headers, body) in [
        ("", "<html>a proxy's page</html>"),
        ("", "[1, 2]"),
        ("", ""),
        ("content-encoding: gzip\r\n", ANSWER),
    ] {
        let (error, sent) = fail(vec![answer(200, headers, body)]).await;
        assert_eq!((error.kind(), sent), (ErrorKind::Malformed, 1), "{body}");
    }
    // An error page that is no JSON keeps its status.
    let (error, _) = fail(vec![answer(413, "", "<html>too large</html>")]).await;
    assert_eq!(error.kind(), ErrorKind::RequestTooLarge);
    // Of an endless error answer, only the start is read.
    let endless = format!("HTTP/1.1 400 No\r\nconnection: close\r\n\r\n{}", "x".repeat(100_000));
    let (error, _) = fail(vec![endless.into_bytes()]).await;
    assert_eq!((error.kind(), error.provider_body().len()), (ErrorKind::InvalidRequest, 65_536));
}

/// A redirect is an error: following it would carry the key elsewhere.
#[tokio::test]
async fn follows_no_redirect() {
    let other = Loopback::start(vec![answer(200, "", ANSWER)]);
    for status in [301, 302, 303, 307, 308] {
        let headers = format!("location: {}/v1/messages\r\n", other.url);
        let (error, sent) = fail(vec![answer(status, &headers, "")]).await;
        assert_eq!((error.kind(), sent), (ErrorKind::Redirect, 1));
    }
    assert_eq!(other.count(), 0);
}

/// A provider that echoes the key does not get it into a message.
#[tokio::test]
async fn never_shows_the_key() {
    let body = error_body("authentication_error", &format!("invalid x-api-key: {KEY}"));
    let headers = format!("request-id: {KEY}\r\n");
    let (error, _) = fail(vec![answer(401, &headers, &body)]).await;
    let body = String::from_utf8_lossy(error.provider_body()).into_owned();
    for text in [error.to_string(), format!("{error:?}"), body] {
        assert!(!text.contains(KEY), "{text}");
        assert!(!text.is_empty());
    }
    assert_eq!(error.provider_message(), Some("invalid x-api-key: [redacted]"));
}
