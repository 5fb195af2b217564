//! `#[cached]`: what makes a new key, what is stored, what its callers see.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
};

use llm_cache::{
    Cache, Client, Error,
    cache::{BypassReason, Event, MissReason, Mode, Outcome, SkipReason, Tier},
    cached,
    core::key::{FieldHasher, KeyScope},
    memo::note_client,
    store::MemoryStore,
};
use llm_cache_tests::{Emulator, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::Semaphore;

/// What the guide extracts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u8,
}

fn parse(text: &str) -> Result<Person, String> {
    let (name, age) = text.split_once(" is ").ok_or("no person in it")?;
    Ok(Person { name: name.into(), age: age.parse().map_err(|_| "no age in it")? })
}

fn small() -> Cache {
    Cache::builder().memory_bytes(1 << 16).build()
}

/// Stands in for a client: what its answers depend on.
struct Model {
    name: &'static str,
    base_url: &'static str,
}

const MODEL: Model = Model { name: "m-1", base_url: "https://api.example" };

impl KeyScope for Model {
    fn key_scope(&self, out: &mut FieldHasher) {
        out.field(self.name.as_bytes());
        out.field(self.base_url.as_bytes());
    }
}

impl Model {
    fn ask(&self, text: &str) -> Result<Person, String> {
        note_client(self);
        parse(text)
    }
}

/// Which of the calls were hits.
fn hits<const N: usize>(outcomes: [Outcome; N]) -> [bool; N] {
    outcomes.map(|outcome| outcome.is_hit())
}

