//! Every recorded request read into the model and written again.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::{
    fs::File,
    io::{BufRead, BufReader},
};

use flate2::read::GzDecoder;
use llm_cache_core::{
    json::JsonValue,
    key::{Dialect, Endpoint, Scope, Tenant},
    prompt::{Content, Message, Request},
};
use llm_cache_fuzz::prompt_decode::with_decoded;
use llm_cache_tests::shared_dir;
use serde_json::Value;

/// The recordings, and how many requests they hold.
const FILES: [(&str, Dialect, usize); 4] = [
    ("anthropic_messages", Dialect::AnthropicMessages, 189),
    ("anthropic_count_tokens", Dialect::AnthropicMessages, 6),
    ("openai_chat", Dialect::OpenAiChat, 179),
    ("openai_responses", Dialect::OpenAiResponses, 181),
];

/// What was compared.
#[derive(Default)]
struct Counts {
    requests: usize,
    blocks: usize,
    /// Messages that stay raw as a whole, and members that have no typed place.
    whole: usize,
    extra: usize,
}

/// The request is equal as JSON, every tool and block of it has its own bytes, and its key is that
/// of the recorded body.
#[test]
fn recorded_requests_come_back() {
    let Some(shared) = shared_dir() else { return };
    for (file, dialect, requests) in FILES {
        let mut counts = Counts::default();
        let path = shared.join("traffic").join(file).with_extension("jsonl.gz");
        for line in BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines() {
            let line = line.unwrap();
            let body = JsonValue::parse(line.as_bytes()).unwrap().get("request").unwrap();
            comes_back(dialect, body, &mut counts);
        }
        let Counts { blocks, whole, extra, .. } = counts;
        println!("{file}: {} requests, {blocks} tools and blocks", counts.requests);
        println!("    {whole} messages raw as a whole, {extra} members without a typed place");
        assert_eq!(counts.requests, requests, "{file}");
    }
}

fn comes_back(dialect: Dialect, body: JsonValue<'_>, counts: &mut Counts) {
    let before = counts.requests;
    with_decoded(dialect, body, |request| is_the_same(dialect, body, request, counts));
    assert_eq!(counts.requests, before + 1, "it was decoded");
}

fn is_the_same(dialect: Dialect, body: JsonValue<'_>, request: &Request<'_>, counts: &mut Counts) {
    let mut written = Vec::new();
    request.encode_unvalidated(dialect, &mut written).unwrap();

    let equal: [Value; 2] =
        [serde_json::from_str(body.text()).unwrap(), serde_json::from_slice(&written).unwrap()];
    assert_eq!(equal[0], equal[1]);
    let (before, after) = (pieces(body), pieces(JsonValue::parse(&written).unwrap()));
    assert_eq!(before, after);

    let scope = Scope::new(dialect, Endpoint::Id("e"), Tenant::Shared).hasher().unwrap();
    let needed = request.key_scratch_needed(dialect).unwrap();
    let key = request.key(&scope, &mut vec![Default::default(); needed]).unwrap();
    assert_eq!(key, scope.key_alloc(body.text().as_bytes()).unwrap());

    counts.requests += 1;
    counts.blocks += before.len();
    counts.extra += request.extra.len();
    let is_whole = |message: &&Message<'_>| matches!(message.content, Content::Whole(_));
    counts.whole += request.messages.iter().filter(is_whole).count();
}

/// The bytes of everything that a provider hashes piece by piece: tools, system, contents, items.
fn pieces(body: JsonValue<'_>) -> Vec<&str> {
    let list = |name: &str| body.get(name).into_iter().flat_map(|list| list.elements());
    let mut pieces: Vec<_> =
        list("tools").chain(list("system")).map(|entry| entry.text()).collect();
    pieces.extend(body.get("system").map(|system| system.text()));
    for message in list("messages").chain(list("input")) {
        match message.get("content") {
            Some(content) if content.elements().next().is_some() => {
                pieces.extend(content.elements().map(|block| block.text()));
            }
            Some(content) => pieces.push(content.text()),
            None => pieces.push(message.text()),
        }
    }
    pieces
}
