//! Recorded provider traffic through emulator, client, cache and store.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod bench;
mod recorded;
mod table;
mod unknown;

use std::collections::HashMap;

use llm_cache::{
    cache::Tier,
    client::Request,
    llm_cache_core::{
        RequestKey,
        key::{Endpoint, Scope, Tenant},
    },
};
use llm_cache_tests::replay::Pair;
use serde_json::Value;

use self::{
    bench::{Bench, House, recording},
    table::{Pass, Table},
};

/// What becomes of the pairs that the two files hold: 368 in all.
const VERDICTS: [(&str, usize); 5] = [
    ("bypass live_tools", 20),
    ("bypass stateful", 5),
    ("bypass streaming", 46),
    ("skip status", 6),
    ("store", 291),
];

/// Every recorded pair, each in a namespace of its own: the caller gets the recorded answer and its
/// usage; asked again, what may be stored costs nothing and everything else says why it does not;
/// and the same once more after the store was closed and opened.
#[tokio::test]
async fn every_recorded_pair_is_asked_three_times() {
    let Some(mut bench) = Bench::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::default();
    let mut house = House::open(&bench.emulator, folder.path());
    for pass in [Pass::First, Pass::Again, Pass::Reopened] {
        if pass == Pass::Reopened {
            drop(house);
            house = House::open(&bench.emulator, folder.path());
        }
        for index in 0..bench.recording.pairs().len() {
            let client = house.client(bench.pair(index)).with_namespace(format!("pair {index}"));
            let asked = bench.ask(&house, &client.unwrap(), index, pass == Pass::First).await;
            bench.check(index, &asked, pass);
            table.count(bench.pair(index), pass, &asked);
        }
        assert_eq!(house.cache.stats().store_faults, 0);
    }
    assert_eq!(bench.emulator.not_recorded(), 0);
    println!("{table}");
    assert_eq!(table.by_verdict(), VERDICTS.into(), "a pair was dropped or judged anew");
    assert_eq!(table.by_verdict().values().sum::<usize>(), 368);
}

/// All pairs in one namespace, in file order: each request equal to an earlier one, as the page on
/// keys says what is equal, gets the first recorded answer that may be stored; and so does each of
/// them in another spelling.
#[tokio::test]
async fn equal_requests_get_the_first_recorded_answer() {
    let Some(mut bench) = Bench::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(&bench.emulator, folder.path());
    let mut first: HashMap<String, usize> = HashMap::new();
    let mut repeats = 0;
    for index in 0..bench.recording.pairs().len() {
        let pair = bench.pair(index);
        let (identity, client) = (identity(pair), house.client(pair).clone());
        let cacheable = !recorded::verdict(pair).starts_with("bypass");
        let asked = bench.ask(&house, &client, index, true).await;
        match first.get(&identity).filter(|_| cacheable) {
            Some(&stored) => {
                bench.check_hit(stored, &asked, Tier::Memory);
                repeats += 1;
            }
            None => {
                let served = bench.check_sent(index, &asked);
                if recorded::verdict(bench.pair(served)) == "store" {
                    first.insert(identity, served);
                }
            }
        }
    }
    for &stored in first.values() {
        let pair = bench.pair(stored);
        let body = recorded::stripped(recorded::dialect(pair), &pair.request);
        let request = Request::raw(recorded::respelled(&body));
        let asked = house.asked(&bench.emulator, house.client(pair), request, false).await;
        bench.check_hit(stored, &asked, Tier::Memory);
    }
    println!("{} answers stored, {repeats} later equal requests answered", first.len());
    assert!(repeats > 50, "the recording repeats itself more often");
}

/// Over all pairs, two keys are equal exactly when the requests are equal but for what the page on
/// keys leaves out; and so for each request with any one member taken away or changed.
#[test]
fn keys_tell_requests_apart() {
    let Some(recording) = recording() else { return };
    let mut identities: HashMap<RequestKey, String> = HashMap::new();
    let mut keys: HashMap<String, RequestKey> = HashMap::new();
    let mut bodies = 0;
    for pair in recording.pairs() {
        let dialect = recorded::dialect(pair);
        let scope = Scope::new(dialect, Endpoint::Id("recording"), Tenant::Shared);
        let hasher = scope.hasher().unwrap();
        let mut check = |body: &Value| {
            let identity = recorded::identity(dialect, body);
            let key = hasher.key_alloc(body.to_string().as_bytes()).unwrap();
            let known = identities.entry(key).or_insert_with(|| identity.clone());
            assert_eq!(*known, identity, "{}: one key for two requests", pair.id);
            let known = *keys.entry(identity).or_insert(key);
            assert_eq!(known, key, "{}: two keys for one request", pair.id);
            bodies += 1;
        };
        check(&pair.request);
        if pair.request.to_string().len() < 4_000 {
            each_change(&pair.request, &mut check);
        }
    }
    println!("{bodies} bodies, {} keys", keys.len());
}

/// Calls `with` for each change of a body at one place: a member gone, a scalar replaced.
fn each_change(body: &Value, with: &mut impl FnMut(&Value)) {
    let mut pointers = Vec::new();
    collect(body, String::new(), &mut pointers);
    for pointer in pointers {
        let mut changed = body.clone();
        if let Some(value) = changed.pointer_mut(&pointer) {
            *value = Value::from("another value");
        }
        with(&changed);
        let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
        let name = name.replace("~1", "/").replace("~0", "~");
        if let Some(Value::Object(members)) = changed.pointer_mut(parent) {
            members.shift_remove(&name);
            with(&changed);
        }
    }
}

/// The JSON pointers to everything within `value`.
fn collect(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            collect(member, format!("{at}/{name}"), into);
        }),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(index, element)| {
            collect(element, format!("{at}/{index}"), into);
        }),
        _ => {}
    }
    if !at.is_empty() {
        into.push(at);
    }
}

fn identity(pair: &Pair) -> String {
    recorded::identity(recorded::dialect(pair), &pair.request)
}
