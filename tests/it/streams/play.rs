//! The player on every recorded answer, plain and streamed: nothing of it is lost in a stream.

use std::collections::BTreeMap;

use llm_cache_core::dialect::stream::{PlayOptions, Player, same_meaning};
use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;

use super::{
    assemble::{Bytes, whole},
    recorded,
};

/// A message as a stream; `Err` says why there is none.
fn play(dialect: Dialect, message: &str, piece_len: usize) -> Result<String, String> {
    let message = JsonValue::parse(message.as_bytes()).expect("a message is JSON");
    let has_usage = message.get("usage").is_some_and(|usage| !usage.is_null());
    let options = PlayOptions::new().usage(has_usage).piece_len(piece_len);
    let mut player = Player::new(dialect, message, options).map_err(|why| why.to_string())?;
    let mut wire = Bytes(Vec::new());
    while player.write_next(&mut wire) {}
    Ok(String::from_utf8(wire.0).expect("a stream is text"))
}

/// Each final message, received as it is or put together from a stream, is played in pieces of
/// several lengths and put together again: it has the same meaning, or the player refuses it.
#[test]
fn recorded_messages() {
    let Some(pairs) = recorded() else { return };
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    let mut lost = Vec::new();
    for (nth, (dialect, pair)) in pairs.iter().filter(|(_, pair)| pair.status == 200).enumerate() {
        let body = pair.response_body();
        let message = match pair.is_stream() {
            true => whole(*dialect, &pair.request_body(), &body).expect("it folds"),
            false => body,
        };
        let found = play(*dialect, &message, [1, 7, 32][nth % 3]).map(|stream| {
            let again = whole(*dialect, r#"{"stream":true}"#, &stream).expect("it folds");
            let parse = |text| JsonValue::parse(text).expect("a message is JSON");
            if !same_meaning(*dialect, parse(message.as_bytes()), parse(again.as_bytes())) {
                lost.push(format!("{} {}", pair.host, pair.id));
            }
            "played".to_owned()
        });
        let found = found.unwrap_or_else(|why| why);
        *counts.entry((dialect.as_str(), found)).or_default() += 1;
    }
    println!("# recorded messages, played and put together again; table PLAYED");
    println!("dialect\tresult\tmessages");
    for ((dialect, result), count) in &counts {
        println!("{dialect}\t{result}\t{count}");
    }
    assert!(lost.is_empty(), "{lost:#?}");
    let played: usize = counts.iter().filter(|it| it.0.1 == "played").map(|it| it.1).sum();
    assert!(played >= 1300, "{counts:?}");
}
