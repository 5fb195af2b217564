//! What the doctor says of small prompts. The figures are checked against the emulator elsewhere.

use super::outline::Estimate;
use super::*;
use llm_cache_core::Usage;
use llm_cache_core::reply::{Diagnostics, MissReason};

const MARK: &str = r#""cache_control":{"type":"ephemeral"}"#;

/// One tool, a system prompt and one message, marked at the end of the system prompt.
fn body(tool: &str, system: &str, message: &str) -> String {
    format!(
        r#"{{"model":"claude-opus-5","tools":[{{"name":"t","description":"{tool}"}}],
        "system":[{{"type":"text","text":"{system}",{MARK}}}],
        "messages":[{{"role":"user","content":"{message}"}}]}}"#
    )
}

fn told(previous: Option<&str>, current: &str, terms: Terms) -> Explanation {
    let view = |body| PromptView::parse(str::as_bytes(body)).unwrap();
    explain(previous.map(view).as_ref(), &view(current), &Estimate::new(), &terms)
}

fn terms(minimum_tokens: u64) -> Terms {
    Terms { minimum_tokens: Some(minimum_tokens), is_exact: true, ..Terms::default() }
}

/// Each finding and cause is one sentence that names the place, the row and the tokens.
#[test]
fn explanations_read_as_sentences() {
    let first = body("d", "system", "one");
    let say =
        |previous: &str, current: &str, terms| told(Some(previous), current, terms).to_string();
    assert_eq!(
        say(&first, &body("d", "system", "two"), terms(1)),
        "hit: 10 of 11 tokens can be read"
    );
    assert_eq!(
        say(&first, &body("e", "system", "one"), terms(1)),
        "miss: none of 11 tokens can be read, because tools.0.description differs \
         (tool definitions: invalidates tools, system and messages) \
         (0 tokens before that are the same)"
    );
    let late = Terms { elapsed_ms: 300_000, ..terms(1) };
    assert_eq!(
        say(&first, &first, late),
        "miss: none of 11 tokens can be read, because the entry may be gone: \
         it is kept for 5m and 300 s have passed"
    );
    assert_eq!(
        say(&first, &first, terms(1024)),
        "miss: none of 11 tokens can be read, because the last breakpoint is at token 10, below the \
         model's minimum of 1024, and the request before was cached only up to token 10, below the \
         model's minimum of 1024"
    );
    assert_eq!(
        say(&first, &first.replace(&format!(",{MARK}"), ""), terms(1)),
        "miss: none of 11 tokens can be read, because this request has no breakpoint"
    );
    assert_eq!(
        told(None, &first, terms(1)).to_string(),
        "miss: none of 11 tokens can be read, because no request is known before this one"
    );
    assert_eq!(
        say(&first, &first, Terms::default()),
        "hit: about 10 of 11 tokens can be read if that is not below the model's minimum, which is \
         not known"
    );
}

/// What the reply says stands beside the forecast, and what it lacks is counted.
#[test]
fn a_reply_is_put_beside_the_forecast() {
    let first = body("d", "system", "one");
    let explanation = told(Some(&first), &first, terms(1));
    assert_eq!((explanation.finding, explanation.missing_tokens()), (Finding::Hit, 0));
    let reason = MissReason::MessagesChanged;
    let said = Diagnostics::Missed { reason, missed_input_tokens: Some(7) };
    let observed = Usage { input_tokens: 11, ..Usage::default() };
    let merged = explanation.with_reply(Some(observed), Some(said));
    assert_eq!(merged.missing_tokens(), 10);
    let sentence = merged.to_string();
    let start =
        "hit: 10 of 11 tokens can be read; the reply read 0 tokens, 10 fewer than expected: ";
    assert!(sentence.starts_with(start), "{sentence}");
    assert!(sentence.ends_with("; the provider says messages_changed (7 tokens)"), "{sentence}");
}

/// Outlines tell the same, with a path that leads to the block only.
#[test]
fn outlines_are_enough_but_for_the_path() {
    let outline =
        |body: &str| Outline::of(&PromptView::parse(body.as_bytes()).unwrap(), &Estimate::new());
    let (first, second) = (body("d", "system", "one"), body("e", "system", "one"));
    let short = explain_outlines(Some(&outline(&first)), &outline(&second), &terms(1));
    let long = told(Some(&first), &second, terms(1));
    assert_eq!((short.finding, short.forecast), (long.finding, long.forecast));
    let path = |told: Explanation| told.difference.unwrap().path;
    assert_eq!((path(short).as_str(), path(long).as_str()), ("tools.0", "tools.0.description"));
}
