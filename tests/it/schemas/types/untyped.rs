//! Values that may be any JSON: no strict schema says so.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Case;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Row {
    id: u32,
    extra: Value,
    all: Vec<Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Rows {
    all: Vec<Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Told {
    /// Whatever else there is.
    extra: Value,
    maybe: Option<Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Maybe {
    maybe: Option<Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Nested {
    home: Option<Maybe>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Objects {
    map: Map<String, Value>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Holding {
    Any(Value),
}

/// What the refusal of any JSON tells people to write.
#[derive(Serialize, Deserialize, JsonSchema)]
struct AsText {
    /// A JSON text.
    extra: String,
}

pub(super) fn cases() -> Vec<Case> {
    let any = "may be any JSON; give it a type, or make it a `String` of JSON";
    vec![
        Case::new("row", &[Row { id: 1, extra: json!({"a": [1]}), all: vec![json!(null)] }])
            .refused_where_enforced("$.extra may be any JSON"),
        Case::new("rows", &[Rows { all: vec![json!(1)] }])
            .refused_where_enforced("$.all[] may be any JSON"),
        Case::new("told any", &[Told { extra: json!(1), maybe: None }])
            .refused_where_enforced("$.extra may be any JSON"),
        Case::new("maybe any", &[Maybe { maybe: Some(json!(1)) }])
            .refused_where_enforced("$.maybe may be any JSON"),
        Case::new("nested any", &[Nested { home: None }])
            .refused_where_enforced("$.home.maybe may be any JSON"),
        Case::new("objects", &[Objects { map: Map::new() }]).refused_everywhere("$.map is a map"),
        Case::new("holding any", &[Holding::Any(json!([]))])
            .refused_where_enforced("$.Any may be any JSON"),
        Case::new::<Value>("any", &[json!(1)]).refused_where_enforced(any),
        Case::new::<Vec<Value>>("list of any", &[vec![]]).refused_where_enforced("$[] may"),
        Case::new::<HashMap<String, Value>>("map of any", &[HashMap::new()])
            .refused_everywhere("$ is a map"),
        Case::new("as text", &[AsText { extra: "{}".into() }]),
    ]
}
