//! Pairs of requests, and what the emulator's accounting says of them.

use llm_cache_tests::emulator::{Ledger, Usage};
use serde_json::{Value, json};

use super::super::random::Random;
use super::conversations::{MODELS, conversation, mark, unmark};
use super::edits::{Done, EDITS, Expected};

/// What a doctor tells, in plain types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Input, read, written for five minutes, written for an hour.
    pub(crate) usage: [u64; 4],
    pub(crate) finding: String,
    /// Row, path, change.
    pub(crate) difference: Option<(&'static str, String, String)>,
    /// Name, and the place or number that goes with it.
    pub(crate) causes: Vec<(&'static str, String)>,
    pub(crate) sentence: String,
}

/// Two requests, the second made from the first.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) previous: Value,
    pub(super) current: Value,
    /// The second as it is sent.
    pub(super) current_text: String,
    pub(super) minimum_tokens: u64,
    pub(super) elapsed_ms: u64,
    /// The first difference: unknown, none, or this one.
    pub(super) expected: Option<Option<Expected>>,
    /// What the emulator bills for the second.
    pub(super) usage: [u64; 4],
    /// What it wrote for the first.
    pub(super) written: u64,
}

const MINUTE_MS: u64 = 60_000;

/// Around both lifetimes.
const ELAPSED_MS: [u64; 7] =
    [0, 1, 5 * MINUTE_MS - 1, 5 * MINUTE_MS, 60 * MINUTE_MS - 1, 60 * MINUTE_MS, 1000 * MINUTE_MS];

/// `count` cases, the same for the same seed: each edit as often as every other one that finds
/// something to work on.
pub(super) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut rng = Random::new(seed);
    let mut cases = Vec::new();
    let mut turn = 0;
    while cases.len() < count {
        turn += 1;
        cases.extend(case(&mut rng, turn));
    }
    cases
}

/// One case; none where the edit has nothing to work on, or the provider would refuse a request.
fn case(rng: &mut Random, turn: usize) -> Option<Case> {
    let mut previous = conversation(rng);
    mark(rng, &mut previous);
    let mut current = previous.clone();
    let (name, edit) = EDITS[turn % EDITS.len()];
    let mut name = name.to_string();
    let mut expected = match edit(rng, &mut current) {
        Done::NotHere => return None,
        Done::Nothing => Some(None),
        Done::Expected(expected) => Some(Some(expected)),
        Done::Something => None,
    };
    if rng.once_in(8) {
        let (second, edit) = EDITS[rng.below(EDITS.len())];
        edit(rng, &mut current);
        name = format!("{name}, {second}");
        expected = None;
    }
    if rng.once_in(2) {
        mark(rng, &mut current);
    }
    let elapsed_ms = if rng.once_in(3) { *rng.pick(&ELAPSED_MS) } else { 0 };
    let mut ledger = Ledger::default();
    let written = ledger.bill(&previous, 0).ok()?;
    let usage = ledger.bill(&current, elapsed_ms).ok()?;
    let pretty = rng.once_in(4);
    let current_text = if pretty {
        serde_json::to_string_pretty(&current).unwrap().replace('x', "\\u0078")
    } else {
        current.to_string()
    };
    Some(Case {
        name,
        minimum_tokens: minimum_tokens(&current),
        current_text,
        previous,
        current,
        elapsed_ms,
        expected,
        usage: counts(usage),
        written: written.written_5m + written.written_1h,
    })
}

fn minimum_tokens(body: &Value) -> u64 {
    MODELS.iter().find(|(name, ..)| body["model"] == *name).map(|(_, tokens, _)| *tokens).unwrap()
}

fn counts(usage: Usage) -> [u64; 4] {
    [usage.input, usage.read, usage.written_5m, usage.written_1h]
}

