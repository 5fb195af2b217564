use std::fs;

use llm_cache_tests::shared;
use serde_json::Value;

use super::server::{answer, stalled};
use super::*;

/// No test may wait longer, whatever goes wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// A plain call and a stream; the first error of each.
async fn fail_both(client: &Client) -> [Error; 2] {
    let calls = async {
        let plain = client.send("x").await.expect_err("no call is answered");
        [plain, client.stream("x").await.expect_err("no stream begins")]
    };
    tokio::time::timeout(PATIENCE, calls).await.expect("an answer in time")
}

/// The shared cases of odd answers come to what they say, for a plain call and for a stream.
#[tokio::test]
async fn the_shared_cases() {
    let Some(shared) = shared::shared_dir() else { return };
    let cases = fs::read_to_string(shared.join("cases/http.jsonl")).unwrap();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let name = case["case"].as_str().unwrap();
        let vendor = case["vendor"].as_str().unwrap();
        let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
        let mut headers = String::new();
        for (name, value) in case["headers"].as_object().unwrap() {
            let value = match value.as_str().unwrap() {
                "IMF-fixdate 4 s ahead" => {
                    headers.push_str("date: Mon, 30 Nov 2026 10:00:00 GMT\r\n");
                    "Mon, 30 Nov 2026 10:00:04 GMT"
                }
                value => value,
            };
            headers.push_str(&format!("{name}: {value}\r\n"));
        }
        let is_openai = vendor == "openai";
        let reply = match case["body"].as_str().unwrap() {
            "ANSWER" => answer(status, &headers, if is_openai { CHAT_ANSWER } else { ANSWER }),
            "STREAM" => answer(status, &headers, if is_openai { CHAT_STREAM } else { STREAM }),
            // Slower than a byte a second.
            "SLOW 90 bytes" => stalled(status, &headers, "{"),
            body => answer(status, &headers, body),
        };
        let server = Server::start(vec![reply]);
        let mut settings = builder(vendor, &server);
        if let Some(seconds) = case["timeout_seconds"].as_u64() {
            settings = settings.timeout(Duration::from_secs(seconds));
        }
        let client = settings.build().unwrap();
        if case["result"] == "read" {
            if case["body"] == "STREAM" {
                for way in WAYS {
                    assert!(take(&client, raw(""), way).await.is_ok(), "{name} {way:?}");
                }
            } else {
                assert_eq!(client.send("x").await.unwrap().text(), "7", "{name}");
            }
            continue;
        }
        if let Some(seconds) = case["waits_seconds"].as_u64() {
            let once = builder(vendor, &server).retry(RetryPolicy::never()).build().unwrap();
            let error = once.send("x").await.unwrap_err();
            assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{name}");
            continue;
        }
        for error in fail_both(&client).await {
            if let Some(kind) = case["kind"].as_str() {
                assert_eq!(format!("{:?}", error.kind()), kind, "{name}");
            }
            if let Some(message) = case["message"].as_str() {
                assert_eq!(error.provider_message(), Some(message), "{name}");
            }
            assert_eq!(error.status(), Some(status), "{name}");
        }
        let calls = usize::try_from(case["upstream_calls"].as_u64().unwrap()).unwrap();
        assert_eq!(server.asked(), 2 * calls, "{name}");
    }
}

/// Spent money is never asked for twice, whatever status and words tell of it.
#[tokio::test]
async fn spent_money_is_final() {
    for (status, headers, body) in [
        (429, "", r#"{"error":{"code":"insufficient_quota","message":7}}"#),
        (429, "retry-after: 1\r\n", r#"{"error":{"type":"insufficient_quota","code":429}}"#),
        (429, "", r#"[{"error":{"details":[{"reason":"BILLING_DISABLED"}]}}]"#),
        (429, "", r#"{"error":{"details":{"error_code":"enforced_spend_limit_reached"}}}"#),
        (429, "", r#"{"error":"Insufficient Balance"}"#),
        (429, "", "Your account has run out of credits"),
        (429, "", "<html><title>Payment Required</title></html>"),
        (402, "x-should-retry: true\r\n", "{}"),
        (402, "", r#"{"error":{"message":"Insufficient credits","code":402}}"#),
        (403, "", r#"{"code":403,"reason":"NOT_ENOUGH_BALANCE","message":"m"}"#),
        (400, "", r#"{"error":{"type":"x","message":"Your credit balance is too low"}}"#),
        (500, "", r#"{"error":{"code":"insufficient_user_quota","message":"m"}}"#),
        (529, "", r#"{"type":"error","error":{"type":"billing_error","message":"m"}}"#),
    ] {
        for vendor in ["anthropic", "openai"] {
            let server = Server::start(vec![answer(status, headers, body)]);
            for error in fail_both(&builder(vendor, &server).build().unwrap()).await {
                assert_eq!(error.kind(), ErrorKind::SpendLimit, "{vendor} {status} {body}");
            }
            assert_eq!(server.asked(), 2, "{vendor} {status} {body}");
        }
    }
    let limited = r#"{"error":{"code":"rate_limit_exceeded","message":"add credits to raise it"}}"#;
    let server = Server::start(vec![answer(429, "", limited)]);
    for error in fail_both(&builder("openai", &server).build().unwrap()).await {
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    }
    assert_eq!(server.asked(), 6);
}

/// The status decides, with the id of the request and as many tries as ever, although the body
/// never comes to its end; what came of the body is told.
#[tokio::test]
async fn a_stalled_body_decides_nothing() {
    for (status, start, kind, tries) in [
        (400, "", ErrorKind::InvalidRequest, 1),
        (400, "no such model", ErrorKind::InvalidRequest, 1),
        (401, "", ErrorKind::Authentication, 1),
        (404, "", ErrorKind::NotFound, 1),
        (403, "", ErrorKind::Permission, 1),
        (402, "", ErrorKind::SpendLimit, 1),
        (429, "", ErrorKind::RateLimited, 3),
        (429, "{\"error\":{\"code\":\"insufficient_quota\",\"me", ErrorKind::SpendLimit, 1),
        (503, "", ErrorKind::Overloaded, 3),
    ] {
        let server = Server::start(vec![stalled(status, "request-id: req_1\r\n", start)]);
        for error in fail_both(&builder("openai", &server).build().unwrap()).await {
            assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{status} {start}");
            assert_eq!(error.request_id(), Some("req_1"));
            assert_eq!(error.provider_body(), start.as_bytes());
        }
        assert_eq!(server.asked(), 2 * tries, "{status} {start}");
    }
}

/// A body that does not come outlasts no time limit, and is no reason to try again.
#[tokio::test]
async fn a_stalled_body_keeps_the_time_limit() {
    for status in [400, 403] {
        let server = Server::start(vec![stalled(status, "", "{")]);
        let client = builder("anthropic", &server).timeout(Duration::from_secs(20));
        for error in fail_both(&client.build().unwrap()).await {
            assert_eq!(error.status(), Some(status));
        }
        assert_eq!(server.asked(), 2);
    }
}
