//! Usage, prices and savings on all recorded traffic, against a computation of their own: the
//! counts straight from the recorded JSON, the prices from a table in this file.

use llm_cache::llm_cache_core::{Usage, key::Dialect};
use llm_cache::prompt::{Facts, Money, Reported, Savings};
use llm_cache_tests::{
    replay::{Pair, Replay},
    shared_dir,
};
use serde_json::Value;

/// Dollars per million tokens as the providers' pages give them: input, read, write for 5 minutes,
/// write for an hour, output. Every model of the recording that has a price, by its undated name.
const PRICES: &[(&str, [f64; 5])] = &[
    ("claude-sonnet-4-5", [3.0, 0.3, 3.75, 6.0, 15.0]),
    ("claude-sonnet-4-6", [3.0, 0.3, 3.75, 6.0, 15.0]),
    ("claude-sonnet-4", [3.0, 0.3, 3.75, 6.0, 15.0]),
    ("claude-sonnet-5", [2.0, 0.2, 2.5, 4.0, 10.0]),
    ("claude-haiku-4-5", [1.0, 0.1, 1.25, 2.0, 5.0]),
    ("claude-opus-4-6", [5.0, 0.5, 6.25, 10.0, 25.0]),
    ("claude-opus-4-7", [5.0, 0.5, 6.25, 10.0, 25.0]),
    ("claude-opus-4-8", [5.0, 0.5, 6.25, 10.0, 25.0]),
    ("claude-opus-5", [5.0, 0.5, 6.25, 10.0, 25.0]),
    ("claude-fable-5", [10.0, 1.0, 12.5, 20.0, 50.0]),
    ("claude-3-opus", [15.0, 1.5, 18.75, 30.0, 75.0]),
    ("gpt-4o", [2.5, 1.25, 2.5, 0.0, 10.0]),
    ("gpt-4o-mini", [0.15, 0.075, 0.15, 0.0, 0.6]),
    ("gpt-4.1", [2.0, 0.5, 2.0, 0.0, 8.0]),
    ("gpt-4.1-mini", [0.4, 0.1, 0.4, 0.0, 1.6]),
    ("gpt-5", [1.25, 0.125, 1.25, 0.0, 10.0]),
    ("gpt-5-mini", [0.25, 0.025, 0.25, 0.0, 2.0]),
    ("gpt-5.2", [1.75, 0.175, 1.75, 0.0, 14.0]),
    ("gpt-5.4", [2.5, 0.25, 2.5, 0.0, 15.0]),
    ("gpt-5.4-mini", [0.75, 0.075, 0.75, 0.0, 4.5]),
    ("gpt-5.5", [5.0, 0.5, 5.0, 0.0, 30.0]),
    ("gpt-5.6-sol", [4.0, 0.4, 5.0, 0.0, 20.0]),
    ("o3", [2.0, 0.5, 2.0, 0.0, 8.0]),
    ("o3-mini", [1.1, 0.55, 1.1, 0.0, 4.4]),
    ("o4-mini", [1.1, 0.275, 1.1, 0.0, 4.4]),
];

const FILES: [(&str, Dialect); 3] = [
    ("anthropic_messages.jsonl.gz", Dialect::AnthropicMessages),
    ("openai_chat.jsonl.gz", Dialect::OpenAiChat),
    ("openai_responses.jsonl.gz", Dialect::OpenAiResponses),
];

/// Tokens by kind, in the order of the price table.
type Tokens = [u64; 5];

/// What a recorded answer says, read here.
#[derive(Default)]
struct Answer {
    tokens: Option<Tokens>,
    model: Option<String>,
}

