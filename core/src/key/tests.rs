//! Keys: what tells requests apart, what does not, and the published vectors.

use super::*;
use crate::json::JsonErrorKind;
use std::{format, string::String, vec};

const URL: Endpoint<'_> = Endpoint::Url("https://api.anthropic.com/v1/messages");

fn key_in(scope: Scope<'_>, body: &str) -> RequestKey {
    let mut scratch = vec![Slot::EMPTY; 64];
    let hasher = scope.hasher().expect("a sound scope");
    let key = hasher.key(body.as_bytes(), &mut scratch).expect("a sound body");
    #[cfg(feature = "alloc")]
    assert_eq!(hasher.key_alloc(body.as_bytes()), Ok(key));
    key
}

fn key(dialect: Dialect, body: &str) -> RequestKey {
    key_in(Scope::new(dialect, URL, Tenant::Shared), body)
}

/// Each field of the scope makes another key, also where it only swaps with its neighbour.
#[test]
fn every_field_of_the_scope_counts() {
    let plain = Scope::new(Dialect::Json, URL, Tenant::Shared);
    let scopes = [
        plain,
        Scope { dialect: Dialect::OpenAiChat, ..plain },
        Scope { endpoint: Endpoint::Id("x"), ..plain },
        Scope { endpoint: Endpoint::Id("https://api.anthropic.com:443/v1/messages"), ..plain },
        Scope { endpoint: Endpoint::Url("https://api.anthropic.com/v1"), ..plain },
        Scope { api_version: "x", ..plain },
        Scope { betas: &["x"], ..plain },
        Scope { betas: &["x", "y"], ..plain },
        Scope { organization: "x", ..plain },
        Scope { project: "x", ..plain },
        Scope { namespace: "x", ..plain },
        Scope { tenant: Tenant::Named("x"), ..plain },
        Scope { tenant: Tenant::Named(""), ..plain },
        Scope { tenant: Tenant::Credential(CredentialDigest::of("x")), ..plain },
        Scope { tenant: Tenant::Credential(CredentialDigest::of("y")), ..plain },
        Scope { variant: 1, ..plain },
        Scope { headers: &[("x-a", "b")], ..plain },
        Scope { headers: &[("x-a", "")], ..plain },
        Scope { headers: &[("x-a", "B")], ..plain },
        Scope { headers: &[("x-ab", "")], ..plain },
        Scope { headers: &[("x-a", "b"), ("x-a", "b")], ..plain },
        Scope { headers: &[("x-a", "b")], variant: 1, ..plain },
    ];
    let keys = scopes.map(|scope| key_in(scope, "{}"));
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[..at].contains(key), "scope {at} has the key of another one");
    }
}

/// Betas are a set without the two that are about prompt caching only.
#[test]
fn betas_are_a_set() {
    let plain = Scope::new(Dialect::AnthropicMessages, URL, Tenant::Shared);
    let with = |betas: &[&str]| key_in(Scope { betas, ..plain }, "{}");
    assert_eq!(with(&["b", "a"]), with(&["a", " b ,a,", "prompt-caching-2024-07-31"]));
    assert_eq!(with(&[]), with(&["extended-cache-ttl-2025-04-11", "", " , "]));
    assert_ne!(with(&["a"]), with(&["A"]));
}

/// Headers count by name in any order and case, and by value as it stands; of one name in order.
#[test]
fn headers_are_sorted_by_name() {
    let plain = Scope::new(Dialect::Json, URL, Tenant::Shared);
    let with = |headers: &[(&str, &str)]| key_in(Scope { headers, ..plain }, "{}");
    let sorted = with(&[("x-a", "1"), ("x-a-b", "2"), ("x-b", "3")]);
    assert_eq!(sorted, with(&[("X-B", "3"), ("x-A", "1"), ("x-a-b", "2")]));
    assert_ne!(sorted, with(&[("x-a", "3"), ("x-a-b", "2"), ("x-b", "1")]));
    assert_ne!(with(&[("x-a", "1"), ("X-A", "2")]), with(&[("x-a", "2"), ("x-a", "1")]));
    assert_eq!(with(&[]), key_in(plain, "{}"));
}

