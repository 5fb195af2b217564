//! Each fault as it looks on the wire.

use super::*;
use crate::emulator::Fault;
use std::time::{Duration, Instant};

/// Proves the refusing faults: status, type and headers, once each, in the order given.
#[test]
fn refusals_come_in_order_and_once() {
    let emulator = emulator();
    emulator.fault(Fault::RateLimit { retry_after_seconds: Some(7) });
    emulator.fault(Fault::SpendLimit);
    emulator.fault(Fault::Overloaded);
    emulator.fault(Fault::ServerError);
    let answers: Vec<RawAnswer> = (0..5).map(|_| post_message(&emulator, &message("a"))).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [429, 429, 529, 500, 200]);
    assert_eq!(answers[0].header("retry-after"), Some("7"));
    assert_eq!(answers[1].header("retry-after"), None);
    let code = &answers[1].json()["error"]["details"]["error_code"];
    assert_eq!(code, "enforced_spend_limit_reached");
    assert_eq!(answers[2].json()["error"]["type"], "overloaded_error");
    emulator.fault_times(Fault::Overloaded, 2);
    assert_eq!(post_chat(&emulator, &chat("a")).status, 503);
    emulator.clear_faults();
    emulator.fault_always(Fault::ServerError);
    assert_eq!(post_chat(&emulator, &chat("a")).status, 500);
    assert_eq!(post_chat(&emulator, &chat("a")).status, 500);
}

/// Proves that a cut body announces more than it sends, and a cut stream ends within an event.
#[test]
fn cut_answers_are_incomplete() {
    let emulator = emulator();
    let whole = post_message(&emulator, &message("a"));
    assert!(whole.complete);
    emulator.fault(Fault::BodyCut { bytes: 10 });
    let cut = post_message(&emulator, &message("a"));
    assert_eq!((cut.status, cut.body.len(), cut.complete), (200, 10, false));
    let announced: usize = cut.header("content-length").unwrap().parse().unwrap();
    assert_eq!(announced, whole.body.len());
    let body = with(message("a"), "stream", true.into());
    emulator.fault(Fault::StreamCut { events: 3 });
    let cut = post_message(&emulator, &body);
    assert!(!cut.complete && !cut.text().ends_with("\n\n"));
    assert_eq!(cut.text().matches("\n\n").count(), 3);
    emulator.fault(Fault::StreamError { events: 2 });
    let failed = post_message(&emulator, &body);
    assert!(failed.complete && failed.text().contains("event: error"));
    assert!(!failed.text().contains("message_stop"));
    emulator.fault(Fault::StreamError { events: 1 });
    let failed = post_chat(&emulator, &with(chat("a"), "stream", true.into()));
    assert!(!failed.text().contains("[DONE]") && failed.text().contains("\"error\""));
}

/// Proves damaged and oversized bodies, redirects, chosen statuses and a closed connection.
#[test]
fn other_damage_is_done() {
    let emulator = emulator();
    emulator.fault(Fault::MalformedJson);
    let malformed = post_message(&emulator, &message("a"));
    assert!(malformed.status == 200 && malformed.complete && malformed.json().is_null());
    emulator.fault(Fault::OversizedBody { bytes: 100_000 });
    let large = post_message(&emulator, &message("a"));
    assert!(large.body.len() > 100_000 && large.json()["type"] == "message");
    emulator.fault(Fault::Redirect { location: "http://127.0.0.1:1/".into() });
    let redirect = post_message(&emulator, &message("a"));
    assert_eq!((redirect.status, redirect.header("location")), (307, Some("http://127.0.0.1:1/")));
    let headers = vec![("x-should-retry".to_string(), "false".to_string())];
    emulator.fault(Fault::Status { status: 409, body: "{}".into(), headers });
    let conflict = post_chat(&emulator, &chat("a"));
    assert_eq!((conflict.status, conflict.header("x-should-retry")), (409, Some("false")));
    emulator.fault(Fault::ConnectionClosed);
    assert!(post(&emulator.base_url(), "/v1/messages", ANTHROPIC, &message("a")).is_err());
    emulator.fault(Fault::Delay(Duration::from_millis(20)));
    let begin = Instant::now();
    assert_eq!(post_message(&emulator, &message("a")).status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert_eq!(emulator.upstream_calls(), 6);
}

/// Proves the faults that are good answers in form: refusal, token limit, unknown stop reason.
#[test]
fn stop_reasons_are_given() {
    let emulator = emulator();
    let mut reasons = Vec::new();
    for fault in [Fault::Refusal, Fault::MaxTokens, Fault::UnknownStopReason] {
        emulator.fault(fault.clone());
        let answer = post_message(&emulator, &message("a")).json();
        emulator.fault(fault);
        let choice = post_chat(&emulator, &chat("a")).json()["choices"][0].clone();
        reasons.push((answer["stop_reason"].clone(), choice["finish_reason"].clone()));
        let refused = answer["stop_reason"] == "refusal";
        assert_eq!(refused, choice["message"]["refusal"].is_string());
        assert_eq!(refused, answer["stop_details"]["type"] == "refusal");
    }
    let unknown = json!("emulator_unknown_reason");
    assert_eq!(reasons[0], (json!("refusal"), json!("stop")));
    assert_eq!(reasons[1], (json!("max_tokens"), json!("length")));
    assert_eq!(reasons[2], (unknown.clone(), unknown));
}
