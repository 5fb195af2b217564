//! Lists, sets, arrays and maps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Lists {
    matrix: Vec<Vec<i32>>,
    bytes: Vec<u8>,
    corner: [f64; 3],
    pairs: Vec<[u8; 2]>,
    words: BTreeSet<String>,
    others: HashSet<u16>,
    sparse: Vec<Option<bool>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Empties {
    none: [u8; 0],
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Map {
    inner: BTreeMap<String, u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Deep {
    all: Vec<Option<HashMap<String, Vec<u32>>>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct ByNumber {
    rows: BTreeMap<u32, String>,
}

/// What the refusal of a map tells people to write.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Entries {
    inner: Vec<Entry>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Entry {
    key: String,
    value: u8,
}

pub(super) fn cases() -> Vec<Case> {
    let lists = Lists {
        matrix: vec![vec![1, 2], vec![]],
        bytes: vec![0, 255],
        corner: [0.5, 1.0, 2.0],
        pairs: vec![[1, 2]],
        words: ["a".into(), "b".into()].into(),
        others: [9].into(),
        sparse: vec![None, Some(true)],
    };
    let map = "free names; use a list of structs";
    vec![
        Case::new("lists", &[lists]),
        Case::new::<Vec<String>>("list of texts", &[vec![], vec!["a".into()]]),
        Case::new::<[u32; 4]>("array", &[[1, 2, 3, 4]]),
        Case::new("empty array", &[Empties { none: [] }]).refused_where_enforced("$.none is"),
        Case::new("map", &[Map { inner: [("a".into(), 1)].into() }])
            .refused_everywhere("$.inner is a map"),
        Case::new("deep map", &[Deep { all: vec![None] }]).refused_everywhere("$.all[] is a map"),
        Case::new("map by number", &[ByNumber { rows: [(1, "a".into())].into() }])
            .refused_everywhere("$.rows is a map"),
        Case::new::<BTreeMap<String, String>>("root map", &[BTreeMap::new()])
            .refused_everywhere(map),
        Case::new("entries", &[Entries { inner: vec![Entry { key: "a".into(), value: 1 }] }]),
    ]
}
