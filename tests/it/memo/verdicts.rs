//! Only results whose every reply may be stored are stored.

use std::{sync::LazyLock, time::Duration};

use llm_cache::{
    Cache, Client, Error,
    cache::{Mode, Outcome, SkipReason},
    cached,
    client::{ClientBuilder, Request, RetryPolicy},
    memo::carry,
};
use llm_cache_tests::{Emulator, Fault, Options};
use tokio::sync::oneshot;

use super::{Person, small};

const TEXT: &str = "My name is John and I am 30 years old";

fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(0)).expect("a free port on loopback")
}

fn builder(emulator: &Emulator) -> ClientBuilder {
    let at_once = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    let builder = Client::openai().base_url(emulator.openai_base_url()).api_key("k").retry(at_once);
    builder.model("gpt-5.2")
}

fn client(emulator: &Emulator) -> Client {
    builder(emulator).build().expect("a client")
}

fn skipped(outcome: Outcome) -> String {
    outcome.skip_reason().map_or_else(|| outcome.to_string(), |why| why.to_string())
}

#[cached(cache = cache, skip_unkeyed(cache), skip(client))]
async fn short(cache: &Cache, client: &Client, text: &str) -> Result<String, Error> {
    Ok(client.send(text).await?.text())
}

/// A reply that was cut, refused or ended for an unknown reason is returned and not stored, and the
/// outcome says why: with a client that has no cache, one that is off, one that reads only, and
/// one whose own cache works.
#[tokio::test]
async fn only_storable_replies_are_stored() {
    let emulator = emulator();
    let own = |mode| builder(&emulator).cache(Cache::builder().mode(mode).build()).build().unwrap();
    let clients = [client(&emulator), own(Mode::Off), own(Mode::ReadOnly), own(Mode::ReadWrite)];
    for (at, client) in clients.iter().enumerate() {
        let cache = small();
        let ask = async || skipped(short_with_outcome(&cache, client, TEXT).await.1);
        for (fault, why) in [
            (Fault::MaxTokens, "truncated"),
            (Fault::Refusal, "refusal"),
            (Fault::UnknownStopReason, "unknown_stop_reason"),
        ] {
            emulator.fault(fault);
            assert_eq!(ask().await, why, "client {at}");
        }
        assert_eq!(cache.stats().memory_entries, 0);
        assert_eq!(ask().await, "miss absent", "client {at}");
        assert!(short_with_outcome(&cache, client, TEXT).await.1.is_hit(), "client {at}");
        assert!(short(&cache, client, TEXT).await.is_ok());
    }
}

/// Attempts that the client makes again by itself do not count.
#[tokio::test]
async fn retries_do_not_count() {
    let (emulator, cache) = (emulator(), small());
    emulator.fault_times(Fault::ServerError, 2);
    let client = client(&emulator);
    let (text, outcome) = short_with_outcome(&cache, &client, TEXT).await;
    assert!(text.is_ok() && outcome.skip_reason().is_none());
    assert!(short_with_outcome(&cache, &client, TEXT).await.1.is_hit());
}

/// A request that must go past every cache, and a stream, are not storable either.
#[tokio::test]
async fn what_goes_past_every_cache_is_not_stored() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn searches(cache: &Cache, client: &Client) -> Result<String, Error> {
        let body = r#"{"model":"gpt-5.2","web_search_options":{},
            "messages":[{"role":"user","content":"x"}]}"#;
        Ok(client.send(Request::raw(body)).await?.text())
    }
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn streamed(cache: &Cache, client: &Client, taken: bool) -> Result<u32, Error> {
        let mut stream = client.stream("x").await?;
        if !taken {
            stream.discard();
            return Ok(0);
        }
        let mut events = 0;
        while stream.next().await?.is_some() {
            events += 1;
        }
        Ok(events)
    }
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    for _ in 0..2 {
        let (text, outcome) = searches_with_outcome(&cache, &client).await;
        assert_eq!((text.is_ok(), skipped(outcome)), (true, "bypassed".into()));
        let (events, outcome) = streamed_with_outcome(&cache, &client, true).await;
        assert!(events.unwrap() > 0);
        assert_eq!(skipped(outcome), "streamed");
    }
    assert!(streamed(&cache, &client, false).await.is_ok());
    assert!(streamed_with_outcome(&cache, &client, false).await.1.is_hit());
    assert!(searches(&cache, &client).await.is_ok());
}

