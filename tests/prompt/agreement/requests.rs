//! Generated requests: good ones, good ones with one fault, and wild ones.

use serde_json::{Value, json};

use super::super::random::Random;
use super::blocks;
use super::sites::Sites;

/// Models on both sides of every rule that depends on the model.
const MODELS: &[&str] = &[
    "claude-opus-5",
    "claude-opus-5-20260701",
    "claude-opus-5-5",
    "claude-sonnet-5-5-20260928",
    "claude-fable-5-1",
    "claude-mythos-5-1",
    "claude-fable-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-sonnet-5",
    "claude-sonnet-4-6",
    "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5",
];

/// How much is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Marks where they may stand, lifetimes in order; still more than four now and then.
    Good,
    /// The same and one mark anywhere, an odd value, or a setting that does not go with another.
    OneFault,
    /// Marks of any value anywhere, roles in any order.
    Wild,
}

/// An endless row of requests; the same from the same seed.
#[derive(Debug)]
pub(super) struct Requests(Random);

impl Requests {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }
}

impl Iterator for Requests {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let random = &mut self.0;
        let manner = *random.pick(&[Manner::Good, Manner::Good, Manner::OneFault, Manner::Wild]);
        let mut body = unmarked(random, manner);
        mark_rightly(random, &mut body);
        match manner {
            Manner::Good => {}
            Manner::OneFault => one_fault(random, &mut body),
            Manner::Wild => {
                for _ in 0..random.below(4) {
                    mark_anywhere(random, &mut body);
                }
            }
        }
        Some(body)
    }
}

fn unmarked(random: &mut Random, manner: Manner) -> Value {
    let is_wild = manner == Manner::Wild;
    let mut body = json!({"model": random.pick(MODELS), "max_tokens": 1 + random.below(999)});
    if random.percent(12) {
        body["max_tokens"] = 0.into();
    }
    if random.percent(45) {
        body["tools"] = (0..random.below(4)).map(|_| blocks::tool(random)).collect();
    }
    if let Some(system) = blocks::system(random) {
        body["system"] = system;
    }
    if is_wild && random.percent(5) {
        body["system"] = json!([{"type": "image", "source": {}}, {"type": "text", "text": "x"}]);
    }
    body["messages"] = messages(random, is_wild);
    for (name, percent, values) in settings() {
        if random.percent(if is_wild { 3 * percent } else { percent }) {
            body[name] = random.pick(&values).clone();
        }
    }
    body
}

/// Turns that alternate, with system messages where they may stand; wild ones in any order.
fn messages(random: &mut Random, is_wild: bool) -> Value {
    let mut all = Vec::new();
    for turn in 0..=random.below(5) {
        let role = match turn % 2 {
            _ if is_wild => *random.pick(&["user", "user", "assistant", "system"]),
            0 => "user",
            _ => "assistant",
        };
        all.push(json!({"role": role, "content": blocks::content(random, role, is_wild)}));
        if role == "user" && random.percent(12) {
            let content = blocks::content(random, "system", is_wild);
            all.push(json!({"role": "system", "content": content}));
        }
    }
    all.into()
}

