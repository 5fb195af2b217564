//! Prompt cache accounting over the socket, on an injected clock.

use serde_json::{Value, json};

use crate::emulator::{Emulator, Options};
use crate::raw_http::post;
use crate::replay::Replay;
use crate::shared_dir;

const MINUTE_MS: u64 = 60_000;

/// Tokens of one long block: more than the minimum of the model used here.
const LONG: u64 = 1200;

fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(0)).unwrap()
}

/// A text of exactly `tokens` tokens by the emulator's rule, told apart by its first letter.
fn words(letter: char, tokens: u64) -> String {
    letter.to_string().repeat(usize::try_from(tokens).unwrap() * 4)
}

fn block(letter: char, tokens: u64, ttl: Option<&str>) -> Value {
    let control = ttl.map(|ttl| json!({"type": "ephemeral", "ttl": ttl}));
    json!({"type": "text", "text": words(letter, tokens), "cache_control": control})
}

fn request(blocks: &[Value]) -> Value {
    json!({"model": "claude-sonnet-4-5", "max_tokens": 10,
        "messages": [{"role": "user", "content": blocks}]})
}

/// `[input, read, written for 5 minutes, written for 1 hour]`.
fn usage_with_key(emulator: &Emulator, key: &str, body: &Value) -> [u64; 4] {
    let headers = [("x-api-key", key), ("anthropic-version", "2023-06-01")];
    let answer = post(&emulator.base_url(), "/v1/messages", &headers, body).unwrap();
    let usage = &answer.json()["usage"];
    let count = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64).unwrap();
    let (five, hour) = (
        count("/cache_creation/ephemeral_5m_input_tokens"),
        count("/cache_creation/ephemeral_1h_input_tokens"),
    );
    assert_eq!(count("/cache_creation_input_tokens"), five + hour);
    [count("/input_tokens"), count("/cache_read_input_tokens"), five, hour]
}

fn usage(emulator: &Emulator, body: &Value) -> [u64; 4] {
    usage_with_key(emulator, "sk-one", body)
}

/// Proves write, read, refresh by reading, and expiry counted from the start of the last request.
#[test]
fn an_entry_lives_from_the_last_request_that_used_it() {
    let emulator = emulator();
    let body = request(&[block('a', LONG, Some("5m")), block('b', 10, None)]);
    assert_eq!(usage(&emulator, &body), [10, 0, LONG, 0]);
    emulator.set_now(5 * MINUTE_MS - 1);
    assert_eq!(usage(&emulator, &body), [10, LONG, 0, 0]);
    emulator.advance(5 * MINUTE_MS - 1);
    assert_eq!(usage(&emulator, &body), [10, LONG, 0, 0], "the read refreshed it");
    emulator.advance(5 * MINUTE_MS);
    assert_eq!(usage(&emulator, &body), [10, 0, LONG, 0], "gone at its end");
    let hour = request(&[block('c', LONG, Some("1h"))]);
    assert_eq!(usage(&emulator, &hour), [0, 0, 0, LONG]);
    emulator.advance(60 * MINUTE_MS - 1);
    assert_eq!(usage(&emulator, &hour), [0, LONG, 0, 0]);
}

/// Proves that nothing is cached without a marker or below the model's minimum.
#[test]
fn short_or_unmarked_prompts_are_not_cached() {
    let emulator = emulator();
    let unmarked = request(&[block('a', LONG, None)]);
    let short = request(&[block('b', 1023, Some("5m"))]);
    let long = request(&[block('c', 1024, Some("5m"))]);
    for (body, written, read) in [(unmarked, 0, 0), (short, 0, 0), (long.clone(), 1024, 1024)] {
        assert_eq!(usage(&emulator, &body)[2], written);
        assert_eq!(usage(&emulator, &body)[1], read);
    }
    let mut other_minimum = long;
    other_minimum["model"] = "claude-haiku-4-5".into();
    assert_eq!(usage(&emulator, &other_minimum), [1024, 0, 0, 0]);
}