/// Of every dialect: each member that is left out, and its namesake at a place where it counts.
#[test]
fn only_the_listed_members_are_left_out() {
    let anthropic = r#"{"model":"m","metadata":{"x":1},"tools":[{"name":"t","input_schema":{}}],
        "system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[
        {"type":"tool_use","input":{}},{"type":"tool_result","content":[{"type":"text"}]},
        {"type":"document","source":{"type":"content","content":[{"type":"text"}]}}]}]}"#;
    let chat = r#"{"model":"m","metadata":{},"messages":[{"role":"user","content":[
        {"type":"text","text":"s"}]}],"tools":[{"function":{}}]}"#;
    let responses = r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text"}]},
        {"type":"function_call_output","output":[{"type":"input_text"}]}],"tools":[{}]}"#;
    let root_of_openai = [
        "stream",
        "stream_options",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "user",
        "safety_identifier",
    ];
    use Dialect::{AnthropicMessages as A, OpenAiChat as C, OpenAiResponses as R};
    let mut cases = vec![
        (A, anthropic, "stream", "{\"model\"", true),
        (A, anthropic, "cache_control", "{\"model\"", true),
        (A, anthropic, "cache_control", "{\"name\"", true),
        (A, anthropic, "cache_control", "{\"type\":\"text\",\"text\"", true),
        (A, anthropic, "cache_control", "{\"type\":\"tool_use\"", true),
        (A, anthropic, "cache_control", "{\"type\":\"tool_result\"", true),
        (A, anthropic, "cache_control", "{\"type\":\"text\"}", true),
        (A, anthropic, "cache_control", "{\"type\":\"document\"", true),
        (A, anthropic, "user_id", "{\"x\":1}", true),
        // Elsewhere the same names count.
        (A, anthropic, "cache_control", "{\"role\"", false),
        (A, anthropic, "cache_control", "{\"type\":\"content\"", false),
        (A, anthropic, "cache_control", "{\"x\":1}", false),
        (A, anthropic, "stream", "{\"role\"", false),
        (A, anthropic, "user_id", "{\"model\"", false),
        (A, anthropic, "user", "{\"model\"", false),
        (C, chat, "prompt_cache_breakpoint", "{\"type\":\"text\"", true),
        (C, chat, "prompt_cache_breakpoint", "{\"role\"", false),
        (C, chat, "cache_control", "{\"type\":\"text\"", false),
        (C, chat, "metadata_", "{\"model\"", false),
        (C, chat, "user", "{\"role\"", false),
        (R, responses, "prompt_cache_breakpoint", "{\"type\":\"input_text\"", true),
        (R, responses, "prompt_cache_breakpoint", "{\"type\":\"function_call_output\"", false),
        (R, responses, "store", "{\"model\"", false),
    ];
    for name in root_of_openai {
        cases.extend([
            (C, chat, name, "{\"model\"", true),
            (R, responses, name, "{\"model\"", true),
            (Dialect::Json, chat, name, "{\"model\"", false),
        ]);
    }
    // Each case takes Miri seconds.
    let (step, values) = if cfg!(miri) { (7, 1) } else { (1, 3) };
    for (dialect, body, name, place, left_out) in cases.into_iter().step_by(step) {
        assert!(body.contains(place), "{place}");
        for (at, _) in body.match_indices(place) {
            for value in ["null", "{\"type\":\"ephemeral\"}", "true"].iter().take(values) {
                let mut changed = String::from(body);
                changed.insert_str(at + 1, &format!("\"{name}\":{value},"));
                let same = key(dialect, &changed) == key(dialect, body);
                assert_eq!(same, left_out, "{changed} as {}", dialect.as_str());
            }
        }
    }
}