/// New, the same, new: the guide's three calls, sync and async, typed.
#[tokio::test]
async fn the_same_call_is_answered_from_memory() {
    /// Documented.
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn extract(cache: &Cache, text: &str) -> Result<Person, String> {
        parse(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn extract_async(cache: &Cache, text: String) -> Result<Person, String> {
        tokio::task::yield_now().await;
        parse(&text)
    }
    let cache = small();
    for (text, hit) in [("Ada is 36", false), ("Ada is 36", true), ("Bob is 25", false)] {
        let (person, outcome) = extract_with_outcome(&cache, text);
        assert_eq!((person, outcome.is_hit()), (parse(text), hit));
        let (person, outcome) = extract_async_with_outcome(&cache, text.into()).await;
        assert_eq!((person, outcome.is_hit()), (parse(text), hit));
    }
    assert_eq!(extract(&cache, "Ada is 36"), parse("Ada is 36"));
    assert_eq!(extract_async(&cache, "Ada is 36".into()).await, parse("Ada is 36"));
    assert_eq!((cache.stats().misses, cache.stats().hits()), (4, 4));
}

/// `_uncached` runs the body at every call and leaves the cache alone.
#[test]
fn the_body_can_be_run_past_the_cache() {
    #[cached(cache = cache, skip_unkeyed(cache, bodies))]
    fn count(cache: &Cache, bodies: &Cell<u32>) -> u32 {
        bodies.set(bodies.get() + 1);
        bodies.get()
    }
    let (cache, bodies) = (small(), Cell::new(0));
    assert_eq!((count(&cache, &bodies), count(&cache, &bodies)), (1, 1));
    assert_eq!((count_uncached(&cache, &bodies), count_uncached(&cache, &bodies)), (2, 3));
    assert_eq!(count(&cache, &bodies), 1);
}

/// Functions of one name in one module, as before and after an edit. Edited text is a miss, equal
/// text is not, and `version` stands for the text.
#[test]
fn an_edited_prompt_is_a_miss() {
    macro_rules! edition {
        ($prompt:literal $(, $version:literal)?) => {{
            #[cached(cache = cache, skip_unkeyed(cache) $(, version = $version)?)]
            fn ask(cache: &Cache, text: &str) -> String {
                format!(concat!($prompt, " {}"), text)
            }
            |cache: &Cache| ask_with_outcome(cache, "Ada is 36").1
        }};
    }
    let cache = small();
    let (first, same, edited) = (edition!("Who?"), edition!("Who?"), edition!("Who is it?"));
    assert_eq!(hits([first(&cache), same(&cache), edited(&cache)]), [false, true, false]);

    let (first, same, edited) =
        (edition!("Who?", "1"), edition!("Who is it?", "1"), edition!("Who is it?", "2"));
    assert_eq!(hits([first(&cache), same(&cache), edited(&cache)]), [false, true, false]);
}

mod here {
    #[llm_cache::cached(cache = cache, skip_unkeyed(cache))]
    pub(super) fn ask(cache: &llm_cache::Cache) -> u8 {
        1
    }
}

mod there {
    #[llm_cache::cached(cache = cache, skip_unkeyed(cache))]
    pub(super) fn ask(cache: &llm_cache::Cache) -> u8 {
        1
    }
}

/// Equal functions in two modules are two functions.
#[test]
fn a_function_is_one_of_its_module() {
    let cache = small();
    assert_eq!(here::ask_with_outcome(&cache).0, here::ask(&cache));
    assert!(there::ask_with_outcome(&cache).1.is_miss());
    assert_eq!((there::ask(&cache), there::ask_uncached(&cache)), (1, here::ask_uncached(&cache)));
}

/// Another model or another base URL of a skipped client is a miss, and the client itself need not
/// be serialisable.
#[test]
fn a_changed_client_is_a_miss() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    fn extract(cache: &Cache, client: &Model, text: &str) -> Result<Person, String> {
        client.ask(text)
    }
    let cache = small();
    let ask = |client: &Model| extract_with_outcome(&cache, client, "Ada is 36").1;
    let (other_model, other_url) =
        (Model { name: "m-2", ..MODEL }, Model { base_url: "u", ..MODEL });
    let outcomes = [ask(&MODEL), ask(&MODEL), ask(&other_model), ask(&other_url), ask(&other_url)];
    assert_eq!(hits(outcomes), [false, true, false, false, true]);
    assert!(extract(&cache, &MODEL, "Ada is 36").is_ok());
}

/// A result with another schema is a miss, even where the old value would decode.
#[test]
fn a_changed_schema_is_a_miss() {
    macro_rules! edition {
        ($($field:tt)*) => {{
            #[derive(Serialize, Deserialize, JsonSchema)]
            struct Found { $($field)* }
            #[cached(cache = cache, skip_unkeyed(cache), version = "1")]
            fn find(cache: &Cache) -> Result<Found, serde_json::Error> {
                serde_json::from_str(r#"{"name": "Ada", "age": null}"#)
            }
            |cache: &Cache| {
                let (found, outcome) = find_with_outcome(cache);
                let Ok(Found { name, .. }) = found else { panic!("it decodes") };
                assert_eq!(name, "Ada");
                outcome
            }
        }};
    }
    let cache = small();
    let (first, same) = (edition!(name: String), edition!(name: String));
    #[allow(dead_code)]
    let wider = edition!(name: String, age: Option<u8>);
    assert_eq!(hits([first(&cache), same(&cache), wider(&cache)]), [false, true, false]);
}

/// Floats are arguments like others; `-0.0` is `0.0` as in JSON's canonical form, the neighbour of
/// a float is another one, and what JSON cannot say goes past the cache.
#[test]
fn floats_work_as_arguments() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn sample(cache: &Cache, temperature: f64, top_p: Option<f32>) -> f64 {
        temperature + f64::from(top_p.unwrap_or(1.0))
    }
    let cache = small();
    let ask = |temperature: f64, top_p| sample_with_outcome(&cache, temperature, top_p).1;
    let outcomes = [ask(0.7, None), ask(0.7, None), ask(0.7_f64.next_up(), None)];
    assert_eq!(hits(outcomes), [false, true, false]);
    let outcomes = [ask(0.0, Some(0.1)), ask(-0.0, Some(0.1)), ask(0.0, Some(0.1_f32.next_up()))];
    assert_eq!(hits(outcomes), [false, true, false]);
    for _ in 0..2 {
        assert_eq!(ask(f64::NAN, None), Outcome::Bypass { why: BypassReason::Unkeyable });
        assert_eq!(sample(&cache, f64::INFINITY, None), f64::INFINITY);
    }
}

/// A result that JSON cannot say reaches its caller and is not stored.
#[test]
fn a_result_without_json_is_not_stored() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn nan(cache: &Cache) -> f64 {
        f64::NAN
    }
    let cache = small();
    assert!(nan(&cache).is_nan() && nan(&cache).is_nan());
    assert_eq!((cache.stats().misses, cache.stats().skipped), (2, 2));
}

