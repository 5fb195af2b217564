//! Replay mode, over every recorded pair.

use super::*;
use crate::raw_http::send;
use crate::replay::{Pair, Replay};
use crate::shared_dir;

const FILES: &[&str] = &["anthropic_messages", "openai_chat"];

/// All 368 pairs, or `None` where `../shared` is not there.
fn recording() -> Option<Replay> {
    let folder = shared_dir()?.join("traffic");
    let mut replay = Replay::default();
    for name in FILES {
        replay.add_file(&folder.join(format!("{name}.jsonl.gz"))).unwrap();
    }
    Some(replay)
}

fn replayed(emulator: &Emulator, path: &str, pair: &Pair) -> RawAnswer {
    let body = pair.request_body();
    send("POST", &emulator.base_url(), path, &[], body.as_bytes()).unwrap()
}

/// Proves that every recorded request gets its own recorded response, repeats in file order, with
/// status, headers and body as recorded; and that the second time round they start again.
#[test]
fn every_recorded_pair_is_served() {
    let (Some(replay), Some(copy)) = (recording(), recording()) else { return };
    assert_eq!(copy.pairs().len(), 368);
    let emulator = Emulator::start(Options::new().replay(replay)).unwrap();
    let mut streams = 0;
    for round in 0..2 {
        for pair in copy.pairs() {
            let path = if round == 0 { &pair.path } else { pair.path.split('?').next().unwrap() };
            let answer = replayed(&emulator, path, pair);
            assert_eq!((answer.status, answer.complete), (pair.status, true), "{}", pair.id);
            assert_eq!(answer.text(), pair.response_body(), "{}", pair.id);
            for (name, value) in &pair.response_headers {
                assert_eq!(answer.header(name), Some(value.as_str()), "{}", pair.id);
            }
            streams += usize::from(answer.header("transfer-encoding") == Some("chunked"));
        }
    }
    assert_eq!((emulator.upstream_calls(), emulator.not_recorded(), streams), (736, 0, 92));
}

/// Proves that a request that is not in the recording is said to be, and counted apart.
#[test]
fn what_is_not_recorded_is_counted_apart() {
    let emulator = Emulator::start(Options::new().replay(Replay::default())).unwrap();
    let answer = post_message(&emulator, &message("a"));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"]["message"], "not in the recording");
    assert_eq!(post_chat(&emulator, &chat("a")).status, 404);
    assert_eq!((emulator.not_recorded(), emulator.upstream_calls()), (2, 2));
}