/// `cache_control` counts inside a tool's input and its schema, and where arrays or objects are
/// not nested as the provider nests them.
#[test]
fn data_is_never_left_out() {
    let with = |mark: &str| {
        [
            format!(r#"{{"messages":[{{"content":[{{"type":"tool_use","input":{{{mark}}}}}]}}]}}"#),
            format!(r#"{{"tools":[{{"input_schema":{{"properties":{{{mark}}}}}}}]}}"#),
            format!(r#"{{"tools":{{{mark}}}}}"#),
            format!(r#"{{"system":[[{{{mark}}}]]}}"#),
            format!(r#"{{"messages":[[{{"content":[{{{mark}}}]}}]]}}"#),
            format!(
                r#"{{"messages":[{{"content":[{{"content":[{{"content":[{{{mark}}}]}}]}}]}}]}}"#
            ),
            format!(r#"{{"metadata":[{{{mark}}}]}}"#),
            format!(r#"[{{{mark}}}]"#),
        ]
    };
    let mark = r#""cache_control":{"type":"ephemeral"}"#;
    let step = if cfg!(miri) { 5 } else { 1 };
    for (marked, plain) in with(mark).iter().zip(with("")).step_by(step) {
        assert_ne!(
            key(Dialect::AnthropicMessages, marked),
            key(Dialect::AnthropicMessages, &plain),
            "{marked}"
        );
    }
}

/// Absent, null and a default are three things; the order of members is none.
#[test]
fn meaning_counts_and_spelling_does_not() {
    let key = |body: &str| key(Dialect::AnthropicMessages, body);
    let bodies = [
        r#"{"model":"m"}"#,
        r#"{"model":"m","temperature":null}"#,
        r#"{"model":"m","temperature":1}"#,
        r#"{"model":"m","system":"s"}"#,
        r#"{"model":"m","system":[{"type":"text","text":"s"}]}"#,
        r#"{"model":"m","seed":4611686018427387904}"#,
        r#"{"model":"m","seed":4611686018427387905}"#,
    ];
    let keys = bodies.map(key);
    for (at, one) in keys.iter().enumerate() {
        assert!(!keys[..at].contains(one), "{}", bodies[at]);
    }
    let respelled = " { \"temp\\u0065rature\" : 1.0e0 ,\n\"model\":\"\\u006d\" } ";
    assert_eq!(key(respelled), key(bodies[2]));
}

/// A body without a key says why and where; a key is never made of half of it.
#[test]
fn errors_have_places() {
    let hasher = Scope::new(Dialect::OpenAiChat, URL, Tenant::Shared).hasher().expect("sound");
    let mut scratch = [Slot::EMPTY; 8];
    let mut fault = |body: &[u8]| hasher.key(body, &mut scratch).expect_err("a fault");
    assert_eq!(fault(br#"{"a":1,"a":1}"#), KeyError::DuplicateName { offset: 7 });
    assert_eq!(fault(br#"{"a":1e999}"#), KeyError::NumberRange { offset: 5 });
    assert_eq!(
        fault(b"{\"a\":\"\xff\"}").offset(),
        KeyError::Json(JsonErrorKind::InvalidUtf8.at(6)).offset()
    );
    assert_eq!(fault(b"{\"stream\":tru}").offset(), Some(13));
    let bad = Scope::new(Dialect::Json, Endpoint::Url("nowhere"), Tenant::Shared).hasher();
    assert_eq!(bad.err().map(|error| error.kind), Some(ScopeErrorKind::MissingScheme));
}

/// No secret shows in `Debug`.
#[test]
fn debug_hides_secrets() {
    let digest = CredentialDigest::of("sk-secret");
    let endpoint = Endpoint::Url("https://sk-secret@host/");
    let headers = &[("x-auth", "sk-secret")][..];
    let plain = Scope::new(Dialect::Json, endpoint, Tenant::Credential(digest));
    let scope = Scope { headers, ..plain };
    let text = format!("{scope:?} {:?}", scope.hasher());
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("CredentialDigest(..)"), "{text}");
}

/// Fields do not run into each other, and domains are apart.
#[test]
fn fields_are_apart() {
    let hash = |domain: &str, fields: &[&str]| {
        let mut hasher = FieldHasher::new(domain);
        fields.iter().for_each(|field| hasher.field(field.as_bytes()));
        hasher.finish()
    };
    let hashes = [
        hash("d", &[]),
        hash("d", &[""]),
        hash("d", &["ab", "c"]),
        hash("d", &["a", "bc"]),
        hash("da", &["bc"]),
        hash("e", &["ab", "c"]),
    ];
    for (at, one) in hashes.iter().enumerate() {
        assert!(!hashes[..at].contains(one), "{at}");
    }
}

/// A body whose objects need more slots than fit the stack gets its key from the heap.
#[cfg(feature = "alloc")]
#[test]
fn wide_bodies_take_the_heap() {
    let count = if cfg!(miri) { 200 } else { 1000 };
    let members: vec::Vec<_> = (0..count).rev().map(|n| format!("\"n{n:03}\":{n}")).collect();
    let body = format!("{{{}}}", members.join(","));
    let hasher = Scope::new(Dialect::Json, URL, Tenant::Shared).hasher().expect("sound");
    let mut scratch = vec![Slot::EMPTY; 1002];
    assert_eq!(hasher.key_alloc(body.as_bytes()), hasher.key(body.as_bytes(), &mut scratch));
}
