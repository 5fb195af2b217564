//! The planner against the emulator: what it marks is accepted, and what it says is read is read.

use llm_cache::{
    llm_cache_core::prompt::{PartKind, PromptView, Ttl},
    prompt::{
        Facts, ModelFacts,
        outline::{Outline, TokenCounter},
        plan::{Plan, Planner, Reason},
    },
};
use llm_cache_tests::emulator::{Ledger, Usage};
use serde_json::{Value, json};

const MODEL: &str = "claude-opus-5";

/// Bytes divided by four, rounded up: the emulator's rule.
struct Rule;

impl TokenCounter for Rule {
    fn tokens(&self, _: PartKind, text: &str) -> u64 {
        text.len().div_ceil(4) as u64
    }
}

/// A client with a planner, and a provider.
struct Bench {
    planner: Planner,
    ledger: Ledger,
    facts: &'static ModelFacts,
    /// In prices of a token.
    cost: f64,
    uncached: f64,
    seed: u64,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let facts = Facts::embedded().model(MODEL).expect("a row");
        let (planner, ledger) = (Planner::new(), Ledger::default());
        Self { planner, ledger, facts, cost: 0.0, uncached: 0.0, seed }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.seed >> 33) % bound
    }

    /// Plans a body, sends it marked, and compares the plan with the bill.
    fn send(&mut self, body: &Value, now_ms: u64) -> (Plan, Usage) {
        let text = body.to_string();
        let prompt = PromptView::parse(text.as_bytes()).expect("JSON");
        let outline = Outline::of(&prompt, &Rule);
        let plan = self.planner.plan(&outline, self.facts, now_ms);
        let marked = plan.apply(text.as_bytes()).expect("the body that was planned");

        // The marks are where the plan says, and the digests are those of the body without them.
        let view = PromptView::parse(&marked).expect("JSON");
        let with_marks = Outline::of(&view, &Rule);
        let marks: Vec<_> = with_marks.marks().collect();
        assert_eq!(marks.len(), plan.breakpoints.len());
        for ((at, ttl), point) in marks.iter().zip(&plan.breakpoints) {
            let position = &with_marks.positions[*at];
            assert_eq!((position.place, *ttl), (point.place, point.ttl));
            assert_eq!(position.prefix, outline.positions[*at].prefix);
        }

        let marked: Value = serde_json::from_slice(&marked).expect("JSON");
        let usage = self.ledger.bill(&marked, now_ms).expect("accepted");
        let read = plan.breakpoints.iter().rfind(|point| point.reason == Reason::Read);
        let read = read.map_or(0, |point| point.tokens);
        assert_eq!(usage.read, read, "at {now_ms}: {plan}");
        self.cost += usage.input as f64
            + usage.read as f64 * self.facts.read.expect("a price")
            + usage.written_5m as f64 * self.facts.write_5m.expect("a price")
            + usage.written_1h as f64 * self.facts.write_1h.expect("a price");
        self.uncached += (usage.input + usage.read + usage.written_5m + usage.written_1h) as f64;
        (plan, usage)
    }

    fn words(&mut self, count: u64) -> String {
        (0..count).map(|_| format!("{:x} ", self.below(1 << 20))).collect()
    }
}

fn body(system: &str, messages: &[Value]) -> Value {
    json!({
        "model": MODEL,
        "max_tokens": 100,
        "tools": [
            {"name": "look", "description": "looks it up", "input_schema": {"type": "object"}},
            {"name": "note", "description": "notes it", "input_schema": {"type": "object"}}
        ],
        "system": system,
        "messages": messages,
    })
}

/// The messages that a turn adds: calls of tools, and their results.
fn turn(bench: &mut Bench, turn: usize, messages: &mut Vec<Value>) {
    let calls = if bench.below(12) == 0 { 24 } else { 1 + bench.below(3) };
    let id = |call: u64| format!("toolu_{turn}_{call}");
    let uses: Vec<_> = (0..calls)
        .map(|call| json!({"type": "tool_use", "id": id(call), "name": "look", "input": {"n": call}}))
        .collect();
    let results: Vec<_> = (0..calls)
        .map(|call| {
            let content = bench.words(40);
            json!({"type": "tool_result", "tool_use_id": id(call), "content": content})
        })
        .collect();
    messages.push(json!({"role": "assistant", "content": uses}));
    messages.push(json!({"role": "user", "content": results}));
}

/// Loops with tools, one after the other, now and then with a long pause: all marks are accepted,
/// the provider reads exactly what the planner says, and from the second turn on it always reads.
#[test]
fn loops_read_what_the_planner_says() {
    let mut bench = Bench::new(3);
    let system = bench.words(500);
    let (mut now, mut requests) = (0, 0);
    for task in 0..6 {
        let ask = bench.words(60);
        let mut messages = vec![json!({"role": "user", "content": ask})];
        for number in 0..8 {
            if number > 0 {
                turn(&mut bench, number, &mut messages);
            }
            let (plan, usage) = bench.send(&body(&system, &messages), now);
            assert!(number == 0 || usage.read > 0, "task {task}, turn {number}: {plan}");
            requests += 1;
            now += 2_000 + bench.below(60_000);
        }
        now += if task == 3 { 1_000_000 } else { 30_000 };
    }
    let share = bench.cost / bench.uncached;
    println!("{requests} requests at {share:.3} of their price without caching");
    assert!(share < 0.4, "{share}");
}

/// Conversations of several users by turns, some of which fork or stop: the same, and it is never
/// dearer than no caching.
#[test]
fn conversations_read_what_the_planner_says() {
    let mut bench = Bench::new(4);
    let mut talks: Vec<(String, Vec<Value>)> = Vec::new();
    let system = bench.words(300);
    let (mut now, mut hours) = (0, 0);
    for _ in 0..160 {
        if talks.len() < 4 || bench.below(8) == 0 {
            talks.push((system.clone(), Vec::new()));
        }
        let which = bench.below(talks.len() as u64) as usize;
        let (asked, answered) = (bench.words(80), bench.words(80));
        let is_fork = bench.below(10) == 0;
        let cut = bench.below(3) as usize * 2;
        let (system, messages) = &mut talks[which];
        if is_fork {
            messages.truncate(messages.len().saturating_sub(cut));
        }
        messages.push(json!({"role": "user", "content": asked}));
        let sent = body(system, messages);
        messages.push(json!({"role": "assistant", "content": answered}));
        let (plan, _) = bench.send(&sent, now);
        hours += plan.breakpoints.iter().filter(|point| point.ttl == Ttl::OneHour).count();
        now += bench.below(120_000);
    }
    let share = bench.cost / bench.uncached;
    println!("160 requests at {share:.3} of their price without caching, {hours} hour's marks");
    assert!(share < 1.0, "{share}");
}
