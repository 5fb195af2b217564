//! Answers of a provider that went mad: read in every dialect, and never stored when unsound.

use llm_cache_core::{
    json::JsonValue,
    key::Dialect,
    reply::{Reply, RequestVerdict, Verdict, VerdictOptions, request_verdict},
};

/// Reads `body` as an answer and as a request of each dialect.
pub fn check(body: &[u8]) {
    for &dialect in Dialect::ALL {
        let sound = JsonValue::parse(body).is_ok();
        if let Ok(reply) = Reply::parse(dialect, body) {
            assert!(sound);
            _ = (reply.usage(), reply.id(), reply.model(), reply.refusal());
            reply.text().for_each(|piece| assert!(piece.chars().count() <= body.len()));
            _ = reply.tool_calls().count();
            let mut buffer = vec![0; body.len() * 2];
            _ = reply.decode::<[u8; 2]>(&mut buffer);
            assert!(matches!(reply.verdict(500), Verdict::Skip { .. }));
            if dialect != Dialect::Json && reply.verdict(200) == Verdict::Store {
                assert!(looks_whole(body), "stored without what an answer is made of");
            }
        } else {
            assert!(matches!(Verdict::of(dialect, 200, body), Verdict::Skip { .. }));
        }
    }
    if let Ok(body) = JsonValue::parse(body) {
        for &dialect in Dialect::ALL.iter().filter(|dialect| **dialect != Dialect::Json) {
            let verdict = request_verdict(dialect, body, VerdictOptions::new());
            if body.get("stream").and_then(|value| value.as_bool()) == Some(true) {
                assert!(matches!(verdict, RequestVerdict::Bypass { .. }));
            }
        }
    }
}

/// Whether the body names one of the members that say how an answer ended.
fn looks_whole(body: &[u8]) -> bool {
    let names = ["stop_reason", "choices", "status", "data"];
    JsonValue::parse(body).is_ok_and(|body| names.iter().any(|name| body.get(name).is_some()))
}
