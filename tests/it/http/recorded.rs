use std::collections::BTreeMap;

use llm_cache::llm_cache_core::json::JsonValue;
use llm_cache::llm_cache_core::key::Dialect;
use llm_cache::llm_cache_core::reply::{BodyEnd, StreamEnd, StreamStep};
use llm_cache_tests::replay::{Pair, Replay};
use llm_cache_tests::shared;

const FILES: [(&str, Dialect); 6] = [
    ("anthropic_messages", Dialect::AnthropicMessages),
    ("openai_chat", Dialect::OpenAiChat),
    ("openai_responses", Dialect::OpenAiResponses),
    ("many/anthropic_messages", Dialect::AnthropicMessages),
    ("many/openai_chat", Dialect::OpenAiChat),
    ("many/openai_responses", Dialect::OpenAiResponses),
];

/// What the streams of one provider come to.
#[derive(Default)]
struct Counts {
    streams: usize,
    complete: usize,
    /// Complete, and without a terminal event.
    without_mark: usize,
    failed: usize,
    cut: Vec<String>,
    /// Complete also with the terminal event taken away.
    without_last: usize,
}

/// Every recorded stream of every provider is complete at its announced end; a beginning of it is
/// only where nothing but its mark and what says nothing is missing.
#[test]
fn every_stream_is_complete() {
    let Some(shared) = shared::shared_dir() else { return };
    let mut table: BTreeMap<String, Counts> = BTreeMap::new();
    for (file, dialect) in FILES {
        let replay = Replay::load(&shared.join(format!("traffic/{file}.jsonl.gz"))).unwrap();
        for pair in replay.pairs().iter().filter(|pair| pair.is_stream()) {
            let counts = table.entry(format!("{} {}", dialect.as_str(), pair.host)).or_default();
            judge(pair, dialect, counts);
        }
    }
    println!("# streams by dialect and provider, at an announced end of the body; table STREAMS");
    println!(
        "provider\tstreams\tcomplete\tof_them_without_mark\tfailed\tcut\tcomplete_if_mark_is_lost"
    );
    for (provider, counts) in &table {
        let Counts { streams, complete, without_mark, failed, cut, without_last } = counts;
        let cut_len = cut.len();
        println!(
            "{provider}\t{streams}\t{complete}\t{without_mark}\t{failed}\t{cut_len}\t{without_last}"
        );
    }
    let cut: Vec<_> = table.values().flat_map(|counts| &counts.cut).collect();
    assert!(cut.is_empty(), "cut: {cut:#?}");
    assert_eq!(table.values().map(|counts| counts.failed).sum::<usize>(), 0);
    assert!(table.values().map(|counts| counts.streams).sum::<usize>() >= 457);
}

fn judge(pair: &Pair, dialect: Dialect, counts: &mut Counts) {
    let request = pair.request_body();
    let request = JsonValue::parse(request.as_bytes()).expect("recorded JSON");
    let text = pair.response_body();
    let events = events(&text);
    let mut end = StreamEnd::new(dialect, Some(request));
    let mut step = StreamStep::Go;
    // From which event on a cut body with an announced end would pass as complete.
    let mut passes_from = None;
    for (at, (name, data)) in events.iter().enumerate() {
        step = end.take(name, data);
        if step != StreamStep::Go {
            break;
        }
        if !end.is_complete_at(BodyEnd::Announced) {
            passes_from = None;
        } else if passes_from.is_none() {
            passes_from = Some(at);
        }
        assert!(!end.is_complete_at(BodyEnd::Closed), "{}", pair.id);
    }
    counts.streams += 1;
    match step {
        StreamStep::Failed => counts.failed += 1,
        _ if end.is_complete_at(BodyEnd::Announced) => {
            counts.complete += 1;
            counts.without_mark += usize::from(step == StreamStep::Go);
        }
        _ => counts.cut.push(pair.id.clone()),
    }
    let Some(from) = passes_from else { return };
    assert_eq!(dialect, Dialect::OpenAiChat, "{}", pair.id);
    counts.without_last += 1;
    // Behind that event no text comes, and no call.
    for (_, data) in &events[from + 1..] {
        let Ok(chunk) = serde_json::from_str::<serde_json::Value>(data) else { continue };
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let delta = &choice["delta"];
            let says = |name: &str| delta[name].as_str().is_some_and(|text| !text.is_empty());
            let calls = delta["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
            assert!(!says("content") && !calls, "{}: {data}", pair.id);
        }
    }
}

/// The events of a stream, split as plainly as can be: by an independent reading of the format.
fn events(text: &str) -> Vec<(String, String)> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let field = |lines: &str, name: &str| {
        let values: Vec<_> = lines
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.strip_prefix(' ').unwrap_or(value))
            .collect();
        (!values.is_empty()).then(|| values.join("\n"))
    };
    text.split("\n\n")
        .filter_map(|lines| {
            Some((field(lines, "event").unwrap_or_default(), field(lines, "data")?))
        })
        .collect()
}
