//! Functions of every signature that can be cached.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    path::Path,
    sync::Arc,
};

use llm_cache::{Cache, Client, cached, llm_cache_core::key::KeyScope};
use serde::{Deserialize, Serialize};

use super::{Alias, MODEL, Model, hits, small};

struct Asker {
    model: Model,
}

impl Asker {
    const PROMPT: &str = "Who?";

    /// Found to be the type's own by what the body mentions.
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn by_body(cache: &Cache, text: &str) -> String {
        [Self::PROMPT, text].concat()
    }

    /// Nothing in it says that it is the type's own.
    #[cached(cache = cache, skip_unkeyed(cache), associated)]
    fn by_option(cache: &Cache, text: &str) -> String {
        text.to_uppercase()
    }

    /// Holds a client and is no `KeyScope`.
    #[cached(cache = cache, skip_unkeyed(cache, self), scope = &self.model)]
    fn with_scope(&self, cache: &Cache, text: &str) -> Alias {
        self.model.ask(text)
    }
}

/// Functions of a type without a receiver, and methods of a type that holds a client.
#[test]
fn associated_functions_are_cached() {
    let (cache, asker) = (small(), Asker { model: MODEL });
    let other = Asker { model: Model { name: "m-2", ..MODEL } };
    for first in [true, false] {
        assert_eq!(Asker::by_body_with_outcome(&cache, "x").1.is_miss(), first);
        assert_eq!(Asker::by_option_with_outcome(&cache, "x").1.is_miss(), first);
        assert_eq!(asker.with_scope_with_outcome(&cache, "Ada is 36").1.is_miss(), first);
        assert_eq!(other.with_scope_with_outcome(&cache, "Ada is 36").1.is_miss(), first);
    }
    assert_eq!(Asker::by_body(&cache, "x"), "Who?x");
    assert_eq!(Asker::by_option(&cache, "x"), "X");
    assert!(asker.with_scope(&cache, "Ada is 36").is_ok());
}

/// Texts and paths of every kind of ownership are arguments; equal sets have one key, in whatever
/// order they come.
#[test]
fn arguments_of_common_types_are_keyed() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn texts(cache: &Cache, a: Arc<str>, b: Cow<'_, str>, c: &Path, d: Box<str>) -> String {
        format!("{a}{b}{}{d}", c.display())
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn sets(
        cache: &Cache,
        a: HashSet<String>,
        b: &HashSet<(u8, u8)>,
        c: Option<&HashSet<u8>>,
    ) -> usize {
        a.len() + b.len() + c.map_or(0, HashSet::len)
    }
    let cache = small();
    let ask =
        |a: &str| texts_with_outcome(&cache, a.into(), "b".into(), Path::new("c"), "d".into()).1;
    assert_eq!(hits([ask("a"), ask("a"), ask("b")]), [false, true, false]);
    assert_eq!(texts(&cache, "a".into(), "b".into(), Path::new("c"), "d".into()), "abcd");

    let words = |seed: usize| -> HashSet<String> {
        (0..50).map(|at| format!("word {}", (at * 7 + seed) % 50)).collect()
    };
    let pairs: HashSet<(u8, u8)> = [(1, 2), (3, 4)].into();
    let (few, more) = (HashSet::from([1, 2]), HashSet::from([1, 2, 3]));
    let outcomes = [
        sets_with_outcome(&cache, words(0), &pairs, Some(&few)).1,
        sets_with_outcome(&cache, words(3), &pairs.iter().copied().collect(), Some(&few)).1,
        sets_with_outcome(&cache, words(9), &pairs, Some(&more)).1,
        sets_with_outcome(&cache, words(9), &pairs, None).1,
        sets_with_outcome(&cache, words(0), &pairs, None).1,
    ];
    assert_eq!(hits(outcomes), [false, true, false, false, true]);
    assert_eq!(sets(&cache, words(0), &pairs, None), 52);
}

/// A result without a JSON schema is kept under its type's name and a version.
#[test]
fn a_result_needs_no_schema() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Plain(BTreeSet<u8>);
    macro_rules! edition {
        ($($version:tt)*) => {{
            #[cached(cache = cache, skip_unkeyed(cache), schema = none $($version)*)]
            fn ask(cache: &Cache) -> Result<Plain, String> {
                Ok(Plain([1].into()))
            }
            |cache: &Cache| {
                assert_eq!(ask(cache), Ok(Plain([1].into())));
                cache.stats().misses
            }
        }};
    }
    let cache = small();
    let (first, same, other) =
        (edition!(, version = "1"), edition!(, version = "1"), edition!(, version = "2"));
    assert_eq!([first(&cache), same(&cache), other(&cache)], [1, 1, 2]);
    assert_eq!(edition!()(&cache), 3);
}

mod renamed {
    use ::llm_cache as memo_library;

    /// The library under another name.
    #[memo_library::cached(crate = memo_library, cache = cache, skip_unkeyed(cache))]
    pub(super) fn ask(cache: &memo_library::Cache) -> u8 {
        1
    }
}

/// The library may be known by another name.
#[test]
fn a_renamed_library_is_found() {
    let cache = small();
    assert_eq!(renamed::ask(&cache), 1);
    assert!(renamed::ask_with_outcome(&cache).1.is_hit());
}

trait Ask {
    fn ask(&self, cache: &Cache, text: &str) -> impl Future<Output = String>;
}

impl Ask for Model {
    async fn ask(&self, cache: &Cache, text: &str) -> String {
        self.ask_cached(cache, text).await
    }
}

impl Model {
    #[cached(cache = cache, skip_unkeyed(cache), skip(self))]
    async fn ask_cached(&self, cache: &Cache, text: &str) -> String {
        format!("{}: {text}", self.name)
    }
}

/// A trait's method is cached by one of the type's own that it calls.
#[tokio::test]
async fn a_method_of_a_trait_calls_a_cached_one() {
    let cache = small();
    assert_eq!(Ask::ask(&MODEL, &cache, "x").await, "m-1: x");
    assert!(MODEL.ask_cached_with_outcome(&cache, "x").await.1.is_hit());
}

/// A scope that holds a client and more stands for that client.
#[tokio::test]
async fn a_scope_around_a_client_stands_for_it() {
    struct Service {
        client: Client,
        prompt: &'static str,
    }
    impl KeyScope for Service {
        fn key_scope(&self, out: &mut llm_cache_core::key::FieldHasher) {
            out.field(self.prompt.as_bytes());
            self.client.key_scope(out);
        }
    }
    impl Service {
        #[cached(cache = cache, skip_unkeyed(cache), skip(self))]
        async fn ask(&self, cache: &Cache) -> Result<String, llm_cache::Error> {
            Ok(self.client.send(self.prompt).await?.text())
        }
    }
    let emulator = llm_cache_tests::Emulator::start(llm_cache_tests::Options::new()).unwrap();
    let builder = Client::anthropic().base_url(emulator.base_url()).api_key("k");
    let client = builder.model("claude-haiku-4-5").build().unwrap();
    let (cache, service) = (small(), Service { client, prompt: "Who?" });
    assert!(service.ask(&cache).await.is_ok());
    assert!(service.ask_with_outcome(&cache).await.1.is_hit());
}
