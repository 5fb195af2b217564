//! Who asks and how: the key's header, Azure, headers of the user's own, plain http, tenants.

use serde_json::json;

use super::{ANSWER, CHAT_ANSWER, KEY, anthropic, at_once, openai};
use crate::ErrorKind;
use crate::cache::Cache;
use crate::client::{Client, ClientBuilder, Identity, KeyHeader, Request, Tenant, Warning};
use crate::provider::loopback::{Loopback, answer};

fn server(body: &str) -> Loopback {
    Loopback::start(vec![answer(200, "", body)])
}

async fn outcome(builder: ClientBuilder) -> String {
    let reply = builder.build().unwrap().send("x").await.unwrap();
    reply.outcome().to_string().split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// One key is one tenant in whichever header it is sent, and goes into that header alone.
#[tokio::test]
async fn one_key_is_one_tenant() {
    let clients: [fn(&Loopback) -> ClientBuilder; 2] = [anthropic, openai];
    for (of, body) in clients.into_iter().zip([ANSWER, CHAT_ANSWER]) {
        let server = server(body);
        let cache = Cache::builder().build();
        let base = || of(&server).cache(cache.clone());
        assert_eq!(outcome(base()).await, "miss absent");
        for header in [KeyHeader::Bearer, KeyHeader::XApiKey, KeyHeader::ApiKey] {
            assert_eq!(outcome(base().key_header(header)).await, "hit memory");
            // A namespace a header, so that each asks the server.
            let other = base().key_header(header).api_key("another-key");
            assert_eq!(outcome(other.namespace(format!("{header:?}"))).await, "miss absent");
            let names = ["authorization", "x-api-key", "api-key"];
            let seen = server.requests().last().unwrap().clone();
            let sent: Vec<_> = names.iter().filter_map(|name| seen.header(name)).collect();
            let expected = match header {
                KeyHeader::Bearer => "Bearer another-key",
                _ => "another-key",
            };
            assert_eq!(sent, [expected], "{header:?}");
        }
    }
}

/// Azure's two APIs: the key as `api-key`, and the version, if there is one, in the query and in
/// the key.
#[tokio::test]
async fn asks_azure() {
    let server = server(CHAT_ANSWER);
    let cache = Cache::builder().build();
    let azure = |path: &str| {
        let base = format!("{}/openai/{path}", server.url);
        let client = Client::openai().azure().base_url(base).api_key(KEY).retry(at_once());
        client.model("m").cache(cache.clone())
    };
    let last = || server.requests().last().unwrap().clone();
    assert_eq!(outcome(azure("v1")).await, "miss absent");
    assert!(last().head.starts_with("POST /openai/v1/chat/completions HTTP"), "{}", last().head);
    assert_eq!(last().header("api-key"), Some(KEY));
    assert_eq!(last().header("authorization"), None);
    let dated = |version: &str| azure("deployments/d").api_version(version);
    assert_eq!(outcome(dated("2024-10-21")).await, "miss absent");
    let line = "POST /openai/deployments/d/chat/completions?api-version=2024-10-21 HTTP";
    assert!(last().head.starts_with(line), "{}", last().head);
    assert_eq!(outcome(dated("2024-10-21")).await, "hit memory");
    assert_eq!(outcome(dated("2025-01-01-preview")).await, "miss absent");
    let nowhere = Client::openai().azure().api_key(KEY).build().unwrap_err();
    assert!(nowhere.to_string().contains("base_url"), "{nowhere}");
}

/// Headers of the user's own are sent; those that count keep answers apart, the others do not.
#[tokio::test]
async fn sends_headers() {
    let server = server(CHAT_ANSWER);
    let cache = Cache::builder().build();
    let base = || openai(&server).cache(cache.clone());
    let title = |title: &str| base().header("X-Title", title, Identity::Ignored);
    let route = |route: &str| title("App").header("X-Route", route, Identity::Counts);
    assert_eq!(outcome(base()).await, "miss absent");
    assert_eq!(outcome(title("App")).await, "hit memory");
    assert_eq!(outcome(route("blue")).await, "miss absent");
    assert_eq!(server.requests()[1].header("x-title"), Some("App"));
    assert_eq!(server.requests()[1].header("x-route"), Some("blue"));
    assert_eq!(outcome(route("blue")).await, "hit memory");
    assert_eq!(outcome(route("Blue")).await, "miss absent");
    let both = |first: &str, second: &str| {
        let one = base().header(first, "1", Identity::Counts);
        one.header(second, "1", Identity::Counts)
    };
    assert_eq!(outcome(both("x-a", "x-b")).await, "miss absent");
    assert_eq!(outcome(both("X-B", "X-A")).await, "hit memory");
}

/// A header that is ours is refused with the setter that is right; and no value is ever shown.
#[tokio::test]
async fn refuses_headers() {
    let server = server(ANSWER);
    for (name, setter) in
        [("Authorization", "api_key"), ("anthropic-version", "api_version"), ("Host", "base_url")]
    {
        let error = anthropic(&server).header(name, "sk-secret", Identity::Ignored).build();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(setter), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let builder = anthropic(&server).header("x-gate-auth", "sk-secret", Identity::Counts);
    let shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    client.send("x").await.unwrap();
    assert!(!format!("{shown} {client:?}").contains("secret"));
    // It may be a secret, so it travels as a key does.
    let remote = Client::openai().no_credential().tenant(Tenant::Shared);
    let remote = remote.base_url("http://models.example.com/v1");
    let error = remote.header("x-gate-auth", "sk-secret", Identity::Ignored).build().unwrap_err();
    assert!(error.to_string().contains("plain http"), "{error}");
}

/// Plain http with a key goes to a host that is named, and the refusal names the way.
#[tokio::test]
async fn allows_http_by_name() {
    let base = || Client::openai().api_key(KEY).base_url("http://vllm.lan:8000/v1");
    let error = base().build().unwrap_err();
    assert!(error.to_string().contains("ClientBuilder::allow_http"), "{error}");
    assert!(base().allow_http("other.lan").build().is_err());
    assert!(base().allow_http("VLLM.lan").build().is_ok());
}

/// Without a credential answers on this machine are everybody's; elsewhere somebody has to say so.
#[tokio::test]
async fn shares_on_this_machine() {
    let server = server(CHAT_ANSWER);
    let cache = Cache::builder().build();
    let base = || openai(&server).cache(cache.clone()).no_credential();
    assert_eq!(outcome(base()).await, "miss absent");
    assert_eq!(outcome(base().tenant(Tenant::Shared)).await, "hit memory");
    assert_eq!(server.requests()[0].header("authorization"), None);
    let elsewhere = Client::openai().no_credential().base_url("https://models.example.com/v1");
    let error = elsewhere.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for word in ["ClientBuilder::tenant", "`Named`", "`Shared`"] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// What is odd in a base is a warning, what is wrong an error.
#[tokio::test]
async fn judges_the_base() {
    let base = |url: &str| Client::openai().api_key(KEY).base_url(url).build();
    assert_eq!(base("https://api.openai.com").unwrap().warnings(), [Warning::BaseWithoutVersion]);
    assert!(base("https://api.openai.com/v1").unwrap().warnings().is_empty());
    let error = base("https://api.openai.com/v1/chat/completions/").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`https://api.openai.com/v1`"), "{error}");
}

/// The newer API version is sent, keeps its answers apart, and its rules are checked: by default
/// for what was built with typed setters and a known model.
#[tokio::test]
async fn knows_the_newer_api_version() {
    let server = server(ANSWER);
    let cache = Cache::builder().build();
    let base = || anthropic(&server).model("claude-opus-4-8").cache(cache.clone());
    let warm = || Request::new().user("x").temperature(0.5);
    let older = base().build().unwrap();
    assert!(older.send(warm()).await.unwrap().violation().is_none());
    let newer = base().api_version("2026-10-21").build().unwrap();
    let error = newer.send(warm()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("temperature"), "{error}");
    assert_eq!(server.count(), 1);
    assert_eq!(newer.send("x").await.unwrap().outcome().to_string(), "miss absent");
    let seen = server.requests().last().unwrap().clone();
    assert_eq!(seen.header("anthropic-version"), Some("2026-10-21"));
    let raw = json!({"model": "m", "max_tokens": 9, "top_k": 3,
        "messages": [{"role": "user", "content": "x"}]});
    let reply = newer.send(Request::raw(raw.to_string())).await.unwrap();
    assert_eq!(
        reply.violation().unwrap().to_string(),
        "top_k: is no longer taken under this API version"
    );
}