/// Proves isolation by workspace and by model, and that two keys can share a workspace.
#[test]
fn entries_belong_to_one_workspace_and_one_model() {
    let options = Options::new().now_ms(0).workspace("sk-a", "shared").workspace("sk-b", "shared");
    let emulator = Emulator::start(options).unwrap();
    let body = request(&[block('a', LONG, Some("5m"))]);
    assert_eq!(usage_with_key(&emulator, "sk-a", &body), [0, 0, LONG, 0]);
    assert_eq!(usage_with_key(&emulator, "sk-b", &body), [0, LONG, 0, 0]);
    assert_eq!(usage_with_key(&emulator, "sk-c", &body), [0, 0, LONG, 0]);
    let mut other_model = body;
    other_model["model"] = "claude-sonnet-4-6".into();
    assert_eq!(usage_with_key(&emulator, "sk-a", &other_model), [0, 0, LONG, 0]);
}

/// Proves that a growing conversation reads what the turn before wrote, marker moved on.
#[test]
fn a_marker_that_moves_on_still_finds_the_last_write() {
    let emulator = emulator();
    let first = request(&[block('a', LONG, Some("5m"))]);
    usage(&emulator, &first);
    let second = request(&[block('a', LONG, None), block('b', 30, Some("5m"))]);
    assert_eq!(usage(&emulator, &second), [0, LONG, 30, 0]);
    let inserted = request(&[block('z', 5, None), block('a', LONG, Some("5m"))]);
    assert_eq!(usage(&emulator, &inserted), [0, 0, LONG + 5, 0], "another prefix");
    let automatic = |text: &str| {
        json!({"model": "claude-sonnet-4-5", "max_tokens": 10,
            "cache_control": {"type": "ephemeral"}, "system": words('s', LONG),
            "messages": [{"role": "user", "content": text}]})
    };
    assert_eq!(usage(&emulator, &automatic("four")), [0, 0, LONG + 1, 0]);
    assert_eq!(usage(&emulator, &automatic("four")), [0, LONG + 1, 0, 0]);
    assert_eq!(usage(&emulator, &automatic("five")), [0, 0, LONG + 1, 0], "system was not marked");
}

/// Proves that a look back visits 20 positions, and that a run of tool results is one of them.
#[test]
fn a_look_back_ends_after_twenty_positions() {
    let first = request(&[block('a', LONG, Some("5m"))]);
    let later = |between: usize, result_run: bool| {
        let mut blocks = vec![block('a', LONG, None)];
        blocks.extend((0..between).map(|_| match result_run {
            true => json!({"type": "tool_result", "tool_use_id": "t", "content": "x"}),
            false => block('b', 1, None),
        }));
        blocks.push(block('c', 1, Some("5m")));
        request(&blocks)
    };
    for (between, run, found) in [(18, false, true), (19, false, false), (40, true, true)] {
        let emulator = emulator();
        usage(&emulator, &first);
        let read = usage(&emulator, &later(between, run))[1];
        assert_eq!(read, if found { LONG } else { 0 }, "{between} blocks between");
    }
    let emulator = emulator();
    usage(&emulator, &first);
    let mut marked_again = later(19, false);
    marked_again["messages"][0]["content"][3]["cache_control"] = json!({"type": "ephemeral"});
    assert_eq!(usage(&emulator, &marked_again)[1], LONG, "the second breakpoint looks too");
}

/// Proves the billing of two lifetimes in one request: read A, write B - A for an hour and C - B
/// for five minutes.
#[test]
fn two_lifetimes_are_billed_apart() {
    let emulator = emulator();
    let body = |tail: char| {
        request(&[
            block('a', LONG, Some("1h")),
            block('b', 100, Some("1h")),
            block(tail, 40, Some("5m")),
            block('d', 7, None),
        ])
    };
    assert_eq!(usage(&emulator, &body('c')), [7, 0, 40, LONG + 100]);
    assert_eq!(usage(&emulator, &body('x')), [7, LONG + 100, 40, 0]);
    emulator.advance(6 * MINUTE_MS);
    assert_eq!(usage(&emulator, &body('c')), [7, LONG + 100, 40, 0], "only the hour is left");
    let grown = request(&[block('a', LONG, Some("1h")), block('e', 50, Some("1h"))]);
    assert_eq!(usage(&emulator, &grown), [0, LONG, 0, 50]);
}