impl Case {
    /// Whether what a doctor tells is what happened, and what the edit did.
    pub(super) fn check(&self, tell: fn(&[u8], &[u8], u64, u64) -> Told) -> Result<Told, String> {
        let previous = self.previous.to_string();
        let (was, is) = (previous.as_bytes(), self.current_text.as_bytes());
        let told = tell(was, is, self.minimum_tokens, self.elapsed_ms);
        if told.usage != self.usage {
            return Err(format!("usage {:?}, predicted {:?}", self.usage, told.usage));
        }
        let finding = match self.usage[1] {
            0 => "Miss",
            read if read < self.written => "PartialHit",
            _ => "Hit",
        };
        if told.finding != finding || (finding == "Hit") != told.causes.is_empty() {
            return Err(format!("{finding} expected: {told:?}"));
        }
        let difference = told.difference.as_ref();
        let difference = difference.map(|(row, path, change)| (*row, path.clone(), &**change));
        if self.expected.as_ref().is_some_and(|expected| *expected != difference) {
            return Err(format!("difference {difference:?}, expected {:?}", self.expected));
        }
        self.check_remedy(&told)?;
        Ok(told)
    }

    /// What is told as the only cause is one: without it the emulator reads all that was written.
    fn check_remedy(&self, told: &Told) -> Result<(), String> {
        let [(cause, at)] = &told.causes[..] else { return Ok(()) };
        let (mut previous, mut current) = (self.previous.clone(), self.current.clone());
        let mut elapsed_ms = self.elapsed_ms;
        match *cause {
            "expired" => elapsed_ms = 0,
            "look-back" | "marks earlier" => {
                if marks_behind(&current, at) != (*cause == "look-back") {
                    return Err(format!("{cause} {at}: marks stand otherwise"));
                }
                mark_only(&mut current, at);
            }
            "no marks" => current = previous.clone(),
            // Both have the same prefix up to here, and it is too short.
            "too short" | "too short before" => {
                let short = at.parse::<u64>().is_ok_and(|tokens| tokens < self.minimum_tokens);
                return if short { Ok(()) } else { Err(format!("not too short: {told:?}")) };
            }
            "no marks before" => {
                previous = current.clone();
                let mut ledger = Ledger::default();
                let usage = ledger.bill(&previous, 0)?;
                let again = ledger.bill(&current, 1)?;
                let all = usage.written_5m + usage.written_1h;
                return if again.read == all && all > 0 { Ok(()) } else { Err(at.clone()) };
            }
            _ => return Ok(()),
        }
        let mut ledger = Ledger::default();
        ledger.bill(&previous, 0)?;
        let read = ledger.bill(&current, elapsed_ms)?.read;
        if read == self.written {
            return Ok(());
        }
        Err(format!("without {cause} {at}: {read} of {} read; {told:?}", self.written))
    }
}

/// Whether a mark stands behind the block at a path, the provider's own marks included.
fn marks_behind(body: &Value, path: &str) -> bool {
    // Section, message, block; or section, block.
    let place = |path: &str| -> (usize, Vec<usize>) {
        let section = ["tools", "system", "messages"].iter().position(|it| path.starts_with(it));
        (section.unwrap(), path.split('.').filter_map(|part| part.parse().ok()).collect())
    };
    let behind = |pointer: &String| place(&pointer[1..].replace('/', ".")) > place(path);
    let has_mark = |pointer: &String| {
        let block = body.pointer(pointer).unwrap();
        block["type"] == "web_search_tool_result" || block.to_string().contains("cache_control")
    };
    let places = super::conversations::markable(body);
    body.get("cache_control").is_some()
        || places.iter().any(|pointer| behind(pointer) && has_mark(pointer))
}

/// Takes away all marks and sets one at a path; a plain text there becomes a block.
fn mark_only(body: &mut Value, path: &str) {
    unmark(body);
    let pointer = format!("/{}", path.replace('.', "/"));
    let (list, _) = pointer.rsplit_once('/').unwrap();
    let list = body.pointer_mut(list).unwrap();
    if let Value::String(text) = list {
        *list = json!([{"type": "text", "text": text}]);
    }
    body.pointer_mut(&pointer).unwrap()["cache_control"] = json!({"type": "ephemeral"});
}
