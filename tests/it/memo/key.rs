//! What makes a new key: the text, the model, the schema, the arguments; and what does not.

use std::collections::{BTreeMap, HashMap};

use llm_cache::{
    Cache, Client, Error,
    cache::{BypassReason, Outcome},
    cached,
};
use llm_cache_tests::{Emulator, Options};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Alias, MODEL, Model, Person, hits, parse, small};

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

/// `Some(None)` and `None` have one JSON text and are two arguments: the one that would be taken
/// for the other goes past the cache.
#[test]
fn a_none_inside_a_some_is_not_a_none() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn depth(cache: &Cache, nested: Option<Option<u8>>) -> u8 {
        u8::from(nested.is_some()) + u8::from(nested.flatten().is_some())
    }
    let cache = small();
    for _ in 0..2 {
        assert_eq!(depth(&cache, None), 0);
        assert_eq!(depth(&cache, Some(None)), 1);
        assert_eq!(depth(&cache, Some(Some(1))), 2);
    }
    let (_, outcome) = depth_with_outcome(&cache, Some(None));
    assert_eq!(outcome, Outcome::Bypass { why: BypassReason::Unkeyable });
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
