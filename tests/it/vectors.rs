//! The published vectors of the request key, `tests/data/key-v1.jsonl`, against our code. The
//! implementation in `tests/interop/key.py` is held to the same lines.

use llm_cache_core::{
    canonical::canonicalize,
    dialect::EmbeddingInputs,
    json::{JsonErrorKind, JsonValue},
    key::{
        CredentialDigest, Dialect, Endpoint, KeyError, KeyHasher, Scope, ScopeErrorKind, Slot,
        Tenant, scratch_needed,
    },
};
use llm_cache_tests::digest::Digest;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../data/key-v1.jsonl");

/// The lines that were published first, and their digest: vectors are added behind them, never
/// changed. Whoever has to touch these has another version of the format.
const PUBLISHED: (usize, &str) = (646, "68db358498c44c7a");

fn vectors() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).expect("a vector is JSON")).collect()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_default()
}

fn body(vector: &Value) -> Vec<u8> {
    let Some(hex) = vector["body_hex"].as_str() else {
        return vector["body"].as_str().expect("body or body_hex").into();
    };
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    bytes.collect::<Result<_, _>>().expect("hexadecimal digits")
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

/// An error as vectors write it.
fn error(kind: &str, offset: Option<usize>) -> Value {
    json!({ "kind": kind, "offset": offset })
}

fn body_error(fault: &KeyError) -> Value {
    let kind = match fault {
        KeyError::Json(fault) => match fault.kind {
            JsonErrorKind::ControlCharacter => "control_character",
            JsonErrorKind::InvalidEscape => "invalid_escape",
            JsonErrorKind::LoneSurrogate => "lone_surrogate",
            JsonErrorKind::InvalidUtf8 => "invalid_utf8",
            JsonErrorKind::TooDeep => "too_deep",
            _ => "not_json",
        },
        KeyError::DuplicateName { .. } => "duplicate_name",
        KeyError::NumberRange { .. } => "number_range",
        _ => "no such error in a vector",
    };
    error(kind, fault.offset())
}

fn hasher(vector: &Value) -> Result<KeyHasher, Value> {
    let betas = vector["betas"].as_array().cloned().unwrap_or_default();
    let betas: Vec<_> = betas.iter().map(|beta| beta.as_str().expect("a text")).collect();
    let headers = vector["headers"].as_array().cloned().unwrap_or_default();
    let text_of = |value: &'_ Value| value.as_str().expect("a text").to_owned();
    let headers: Vec<_> = headers.iter().map(|it| (text_of(&it[0]), text_of(&it[1]))).collect();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let scope = Scope {
        headers: &headers,
        api_version: text(vector, "api_version"),
        betas: &betas,
        organization: text(vector, "organization"),
        project: text(vector, "project"),
        namespace: text(vector, "namespace"),
        variant: vector["variant"].as_u64().unwrap_or(0).try_into().expect("32 bits"),
        ..Scope::new(dialect(text(vector, "dialect")), endpoint(vector), tenant(vector))
    };
    scope.hasher().map_err(|fault| {
        let kind = match fault.kind {
            ScopeErrorKind::MissingScheme => "missing_scheme",
            ScopeErrorKind::EmptyHost => "empty_host",
            ScopeErrorKind::InvalidPort => "invalid_port",
            ScopeErrorKind::UnknownPort => "unknown_port",
            ScopeErrorKind::ForbiddenByte => "forbidden_byte",
            _ => "no such error in a vector",
        };
        error(kind, Some(fault.offset))
    })
}

/// The key by way of scratch memory that the caller brings.
fn key_with_scratch(hasher: &KeyHasher, body: &[u8]) -> Result<String, KeyError> {
    let mut scratch = vec![Slot::EMPTY; scratch_needed(body)?];
    Ok(hasher.key(body, &mut scratch)?.to_string())
}

fn canonical(dialect: Dialect, body: &[u8]) -> Result<String, KeyError> {
    let (mut scratch, mut bytes) = (vec![Slot::EMPTY; scratch_needed(body)?], Vec::new());
    canonicalize(body, &dialect, &mut scratch, &mut bytes)?;
    Ok(String::from_utf8(bytes).expect("canonical bytes are UTF-8"))
}

/// The canonical bytes and the key of one input of a body.
fn of_input(hasher: &KeyHasher, body: &[u8], at: u64) -> Result<(String, String), KeyError> {
    let inputs = EmbeddingInputs::of(JsonValue::parse(body)?).expect("inputs");
    let input = inputs.iter().nth(at as usize).expect("as many inputs");
    let (mut scratch, mut bytes) = (vec![Slot::EMPTY; scratch_needed(body)?], Vec::new());
    input.canonicalize(&mut scratch, &mut bytes)?;
    let key = hasher.key_of_input(input, &mut scratch)?;
    Ok((String::from_utf8(bytes).expect("canonical bytes are UTF-8"), key.to_string()))
}

/// Every vector has the canonical bytes and the key, or the error and its offset, that it states:
/// with memory from the heap and with the caller's.
#[test]
fn published_vectors_hold() {
    for vector in vectors() {
        let (name, body) = (text(&vector, "name"), body(&vector));
        let expected = match vector["error"].is_object() {
            true => Err(vector["error"].clone()),
            false => Ok((text(&vector, "canonical").to_owned(), text(&vector, "key").to_owned())),
        };
        let hasher = match hasher(&vector) {
            Ok(hasher) => hasher,
            Err(fault) => {
                assert_eq!(Err(fault), expected, "{name}");
                continue;
            }
        };
        if let Some(at) = vector["input"].as_u64() {
            let found = of_input(&hasher, &body, at).map_err(|fault| body_error(&fault));
            assert_eq!(found, expected, "{name}");
            continue;
        }
        let canonical = canonical(dialect(text(&vector, "dialect")), &body);
        let pair = |key: Result<String, KeyError>| {
            let both = canonical.clone().and_then(|canonical| Ok((canonical, key?)));
            both.map_err(|fault| body_error(&fault))
        };
        assert_eq!(pair(key_with_scratch(&hasher, &body)), expected, "{name}");
        let with_heap = hasher.key_alloc(&body).map(|key| key.to_string());
        assert_eq!(pair(with_heap.clone()), expected, "{name}, with the heap");
        if let (Err(fault), Err(expected)) = (&with_heap, &expected) {
            assert_eq!(&body_error(fault), expected, "{name}, with the heap");
        }
        assert_eq!(with_heap.is_err(), expected.is_err(), "{name}");
    }
}

/// Vectors that were published once stand there unchanged, in their order.
#[test]
fn published_vectors_are_never_changed() {
    let (count, digest) = PUBLISHED;
    assert!(VECTORS.lines().count() >= count, "vectors are only ever added");
    let lines = VECTORS.lines().take(count);
    let found = lines.fold(Digest::new(), |digest, line| digest.field(line.as_bytes()));
    assert_eq!(found.short(), digest, "a published vector has been changed");
}

/// Each name is there once, and each vector states either a key with its canonical bytes or an
/// error, so that none is passed for what it lacks.
#[test]
fn vectors_are_whole() {
    let mut names = std::collections::BTreeSet::new();
    for vector in vectors() {
        let name = text(&vector, "name").to_owned();
        let has = |field: &str| vector.get(field).is_some();
        assert!(has("body") != has("body_hex"), "{name}: one body");
        assert!(has("error") != has("key") && has("key") == has("canonical"), "{name}: one result");
        assert!(!name.is_empty() && names.insert(name.clone()), "{name}: a name of its own");
    }
}