type Alias = Result<Person, String>;
type Fallible<T> = Result<T, NotCloned>;
#[derive(Debug)]
struct NotCloned;

/// `Err` is never stored, behind an alias either, whether its type is `Clone` or not.
#[test]
fn errors_are_never_stored() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn aliased(cache: &Cache, text: &str) -> Alias {
        parse(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn fallible(cache: &Cache, text: &str) -> Fallible<Person> {
        parse(text).map_err(|_| NotCloned)
    }
    let cache = small();
    for _ in 0..2 {
        let (result, outcome) = aliased_with_outcome(&cache, "nobody");
        assert_eq!((result, outcome), (parse("nobody"), Outcome::Miss { why: MissReason::Absent }));
        let (result, outcome) = fallible_with_outcome(&cache, "nobody");
        assert!(result.is_err() && outcome.is_miss());
    }
    assert_eq!(cache.stats().memory_entries, 0);
    assert!(aliased(&cache, "Ada is 36").is_ok() && fallible(&cache, "Ada is 36").is_ok());
    assert!(aliased_with_outcome(&cache, "Ada is 36").1.is_hit());
    assert!(fallible_with_outcome(&cache, "Ada is 36").1.is_hit());
}

/// Parameters of all kinds: slices, maps, patterns, `mut`, anonymous and named type parameters,
/// constants. Equal values of different types are different calls.
#[test]
fn parameters_of_all_kinds() {
    type Names<'a> = HashMap<&'a str, Vec<u8>>;
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn many(
        cache: &Cache,
        texts: &[&str],
        names: &Names<'_>,
        (left, mut right): (u8, u8),
        mut owned: String,
        _anonymous: impl Serialize + Copy,
    ) -> String {
        owned.push('!');
        right += left;
        format!("{texts:?}{}{right}{owned}", names.len())
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn generic<T, const N: usize>(cache: &Cache, value: T) -> String
    where
        T: Serialize + Default + ToString,
    {
        format!("{}{N}", value.to_string())
    }
    let cache = small();
    let names = Names::from([("b", vec![1]), ("a", vec![2])]);
    let again = Names::from([("a", vec![2]), ("b", vec![1])]);
    let first = many_with_outcome(&cache, &["x"], &names, (1, 2), "y".into(), 5_u8);
    let second = many_with_outcome(&cache, &["x"], &again, (1, 2), "y".into(), 5_u8);
    let third = many_with_outcome(&cache, &["x"], &again, (1, 2), "y".into(), 5_u16);
    assert_eq!((first.0.as_str(), &second.0), (r#"["x"]23y!"#, &first.0));
    assert_eq!(hits([first.1, second.1, third.1]), [false, true, false]);
    assert_eq!(many(&cache, &["x"], &again, (1, 2), "y".into(), 5_u16), first.0);

    let outcomes = [
        generic_with_outcome::<u8, 1>(&cache, 5).1,
        generic_with_outcome::<u8, 1>(&cache, 5).1,
        generic_with_outcome::<u8, 2>(&cache, 5).1,
        generic_with_outcome::<u16, 1>(&cache, 5).1,
    ];
    assert_eq!(hits(outcomes), [false, true, false, false]);
    assert_eq!(generic::<u8, 2>(&cache, 5), "52");
}

/// A generic function with several types of result keeps them apart and decodes each.
#[test]
fn a_generic_result_is_of_its_type() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn make<T>(cache: &Cache) -> T
    where
        T: Default + Serialize + for<'de> Deserialize<'de> + JsonSchema + 'static,
    {
        T::default()
    }
    let cache = small();
    assert_eq!((make::<u8>(&cache), make::<String>(&cache)), (0, String::new()));
    assert!(make_with_outcome::<u8>(&cache).1.is_hit());
    assert!(make_with_outcome::<String>(&cache).1.is_hit());
    assert!(make_with_outcome::<BTreeMap<String, u8>>(&cache).1.is_miss());
}

macro_rules! extractor {
    ($name:ident) => {
        #[derive(Serialize)]
        struct $name {
            prompt: &'static str,
        }

        impl $name {
            #[cached(cache = cache, skip_unkeyed(cache))]
            async fn extract(&self, cache: &Cache, text: &str) -> Alias {
                parse(text)
            }

            #[cached(cache = cache, skip_unkeyed(self, cache))]
            fn anyone(&self, cache: &Cache) -> String {
                self.prompt.into()
            }
        }
    };
}

extractor!(Terse);
extractor!(Wordy);

/// A method's receiver is an argument like others, by value and by type, and can be skipped.
#[tokio::test]
async fn methods_are_cached_by_their_receiver() {
    let (cache, terse, wordy) = (small(), Terse { prompt: "Who?" }, Wordy { prompt: "Who?" });
    let other = Terse { prompt: "Who is it?" };
    let outcomes = [
        terse.extract_with_outcome(&cache, "Ada is 36").await.1,
        terse.extract_with_outcome(&cache, "Ada is 36").await.1,
        other.extract_with_outcome(&cache, "Ada is 36").await.1,
        wordy.extract_with_outcome(&cache, "Ada is 36").await.1,
    ];
    assert_eq!(hits(outcomes), [false, true, false, false]);
    assert_eq!(wordy.extract(&cache, "Ada is 36").await, parse("Ada is 36"));
    assert_eq!((terse.anyone(&cache), other.anyone(&cache)), ("Who?".into(), "Who?".into()));
    assert!(wordy.anyone_with_outcome(&cache).1.is_miss());
}

/// What was stored is there after a restart, and a namespace keeps uses apart.
#[test]
fn results_outlive_the_cache() {
    #[cached(cache = cache, skip_unkeyed(cache, namespace), namespace = namespace, ttl_secs = 60)]
    fn extract(cache: &Cache, namespace: &str, text: &str) -> Alias {
        parse(text)
    }
    let store = Arc::new(MemoryStore::new());
    let open = || Cache::builder().memory_bytes(1 << 16).store(Arc::clone(&store)).build();
    let ask = |cache: &Cache, namespace| extract_with_outcome(cache, namespace, "Ada is 36");
    assert!(ask(&open(), "a").1.is_miss());
    let reopened = open();
    let (person, outcome) = ask(&reopened, "a");
    assert_eq!((person, outcome.tier()), (parse("Ada is 36"), Some(Tier::Disk)));
    assert_eq!(ask(&reopened, "a").1.tier(), Some(Tier::Memory));
    assert!(ask(&reopened, "b").1.is_miss());
    assert!(extract(&reopened, "a", "Ada is 36").is_ok());
}

thread_local! {
    static FUSSY: Cell<bool> = const { Cell::new(false) };
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Fussy(u8);

impl<'de> Deserialize<'de> for Fussy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match FUSSY.get() {
            true => Err(serde::de::Error::custom("not any more")),
            false => u8::deserialize(deserializer).map(Self),
        }
    }
}

/// A stored value that no longer decodes is a miss with that reason, and is replaced.
#[test]
fn a_value_that_no_longer_decodes_is_a_miss() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn ask(cache: &Cache) -> Fussy {
        Fussy(7)
    }
    let cache = small();
    assert_eq!(ask(&cache), Fussy(7));
    FUSSY.set(true);
    let undecodable = Outcome::Miss { why: MissReason::Undecodable };
    assert_eq!(ask_with_outcome(&cache), (Fussy(7), undecodable));
    FUSSY.set(false);
    assert!(ask_with_outcome(&cache).1.is_hit());
}

/// A function whose body uses a client that is not in its key is not stored; with the client
/// skipped, or a scope named, it is. A hit of an inner function counts as a use.
#[test]
fn a_client_reached_otherwise_is_noticed() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn smuggled(cache: &Cache, text: &str) -> Alias {
        MODEL.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache), scope = MODEL)]
    fn scoped(cache: &Cache, text: &str) -> Alias {
        MODEL.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    fn inner(cache: &Cache, client: &Model, text: &str) -> Alias {
        client.ask(text)
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn outer(cache: &Cache, text: &str) -> Alias {
        inner(cache, &MODEL, text)
    }
    let skipped = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&skipped);
    let observer = move |event: &Event<'_>| {
        if let Event::Skipped { why, .. } = event {
            log.lock().expect("no test panics here").push(*why);
        }
    };
    let cache = Cache::builder().memory_bytes(1 << 16).observer(observer).build();
    let text = "Ada is 36";
    for first in [true, false] {
        assert!(smuggled_with_outcome(&cache, text).1.is_miss());
        assert!(outer_with_outcome(&cache, text).1.is_miss());
        assert!(inner_with_outcome(&cache, &MODEL, text).1.is_hit());
        assert_eq!(scoped_with_outcome(&cache, text).1.is_miss(), first);
    }
    assert_eq!(*skipped.lock().unwrap(), [SkipReason::Unscoped; 4]);
    assert!(smuggled(&cache, text).is_ok() && outer(&cache, text).is_ok());
    assert!(scoped(&cache, text).is_ok());
}