/// Proves what invalidates which part: the settings of the messages keep the system's entry.
#[test]
fn settings_invalidate_from_their_section_on() {
    let emulator = emulator();
    let mut body = request(&[block('m', LONG, Some("5m"))]);
    body["system"] = json!([block('s', LONG, Some("5m"))]);
    body["tools"] = json!([{"name": "t", "input_schema": {}}]);
    let cold = usage(&emulator, &body);
    assert_eq!(usage(&emulator, &body)[1], cold[2]);
    body["tool_choice"] = json!({"type": "auto", "disable_parallel_tool_use": true});
    let chosen = usage(&emulator, &body);
    assert_eq!((chosen[1], chosen[2]), (cold[2] - LONG, LONG));
    body["tools"][0]["description"] = "other".into();
    assert_eq!(usage(&emulator, &body)[1], 0);
}

/// Proves that parallel cold requests all pay: entries are readable once an answer has begun.
#[test]
fn parallel_cold_requests_all_pay() {
    let emulator = emulator();
    let body = request(&[block('a', LONG, Some("5m"))]);
    emulator.gate().hold();
    std::thread::scope(|scope| {
        let cold: Vec<_> = (0..3).map(|_| scope.spawn(|| usage(&emulator, &body))).collect();
        emulator.gate().wait_for_blocking(3);
        emulator.gate().open();
        assert!(cold.into_iter().all(|one| one.join().unwrap() == [0, 0, LONG, 0]));
    });
    assert_eq!(usage(&emulator, &body), [0, LONG, 0, 0]);
}

/// Proves pre-warming (no content, a write, no output billed) and counting.
#[test]
fn prewarming_writes_and_counting_agrees() {
    let emulator = emulator();
    let mut body = request(&[block('a', LONG, Some("5m")), block('b', 3, None)]);
    body["max_tokens"] = 0.into();
    let headers = [("x-api-key", "sk-one"), ("anthropic-version", "2023-06-01")];
    let base = emulator.base_url();
    let warmed = post(&base, "/v1/messages", &headers, &body).unwrap().json();
    assert_eq!((&warmed["content"], &warmed["stop_reason"]), (&json!([]), &json!("max_tokens")));
    assert_eq!(warmed["usage"]["output_tokens"], 0);
    body["max_tokens"] = 9.into();
    assert_eq!(usage(&emulator, &body), [3, LONG, 0, 0]);
    body.as_object_mut().unwrap().shift_remove("max_tokens");
    let counted = post(&base, "/v1/messages/count_tokens", &headers, &body).unwrap();
    assert_eq!(counted.json(), json!({"input_tokens": LONG + 3}));
}

/// Proves against the provider: of two recorded requests with one prefix the first wrote and the
/// second read, and so they do here. The numbers differ, the emulator counts bytes: asked under a
/// model with a lower minimum, so that they count as long enough in bytes too.
#[test]
fn a_recorded_write_and_read_happen_here_too() {
    let Some(folder) = shared_dir() else { return };
    let replay = Replay::load(&folder.join("traffic/anthropic_messages.jsonl.gz")).unwrap();
    let emulator = emulator();
    let name = "test_inline_system_prompt_cache_prefix_is_reused";
    let pairs: Vec<_> = replay.pairs().iter().filter(|pair| pair.id.contains(name)).collect();
    assert_eq!(pairs.len(), 2);
    let here: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let mut request = pair.request.clone();
            request["model"] = "claude-opus-5".into();
            usage(&emulator, &request)
        })
        .collect();
    assert!(here[0][2] > 0 && here[0][1] == 0, "{here:?}");
    assert_eq!((here[1][1], here[1][2]), (here[0][2], 0));
    let recorded = |index: usize, name: &str| pairs[index].response["usage"][name].as_u64();
    assert_eq!(recorded(0, "cache_creation_input_tokens"), recorded(1, "cache_read_input_tokens"));
}