/// Members beside the prompt: how often they are there, and with which values.
fn settings() -> [(&'static str, usize, Vec<Value>); 9] {
    [
        ("stream", 10, vec![json!(true), json!(false)]),
        (
            "thinking",
            10,
            vec![
                json!({"type": "enabled", "budget_tokens": 1024}),
                json!({"type": "adaptive"}),
                json!({"type": "disabled"}),
                Value::Null,
            ],
        ),
        (
            "output_config",
            10,
            vec![
                json!({"effort": "low"}),
                json!({"format": {"type": "json_schema", "schema": {
                    "type": "object", "properties": {}, "additionalProperties": false,
                    "cache_control": {}}}}),
                json!({"format": null}),
            ],
        ),
        (
            "tool_choice",
            12,
            vec![
                json!({"type": "auto"}),
                json!({"type": "any"}),
                json!({"type": "tool", "name": "t"}),
                json!({"type": "none"}),
                Value::Null,
            ],
        ),
        (
            "cache_control",
            25,
            vec![mark(None), mark(Some("5m")), mark(Some("1h")), mark(None), Value::Null],
        ),
        ("metadata", 5, vec![json!({"user_id": "u"})]),
        ("diagnostics", 5, vec![json!({"previous_message_id": null})]),
        ("member_of_next_year", 5, vec![json!({"cache_control": {"type": "new"}}), json!(1)]),
        ("temperature", 5, vec![json!(0.5), json!(1)]),
    ]
}

fn mark(ttl: Option<&str>) -> Value {
    match ttl {
        Some(ttl) => json!({"type": "ephemeral", "ttl": ttl}),
        None => json!({"type": "ephemeral"}),
    }
}

/// Up to five marks, rarely more, where they may stand; hours first but for one request in ten.
fn mark_rightly(random: &mut Random, body: &mut Value) {
    let right = Sites::of(body).right;
    if right.is_empty() || random.percent(15) {
        return;
    }
    let count = *random.pick(&[1, 1, 2, 2, 3, 4, 4, 5, 6]);
    let mut chosen: Vec<usize> = (0..count).map(|_| random.below(right.len())).collect();
    chosen.sort_unstable();
    chosen.dedup();
    let hours = random.below(chosen.len() + 1);
    let is_mixed = random.percent(10);
    for (nth, site) in chosen.into_iter().enumerate() {
        let is_hour = if is_mixed { random.percent(50) } else { nth < hours };
        let ttl = if is_hour { Some("1h") } else { *random.pick(&[None, Some("5m")]) };
        set_mark(body, &right[site], mark(ttl));
    }
}

/// A mark of any value on any object.
fn mark_anywhere(random: &mut Random, body: &mut Value) {
    let all = Sites::of(body).all;
    let value = if random.percent(70) {
        mark(*random.pick(&[None, Some("5m"), Some("1h")]))
    } else {
        random.pick(&odd_values()).clone()
    };
    // One time in three somewhere deep inside, which would be rare otherwise.
    let tries = *random.pick(&[1, 1, 4]);
    let sites: Vec<_> = (0..tries).map(|_| random.below(all.len() + 1)).collect();
    let deepest = sites
        .into_iter()
        .max_by_key(|site| all.get(*site).map_or(0, |pointer| pointer.matches('/').count()));
    match deepest.and_then(|site| all.get(site)) {
        Some(pointer) => set_mark(body, pointer, value),
        None => body["cache_control"] = value,
    }
}

/// Values that are no mark, and `null`, which counts as none.
fn odd_values() -> [Value; 12] {
    [
        Value::Null,
        json!({}),
        json!(true),
        json!("ephemeral"),
        json!([{"type": "ephemeral"}]),
        json!({"type": "persistent"}),
        json!({"type": null}),
        json!({"ttl": "5m"}),
        json!({"type": "ephemeral", "ttl": "2h"}),
        json!({"type": "ephemeral", "ttl": 5}),
        json!({"type": "ephemeral", "ttl": null}),
        json!({"type": "ephemeral", "scope": "global"}),
    ]
}

fn one_fault(random: &mut Random, body: &mut Value) {
    match random.below(10) {
        0 => {
            let settings = settings();
            let (name, _, values) = &settings[random.below(4)];
            body[*name] = random.pick(values).clone();
            body["max_tokens"] = 0.into();
        }
        1 => body["cache_control"] = mark(*random.pick(&[None, Some("1h")])),
        2 => {
            let messages = body["messages"].as_array_mut();
            let at = random.below(messages.as_ref().map_or(0, |all| all.len()) + 1);
            let message = json!({"role": "system", "content": "at any place"});
            messages.into_iter().for_each(|all| all.insert(at, message.clone()));
        }
        3 => {
            let name = json!({"name": "later", "defer_loading": true, "cache_control": mark(None)});
            body["tools"] = json!([name]);
        }
        4 => {
            let is_empty = |site: &String| body.pointer(site).is_some_and(|one| one["text"] == "");
            let empty: Vec<_> = Sites::of(body).all.into_iter().filter(is_empty).collect();
            if !empty.is_empty() {
                let site = random.pick(&empty);
                set_mark(body, site, mark(None));
            }
        }
        _ => mark_anywhere(random, body),
    }
}

fn set_mark(body: &mut Value, pointer: &str, value: Value) {
    if let Some(members) = body.pointer_mut(pointer).and_then(Value::as_object_mut) {
        members.insert("cache_control".to_string(), value);
    }
}