/// A body that asks again and says that it throws the first reply away is stored; of several
/// replies one is enough to keep a result out, and the first gives the reason.
#[tokio::test]
async fn a_discarded_reply_does_not_count() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn twice(cache: &Cache, client: &Client, discards: bool) -> Result<String, Error> {
        let first = client.send("a").await?;
        let text = first.text();
        if discards {
            first.discard();
        }
        Ok(text + &client.send("b").await?.text())
    }
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn at_once(cache: &Cache, client: &Client) -> Result<String, Error> {
        let (a, b) = tokio::join!(client.send("a"), client.send("b"));
        Ok(a?.text() + &b?.text())
    }
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    emulator.fault(Fault::MaxTokens);
    emulator.fault(Fault::Refusal);
    assert_eq!(skipped(twice_with_outcome(&cache, &client, false).await.1), "truncated");
    emulator.fault(Fault::MaxTokens);
    assert_eq!(skipped(at_once_with_outcome(&cache, &client).await.1), "truncated");
    emulator.fault(Fault::MaxTokens);
    assert_eq!(skipped(twice_with_outcome(&cache, &client, true).await.1), "miss absent");
    assert!(twice_with_outcome(&cache, &client, true).await.1.is_hit());
    assert!(twice(&cache, &client, true).await.is_ok() && at_once(&cache, &client).await.is_ok());
}

/// A function that turns a typed answer's failure into a value is not stored for it, unless it
/// says that its result does not depend on that answer; an error without an answer is none.
#[tokio::test]
async fn a_swallowed_answer_counts() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn perhaps(cache: &Cache, client: &Client, discards: bool) -> Option<Person> {
        let extracted = client.extract::<Person>(TEXT).await;
        extracted
            .inspect_err(|error| {
                if discards {
                    error.discard();
                }
            })
            .ok()
            .map(|it| it.into_inner())
    }
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    emulator.fault(Fault::MaxTokens);
    assert_eq!(skipped(perhaps_with_outcome(&cache, &client, false).await.1), "truncated");
    assert!(perhaps(&cache, &client, false).await.is_some());
    emulator.fault(Fault::MaxTokens);
    let (person, outcome) = perhaps_with_outcome(&cache, &client, true).await;
    assert_eq!((person, skipped(outcome)), (None, "miss absent".into()));
    assert!(perhaps_with_outcome(&cache, &client, true).await.1.is_hit());
}

/// What keeps an inner function's result out keeps the outer one's out: where the inner one runs,
/// and where it gets the result of an identical call that somebody else makes.
#[tokio::test]
async fn inner_functions_count_for_outer_ones() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn outer(cache: &Cache, client: &Client, text: &str) -> Result<usize, Error> {
        Ok(short(cache, client, text).await?.len())
    }
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    emulator.fault(Fault::MaxTokens);
    assert_eq!(skipped(outer_with_outcome(&cache, &client, TEXT).await.1), "truncated");
    emulator.fault(Fault::MaxTokens);
    let (led, followed) = tokio::join!(
        biased;
        short_with_outcome(&cache, &client, TEXT),
        outer_with_outcome(&cache, &client, TEXT)
    );
    assert_eq!((skipped(led.1), skipped(followed.1)), ("truncated".into(), "truncated".into()));
    assert_eq!(cache.stats().memory_entries, 0);
    assert!(outer(&cache, &client, TEXT).await.is_ok());
    assert!(outer_with_outcome(&cache, &client, TEXT).await.1.is_hit());
}