/// Where only the cache is to be asked, a function runs all the same, and nothing is stored.
#[test]
fn cached_only_runs_the_function() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn one(cache: &Cache) -> u8 {
        1
    }
    let cache = Cache::builder().memory_bytes(1 << 16).mode(Mode::CachedOnly).build();
    for _ in 0..2 {
        assert_eq!(one_with_outcome(&cache), (1, Outcome::Miss { why: MissReason::Absent }));
    }
    assert_eq!((one(&cache), cache.stats().memory_entries), (1, 0));
}

/// A thousand identical calls under way at one time run the body once.
#[tokio::test]
async fn a_thousand_calls_run_the_body_once() {
    #[cached(cache = cache, skip_unkeyed(cache, gate, bodies))]
    async fn ask(cache: &Cache, gate: &Semaphore, bodies: &AtomicUsize) -> Result<u8, Infallible> {
        bodies.fetch_add(1, Ordering::SeqCst);
        let _permit = gate.acquire().await;
        Ok(7)
    }
    let (cache, gate, bodies) = (small(), Semaphore::new(0), AtomicUsize::new(0));
    let mut calls: Vec<_> = (0..1000).map(|_| Box::pin(ask(&cache, &gate, &bodies))).collect();
    poll_fn(|context| {
        assert!(calls.iter_mut().all(|call| call.as_mut().poll(context).is_pending()));
        Poll::Ready(())
    })
    .await;
    gate.add_permits(1);
    for call in calls {
        assert_eq!(call.await, Ok(7));
    }
    assert_eq!((bodies.load(Ordering::SeqCst), cache.stats().hits_flight), (1, 999));
}

