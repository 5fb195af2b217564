//! The vectors of core/KEY.md, read from that page so that page and code cannot part.

use super::*;
use crate::canonical::{Sink, canonicalize};
use crate::dialect::EmbeddingInputs;
use crate::json::JsonValue;
use serde_json::Value;
use std::{string::ToString, vec, vec::Vec};

struct Bytes(Vec<u8>);

impl Sink for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

fn dialect(name: &str) -> Dialect {
    let found = Dialect::ALL.iter().find(|dialect| dialect.as_str() == name);
    *found.expect("a known dialect")
}

fn endpoint(vector: &Value) -> Endpoint<'_> {
    match vector["endpoint"]["url"].as_str() {
        Some(url) => Endpoint::Url(url),
        None => Endpoint::Id(vector["endpoint"]["id"].as_str().expect("an id or a url")),
    }
}

fn tenant(vector: &Value) -> Tenant<'_> {
    let tenant = &vector["tenant"];
    match (tenant["named"].as_str(), tenant["credential"].as_str()) {
        (Some(name), _) => Tenant::Named(name),
        (_, Some(credential)) => Tenant::Credential(CredentialDigest::of(credential)),
        _ => {
            assert_eq!(tenant, "shared");
            Tenant::Shared
        }
    }
}

/// Name and value of each header.
fn pairs(headers: &Value) -> Vec<(&str, &str)> {
    let list = headers.as_array().into_iter().flatten();
    list.filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?))).collect()
}

/// Every published vector has the canonical bytes and the key that the page says.
#[test]
fn the_page_and_the_code_agree() {
    let page = include_str!("../../KEY.md");
    let vectors: Vec<Value> = page
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect("a vector is JSON"))
        .collect();
    assert!(vectors.len() >= 7, "vectors are only ever added");
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let betas = vector["betas"].as_array().cloned().unwrap_or_default();
        let betas: Vec<_> = betas.iter().filter_map(Value::as_str).collect();
        let headers: Vec<(&str, &str)> = pairs(&vector["headers"]);
        let scope = Scope {
            headers: &headers,
            api_version: text("api_version"),
            betas: &betas,
            organization: text("organization"),
            project: text("project"),
            namespace: text("namespace"),
            variant: vector["variant"].as_u64().unwrap_or(0).try_into().expect("32 bits"),
            ..Scope::new(dialect(text("dialect")), endpoint(vector), tenant(vector))
        };
        let body = text("body").as_bytes();
        let needed = scratch_needed(body).expect("a sound body");
        let (mut sink, mut scratch) = (Bytes(vec![]), vec![Slot::EMPTY; needed]);
        let hasher = scope.hasher().expect("a sound scope");
        let key = if let Some(at) = vector["input"].as_u64() {
            let body = JsonValue::parse(body).expect("a sound body");
            let inputs = EmbeddingInputs::of(body).expect("inputs");
            let input = inputs.iter().nth(at as usize).expect("as many inputs");
            input.canonicalize(&mut scratch, &mut sink).expect("a sound body");
            hasher.key_of_input(input, &mut scratch)
        } else {
            canonicalize(body, &scope.dialect, &mut scratch, &mut sink).expect("a sound body");
            hasher.key(body, &mut scratch)
        };
        assert_eq!(core::str::from_utf8(&sink.0), Ok(text("canonical")));
        let key = key.expect("a sound body");
        assert_eq!(key.to_string(), text("key"), "{vector}");
    }
}
