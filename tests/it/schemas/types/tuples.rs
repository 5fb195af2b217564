//! Tuples: lists of a fixed length where all elements are alike, refused where they are not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Place {
    at: (f64, f64),
    named: Vec<(String, u32)>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Point {
    /// Longitude, then latitude.
    at: (f64, f64),
    path: Vec<(f64, f64)>,
    maybe: Option<(u8, u8)>,
    one: (String,),
    /// Of several widths.
    widths: (u8, u16, i64),
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Rgb(
    /// Red.
    u8,
    /// Green.
    u8,
    /// Blue.
    u8,
);

#[derive(Serialize, Deserialize, JsonSchema)]
enum Shape {
    Dot(f64, f64),
    Path(Vec<(f64, f64)>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Tup {
    Pair(u32, String),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Pair(u32, String),
    None(),
}

/// What the refusal of a tuple tells people to write.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Named {
    named: Vec<Pair>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Pair {
    name: String,
    count: u32,
}

pub(super) fn cases() -> Vec<Case> {
    let place = Place { at: (1.5, 2.5), named: vec![("a".into(), 1)] };
    let point = |maybe| Point {
        at: (1.5, 2.5),
        path: vec![(0.5, 0.5)],
        maybe,
        one: ("x".into(),),
        widths: (1, 2, -3),
    };
    let words = "use a struct with a field for each";
    vec![
        Case::new("place", &[place]).refused_where_enforced("$.named[] is a tuple"),
        Case::new("point", &[point(None), point(Some((1, 2)))]),
        Case::new("tuple struct", &[Rgb(1, 2, 3)]),
        Case::new("tuple variants", &[Shape::Dot(0.5, 1.5), Shape::Path(vec![(2.5, 2.5)])]),
        Case::new("mixed variant", &[Tup::Pair(1, "a".into())]).refused_where_enforced("$.Pair is"),
        Case::new("mixed adjacent", &[Adjacent::Pair(1, "a".into()), Adjacent::None()])
            .refused_where_enforced("$.c is a tuple"),
        Case::new::<(u32, u32)>("root tuple", &[(1, 2)]),
        Case::new::<(String, u32)>("mixed root tuple", &[("a".into(), 2)])
            .refused_where_enforced(words),
        Case::new("named", &[Named { named: vec![Pair { name: "a".into(), count: 1 }] }]),
    ]
}