/// Threads that call at one time run the body of a sync function once, inside tokio or not.
#[test]
fn threads_run_the_body_once() {
    static BODIES: AtomicUsize = AtomicUsize::new(0);
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn ask(cache: &Cache) -> usize {
        thread::yield_now();
        BODIES.fetch_add(1, Ordering::SeqCst)
    }
    let (cache, runtime) =
        (small(), tokio::runtime::Builder::new_current_thread().build().unwrap());
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| assert_eq!(ask(&cache), 0));
        }
    });
    assert_eq!(runtime.block_on(async { ask(&cache) }), 0);
    assert_eq!(BODIES.load(Ordering::SeqCst), 1);
}

/// The future of a decorated function can be sent where its arguments can.
#[test]
fn futures_are_send() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn ask(cache: &Cache, text: &str) -> Result<Person, NotCloned> {
        parse(text).map_err(|_| NotCloned)
    }
    fn assert_send(_: impl Future + Send) {}
    assert_send(ask(&small(), ""));
}

/// Calls that wait for one whose result nobody else can use run the body themselves: a result
/// without JSON, one that depends on a client past the key. In read-only mode they share it.
#[tokio::test]
async fn who_waits_gets_only_what_is_for_all() {
    #[cached(cache = cache, skip_unkeyed(cache, bodies))]
    async fn ask(cache: &Cache, bodies: &AtomicUsize, what: &str) -> f64 {
        bodies.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match what {
            "no number" => f64::NAN,
            "smuggled" => MODEL.ask("Ada is 36").map_or(0.0, |person| f64::from(person.age)),
            _ => 36.0,
        }
    }
    let read_only = Cache::builder().memory_bytes(1 << 16).mode(Mode::ReadOnly).build();
    for (cache, what, expected) in
        [(small(), "no number", 3), (small(), "smuggled", 3), (small(), "", 1), (read_only, "", 1)]
    {
        let bodies = AtomicUsize::new(0);
        let ask = || ask(&cache, &bodies, what);
        let answers: [f64; 3] = tokio::join!(ask(), ask(), ask()).into();
        assert!(answers.iter().all(|answer| *answer == 36.0 || answer.is_nan()));
        assert_eq!((bodies.load(Ordering::SeqCst), what), (expected, what));
    }
}