/// The JSON documents of an answer: itself, or the data of a stream's events.
fn documents(pair: &Pair) -> Vec<Value> {
    let Value::String(text) = &pair.response else { return vec![pair.response.clone()] };
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

fn read(pair: &Pair, dialect: Dialect) -> Answer {
    let mut answer = Answer::default();
    let mut usage = serde_json::Map::new();
    for document in documents(pair) {
        for holder in [&document, &document["message"], &document["response"]] {
            if let Some(model) = holder["model"].as_str() {
                answer.model = Some(model.to_owned());
            }
            let members = holder["usage"].as_object().into_iter().flatten();
            usage
                .extend(members.filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    if usage.is_empty() {
        return answer;
    }
    let usage = Value::Object(usage);
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let inclusive = |input: &str, output: &str| {
        let read = count(&format!("{input}_details/cached_tokens"));
        let written = count(&format!("{input}_details/cache_write_tokens"));
        [count(input) - read - written, read, written, 0, count(output)]
    };
    answer.tokens = Some(match dialect {
        Dialect::AnthropicMessages => {
            let hour = count("/cache_creation/ephemeral_1h_input_tokens");
            let five = count("/cache_creation_input_tokens") - hour;
            let read = count("/cache_read_input_tokens");
            [count("/input_tokens"), read, five, hour, count("/output_tokens")]
        }
        Dialect::OpenAiChat => inclusive("/prompt_tokens", "/completion_tokens"),
        _ => inclusive("/input_tokens", "/output_tokens"),
    });
    answer
}

/// The row of a model, whose name may end in a date.
fn prices(model: &str) -> Option<[i128; 5]> {
    let is_date = |rest: &str| {
        let digits = rest.chars().filter(char::is_ascii_digit).count();
        let has_word = rest.contains(|c: char| !(c.is_ascii_digit() || c == '-'));
        rest.is_empty() || (rest.starts_with('-') && digits == 8 && !has_word)
    };
    let row = PRICES.iter().find(|(name, _)| model.strip_prefix(name).is_some_and(is_date))?;
    // Picodollars a token: millionths of a dollar per million.
    Some(row.1.map(|dollars| (dollars * 1e6).round() as i128))
}

fn tokens_of(usage: Usage) -> Tokens {
    [
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
    ]
}

/// Sums worked out here: of tokens, and of picodollars paid and uncached.
#[derive(Default)]
struct Totals {
    replies: u64,
    unreported: u64,
    unpriced: u64,
    tokens: Tokens,
    paid: i128,
    uncached: i128,
}

impl Totals {
    fn add(&mut self, answer: &Answer) {
        self.replies += 1;
        let Some(tokens) = answer.tokens else {
            self.unreported += 1;
            return;
        };
        for (total, count) in self.tokens.iter_mut().zip(tokens) {
            *total += count;
        }
        let Some(prices) = answer.model.as_deref().and_then(prices) else {
            self.unpriced += 1;
            return;
        };
        assert!(tokens[..4].iter().sum::<u64>() < 100_000, "a long prompt has other prices");
        let of = |rates: [i128; 5]| -> i128 {
            rates.iter().zip(tokens).map(|(rate, count)| rate * i128::from(count)).sum()
        };
        let [input, .., output] = prices;
        self.paid += of(prices);
        self.uncached += of([input, input, input, input, output]);
    }
}

/// Every recorded answer, plain and streamed, in all dialects: its counts, its model and its price
/// are what this file works out, one by one and in total; as a hit of ours it is billed nothing.
#[test]
fn recorded_answers_come_to_what_they_cost() {
    let Some(folder) = shared_dir() else { return };
    let facts = Facts::embedded();
    for (file, dialect) in FILES {
        let replay = Replay::load(&folder.join("traffic").join(file)).unwrap();
        let (mut expected, mut total, mut hits) = (Totals::default(), Savings::default(), 0);
        let mut as_hits = Savings::default();
        for pair in replay.pairs() {
            let answer = read(pair, dialect);
            let reported = Reported::of(dialect, pair.response_body().as_bytes());
            assert_eq!(reported.usage.map(tokens_of), answer.tokens, "{}", pair.id);
            assert_eq!(reported.model, answer.model, "{}", pair.id);
            assert!(!reported.at_other_prices, "{}", pair.id);
            let one = Savings::of(&reported, false, facts);
            let mut alone = Totals::default();
            alone.add(&answer);
            assert_eq!(one.money.paid.picodollars(), alone.paid, "{}", pair.id);
            assert_eq!(one.saved().is_some(), alone.unpriced + alone.unreported == 0);
            expected.add(&answer);
            total += &one;
            as_hits += &Savings::of(&reported, true, facts);
            hits += 1;
        }
        assert_eq!(tokens_of(total.usage), expected.tokens, "{file}");
        assert_eq!((total.billed, total.hits), (total.usage, 0), "{file}");
        assert_eq!(total.money.paid.picodollars(), expected.paid, "{file}");
        assert_eq!(total.money.uncached.picodollars(), expected.uncached, "{file}");
        let saved = Money::from_picodollars(expected.uncached - expected.paid);
        let bill = total.money;
        assert_eq!((bill.saved(), bill.saved_by_prompt_cache()), (saved, saved), "{file}");
        assert_eq!((total.unreported, total.unpriced), (expected.unreported, expected.unpriced));
        assert_eq!((total.replies, as_hits.hits), (expected.replies, hits), "{file}");
        assert_eq!((as_hits.billed, as_hits.money.paid), (Usage::default(), Money::ZERO));
        assert_eq!((as_hits.usage, as_hits.money.saved_by_hits), (total.usage, bill.uncached));
        println!("{file}: {total}");
    }
}

/// The entry has what a hit is accounted by: the model, the counts and the price tier that the body
/// of every recorded plain answer states, and tiers that no recorded answer states.
#[tokio::test]
async fn an_entry_says_what_its_body_says() {
    use llm_cache::entry::Entry;
    use llm_cache::exchange::{Answer, Exchange, Options};
    use llm_cache::llm_cache_core::key::{Endpoint, Scope, Tenant, TenantDigest};

    async fn entry_of(dialect: Dialect, status: u16, body: String) -> Entry {
        let tenant = Tenant::Named("acme");
        let scope = Scope::new(dialect, Endpoint::Id("example"), tenant);
        let hasher = scope.hasher().unwrap();
        let cache = llm_cache::cache::Cache::builder().build();
        let options = Options::new().tenant(TenantDigest::of(&tenant));
        let exchange = Exchange::new(Some(&cache), &hasher).options(options);
        let judged = exchange.judge(br#"{"model":"m","messages":[]}"#);
        let fetch = async || Ok::<_, ()>(Answer::new(status, body));
        let share = llm_cache::cache::Share::cloned();
        let answered = judged.answer(share, |_| Some(()), fetch).await.unwrap();
        assert_eq!(answered.entry.tenant(), Some(TenantDigest::of(&tenant)));
        answered.entry
    }

    for (body, tier) in [
        (r#"{"usage":{"service_tier":"batch"}}"#, "batch"),
        (r#"{"usage":{"service_tier":"standard","speed":"fast"}}"#, "fast"),
        (r#"{"usage":{"inference_geo":"us"}}"#, "us"),
    ] {
        let entry = entry_of(Dialect::AnthropicMessages, 200, body.into()).await;
        assert_eq!(entry.price_tier(), Some(tier), "{body}");
        assert!(Reported::of(Dialect::AnthropicMessages, body.as_bytes()).at_other_prices);
    }
    let flex = r#"{"service_tier":"flex","model":""}"#;
    let entry = entry_of(Dialect::OpenAiChat, 200, flex.into()).await;
    assert_eq!((entry.price_tier(), entry.model()), (Some("flex"), None));

    let Some(folder) = shared_dir() else { return };
    for (file, dialect) in FILES {
        let replay = Replay::load(&folder.join("traffic").join(file)).unwrap();
        for pair in replay.pairs().iter().filter(|pair| !pair.is_stream()) {
            let body = pair.response_body();
            let reported = Reported::of(dialect, body.as_bytes());
            let entry = entry_of(dialect, pair.status, body).await;
            assert_eq!(entry.model(), reported.model.as_deref(), "{}", pair.id);
            assert_eq!(entry.usage, reported.usage, "{}", pair.id);
            assert_eq!(entry.price_tier().is_some(), reported.at_other_prices, "{}", pair.id);
        }
    }
}
