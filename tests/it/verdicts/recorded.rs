//! Recorded traffic of many providers: what becomes of each request and each answer, and why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use llm_cache_core::json::JsonValue;
use llm_cache_core::key::Dialect;
use llm_cache_core::reply::{RequestVerdict, Verdict, VerdictOptions, request_verdict};
use llm_cache_tests::replay::{Pair, Replay};
use llm_cache_tests::shared::shared_dir;

use super::straight;

/// What becomes of the 1,887 recorded answers. Each skip of a whole answer was looked at: the empty
/// ones end at once (`end_turn` behind a tool's result, a stop sequence that comes first, reasoning
/// without an answer), broken calls are cut within their arguments although the stop reason is
/// `tool_calls`, the error is that of an MCP call, and `complete` is no status of the Responses
/// API.
const ANSWERS: [(&str, usize); 13] = [
    ("anthropic.messages stream", 119),
    ("no dialect", 55),
    ("openai.chat stream", 327),
    ("openai.responses stream", 98),
    ("skip broken_tool_call", 5),
    ("skip empty", 17),
    ("skip error_body", 1),
    ("skip incomplete", 3),
    ("skip refusal", 14),
    ("skip status", 63),
    ("skip truncated", 71),
    ("skip unknown_stop_reason", 3),
    ("store", 1111),
];

/// And of their requests.
const REQUESTS: [(&str, usize); 5] = [
    ("bypass live_tools", 39),
    ("bypass stateful", 17),
    ("bypass streaming", 556),
    ("cacheable", 1220),
    ("no dialect", 55),
];

/// Counts by provider and verdict.
#[derive(Default)]
struct Table(BTreeMap<(String, String), usize>);

impl Table {
    fn count(&mut self, host: &str, verdict: &str) {
        *self.0.entry((host.to_owned(), verdict.to_owned())).or_default() += 1;
    }

    fn by_verdict(&self) -> BTreeMap<&str, usize> {
        let mut sums = BTreeMap::new();
        for ((_, verdict), count) in &self.0 {
            *sums.entry(verdict.as_str()).or_default() += count;
        }
        sums
    }

    fn text(&self, name: &str) -> String {
        let mut text = format!("# recorded traffic, table {name}\nprovider\tverdict\tcount\n");
        for ((host, verdict), count) in &self.0 {
            writeln!(text, "{host}\t{verdict}\t{count}").unwrap();
        }
        for (verdict, count) in self.by_verdict() {
            writeln!(text, "ALL\t{verdict}\t{count}").unwrap();
        }
        text
    }
}

/// The recorded pairs of every file; none without `../shared`.
fn pairs() -> Option<Vec<Pair>> {
    let folder = shared_dir()?.join("traffic");
    let mut files: Vec<_> = [folder.clone(), folder.join("many")]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .collect();
    files.sort();
    let load = |path| Replay::load(path).unwrap().pairs().to_vec();
    Some(files.iter().flat_map(|path| load(path)).collect())
}

fn dialect(pair: &Pair) -> Option<Dialect> {
    let path = pair.path.split('?').next().unwrap_or_default();
    let endpoints = [
        ("/messages", Dialect::AnthropicMessages),
        ("/chat/completions", Dialect::OpenAiChat),
        ("/responses", Dialect::OpenAiResponses),
    ];
    endpoints.into_iter().find(|(end, _)| path.ends_with(end)).map(|(_, dialect)| dialect)
}

fn of_answer(pair: &Pair) -> String {
    let Some(dialect) = dialect(pair) else { return "no dialect".into() };
    if pair.is_stream() {
        return format!("{} stream", dialect.as_str());
    }
    let verdict = Verdict::of(dialect, pair.status, pair.response_body().as_bytes());
    let expected = pair.status == 200 && straight::is_sound(dialect, &pair.response);
    assert_eq!(verdict.is_store(), expected, "{}: {verdict:?}", pair.id);
    if pair.status == 200
        && let Verdict::Skip { why } = verdict
    {
        println!("skip {why}: {} {}", pair.host, pair.id);
    }
    match verdict.skip_reason() {
        None => "store".into(),
        Some(why) => format!("skip {why}"),
    }
}

fn of_request(pair: &Pair) -> String {
    let Some(dialect) = dialect(pair) else { return "no dialect".into() };
    let body = pair.request_body();
    let body = JsonValue::parse(body.as_bytes()).unwrap();
    match request_verdict(dialect, body, VerdictOptions::new()) {
        RequestVerdict::Cacheable => "cacheable".into(),
        RequestVerdict::Bypass { why } => format!("bypass {why}"),
    }
}

/// Each recorded answer has a verdict, the same by the straightforward reading; counts by provider
/// and reason are printed, and their sums are what they were when each skip was looked at.
#[test]
fn recorded_answers_have_their_reasons() {
    let Some(pairs) = pairs() else { return };
    let mut table = Table::default();
    for pair in &pairs {
        table.count(&pair.host, &of_answer(pair));
    }
    println!("{}", table.text("answers"));
    assert_eq!(table.by_verdict(), ANSWERS.into(), "an answer was judged anew");
}

/// The same of the requests.
#[test]
fn recorded_requests_have_their_reasons() {
    let Some(pairs) = pairs() else { return };
    let mut table = Table::default();
    for pair in &pairs {
        table.count(&pair.host, &of_request(pair));
    }
    println!("{}", table.text("requests"));
    assert_eq!(table.by_verdict(), REQUESTS.into(), "a request was judged anew");
}
