//! Enums in each of serde's forms, as members and as the root.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum Mood {
    VeryHappy,
    Sad,
}

/// How sure it is.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum Sureness {
    /// It stands there.
    Certain,
    /// It can be guessed.
    Likely,
    Unknown,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    city: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
enum External {
    Circle { radius: f64 },
    Named(String),
    Home(Address),
    Nothing,
    Empty {},
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Internal {
    Circle {
        radius: f64,
    },
    /// A place.
    Box(Address),
    Nothing,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u32),
    Text { text: String },
    Nothing,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    List(Vec<bool>),
    Home(Address),
    Nothing,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", deny_unknown_fields)]
enum Strict {
    Only { id: u32 },
    Nothing,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Holder {
    mood: Mood,
    maybe: Option<Mood>,
    sureness: Sureness,
    external: External,
    internal: Option<Internal>,
    adjacent: Vec<Adjacent>,
    untagged: Untagged,
    /// With a sentence of its own.
    told: Internal,
}

/// Only the names of an enum are names of this map.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ByMood {
    counts: BTreeMap<Mood, u8>,
}

pub(super) fn cases() -> Vec<Case> {
    let home = Address { city: "Rome".into() };
    let external = [
        External::Circle { radius: 0.5 },
        External::Named("n".into()),
        External::Home(home.clone()),
        External::Nothing,
        External::Empty {},
    ];
    let internal =
        [Internal::Circle { radius: 1.5 }, Internal::Box(home.clone()), Internal::Nothing];
    let adjacent = [Adjacent::Number(1), Adjacent::Text { text: "t".into() }, Adjacent::Nothing];
    let untagged = [
        Untagged::Number(-1),
        Untagged::Text("t".into()),
        Untagged::List(vec![true]),
        Untagged::Home(home),
        Untagged::Nothing,
    ];
    let holders: Vec<Holder> = (0..5)
        .map(|at| Holder {
            mood: [Mood::VeryHappy, Mood::Sad][at % 2],
            maybe: [None, Some(Mood::Sad)][at % 2],
            sureness: [Sureness::Certain, Sureness::Likely, Sureness::Unknown][at % 3],
            external: external[at].clone(),
            internal: internal.get(at).cloned(),
            adjacent: adjacent[..at % 4].to_vec(),
            untagged: untagged[at].clone(),
            told: internal[at % 3].clone(),
        })
        .collect();
    let counts = [(Mood::VeryHappy, 1), (Mood::Sad, 2)].into();
    vec![
        Case::new("unit enum", &[Mood::VeryHappy, Mood::Sad]),
        Case::new("told enum", &[Sureness::Certain, Sureness::Likely, Sureness::Unknown]),
        Case::new("external", &external),
        Case::new("internal", &internal),
        Case::new("adjacent", &adjacent),
        Case::new("untagged", &untagged),
        Case::new("strict", &[Strict::Only { id: 1 }, Strict::Nothing]),
        Case::new("holder", &holders),
        Case::new("by mood", &[ByMood { counts }]),
        Case::new("list of enums", &[internal.to_vec()]),
        Case::new("option of enum", &[None, Some(Internal::Nothing)]),
    ]
}