/// A real client is in the key where it is skipped, with its model; one that is not in the key
/// tells, and the result is not stored.
#[tokio::test]
async fn a_client_is_in_the_key_or_tells() {
    #[cached(cache = cache, skip(client), skip_unkeyed(cache))]
    async fn keyed(cache: &Cache, client: &Client, text: &str) -> Result<Person, Error> {
        Ok(client.extract::<Person>(text).await?.into_inner())
    }
    #[cached(cache = cache, skip_unkeyed(cache, client))]
    async fn unkeyed(cache: &Cache, client: &Client, text: &str) -> Result<Person, Error> {
        Ok(client.extract::<Person>(text).await?.into_inner())
    }
    let emulator = Emulator::start(Options::new()).unwrap();
    let of_model = |model: &str| {
        let builder = Client::anthropic().base_url(emulator.base_url()).api_key("k");
        builder.model(model).build().unwrap()
    };
    let (one, other) = (of_model("claude-haiku-4-5"), of_model("claude-sonnet-4-5"));
    let cache = small();
    let text = "My name is John and I am 30 years old";
    for (client, hit) in [(&one, false), (&one, true), (&other, false)] {
        let (person, outcome) = keyed_with_outcome(&cache, client, text).await;
        assert_eq!(person.unwrap(), Person { name: "John".into(), age: 30 });
        assert_eq!(outcome.is_hit(), hit);
    }
    for _ in 0..2 {
        assert!(unkeyed_with_outcome(&cache, &one, text).await.1.is_miss());
    }
    assert_eq!((emulator.upstream_calls(), cache.stats().skipped), (4, 2));
}