/// A reply that a spawned task takes is not seen to be the function's: one that may not be stored
/// keeps out the results of all running functions with that client. A task that is carried counts
/// as the function itself, and a task may discard as well.
#[tokio::test]
async fn spawned_tasks_are_noticed() {
    #[cached(cache = cache, skip_unkeyed(cache), skip(client))]
    async fn spawns(cache: &Cache, client: &Client, how: &str) -> Result<String, Error> {
        let (client, discards) = (client.clone(), how == "discards");
        let task = async move {
            let reply = client.send("x").await?;
            let text = reply.text();
            if discards {
                reply.discard();
            }
            Ok::<_, Error>(text)
        };
        let task = if how == "carries" { tokio::spawn(carry(task)) } else { tokio::spawn(task) };
        task.await.expect("it does not panic")
    }
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    for (how, why) in
        [("spawns", "untracked"), ("carries", "truncated"), ("discards", "miss absent")]
    {
        emulator.fault(Fault::MaxTokens);
        assert_eq!(skipped(spawns_with_outcome(&cache, &client, how).await.1), why, "{how}");
    }
    assert_eq!(skipped(spawns_with_outcome(&cache, &client, "spawns").await.1), "miss absent");
    assert!(spawns(&cache, &client, "carries").await.is_ok());
}

/// A reply of another client, or from before or after a function ran, does not concern it; one of
/// the same client while it runs does.
#[tokio::test]
async fn only_the_own_client_casts_doubt() {
    #[cached(cache = cache, skip_unkeyed(cache, gate), skip(client))]
    async fn waits(cache: &Cache, client: &Client, gate: oneshot::Receiver<()>) -> u8 {
        let _ = client;
        gate.await.expect("it is sent");
        7
    }
    let (emulator, cache) = (emulator(), small());
    let (one, other) = (client(&emulator), builder(&emulator).namespace("n").build().unwrap());
    for (asked, why) in [(&other, "miss absent"), (&one, "untracked")] {
        cache.clear().await.unwrap();
        let (open, gate) = oneshot::channel();
        let elsewhere = async {
            emulator.fault(Fault::MaxTokens);
            asked.send("x").await.unwrap();
            open.send(()).expect("it waits");
        };
        let ((_, outcome), ()) =
            tokio::join!(biased; waits_with_outcome(&cache, &one, gate), elsewhere);
        assert_eq!(skipped(outcome), why);
    }
    emulator.fault(Fault::MaxTokens);
    one.send("x").await.unwrap();
    let (open, gate) = oneshot::channel();
    open.send(()).unwrap();
    assert_eq!(waits(&cache, &one, gate).await, 7);
    assert_eq!(cache.stats().memory_entries, 1);
}

/// A client that is a static is not in the key: the outcome says so, and with a scope it is kept.
#[tokio::test]
async fn an_unscoped_client_is_told() {
    static EMULATOR: LazyLock<Emulator> = LazyLock::new(emulator);
    static CLIENT: LazyLock<Client> = LazyLock::new(|| client(&EMULATOR));
    #[cached(cache = cache, skip_unkeyed(cache))]
    async fn unscoped(cache: &Cache, text: &str) -> anyhow::Result<String> {
        Ok(CLIENT.send(text).await?.text())
    }
    #[cached(cache = cache, skip_unkeyed(cache), scope = &*CLIENT)]
    async fn scoped(cache: &Cache, text: &str) -> anyhow::Result<String> {
        Ok(CLIENT.send(text).await?.text())
    }
    let cache = small();
    for _ in 0..2 {
        let (_, outcome) = unscoped_with_outcome(&cache, TEXT).await;
        assert_eq!(outcome.skip_reason(), Some(SkipReason::Unscoped));
        assert_eq!(outcome.to_string(), "miss absent, not stored: unscoped");
    }
    assert!(scoped(&cache, TEXT).await.is_ok() && unscoped(&cache, TEXT).await.is_ok());
    assert!(scoped_with_outcome(&cache, TEXT).await.1.is_hit());
}

/// A hit of a function counts for the client in its key: one reply that cost nothing, with the
/// tokens that it had cost.
#[tokio::test]
async fn hits_count_as_savings() {
    let (emulator, cache) = (emulator(), small());
    let client = client(&emulator);
    assert!(short(&cache, &client, TEXT).await.is_ok());
    let before = client.savings();
    assert_eq!((before.replies, before.hits), (1, 0));
    assert!(short(&cache, &client, TEXT).await.is_ok());
    let after = client.savings();
    assert_eq!((after.replies, after.hits, after.unreported), (2, 1, 0));
    assert_eq!(after.usage.output_tokens, 2 * before.usage.output_tokens);
    assert_eq!(after.billed, before.billed);
    assert!(after.tokens_not_billed() > 0);
}
