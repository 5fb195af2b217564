//! Numbers and other primitives, alone and in a struct.

use core::num::{NonZeroI32, NonZeroU8};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Integers {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
    f: usize,
    g: i8,
    h: i16,
    i: i32,
    j: i64,
    k: i128,
    l: isize,
    m: NonZeroU8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Signed {
    never_zero: NonZeroI32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Others {
    single: f32,
    double: f64,
    letter: char,
    flag: bool,
    nothing: (),
}

/// Attributes of schemars that say what serde does not check.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Bounded {
    #[schemars(range(min = 1, max = 10))]
    stars: u8,
    #[schemars(length(min = 2, max = 80))]
    title: String,
    #[schemars(length(min = 1))]
    tags: Vec<String>,
    #[schemars(regex(pattern = r"^[a-z]+$"))]
    slug: String,
}

pub(super) fn cases() -> Vec<Case> {
    let integers = Integers {
        a: 255,
        b: 65535,
        c: 7,
        d: u64::MAX,
        e: 1,
        f: 0,
        g: -128,
        h: -1,
        i: i32::MIN,
        j: i64::MIN,
        k: -9,
        l: 3,
        m: NonZeroU8::MIN,
    };
    let others = |letter, flag| Others { single: 0.5, double: -1e300, letter, flag, nothing: () };
    let bounded =
        Bounded { stars: 3, title: "A b".into(), tags: vec!["t".into()], slug: "abc".into() };
    vec![
        Case::new("integers", &[integers]),
        Case::new("signed", &[Signed { never_zero: NonZeroI32::MIN }]),
        Case::new("others", &[others('x', true), others('\u{e9}', false)]),
        Case::new("bounded", &[bounded]),
        Case::new::<u64>("u64", &[0, u64::MAX]),
        Case::new::<f64>("f64", &[0.25]),
        Case::new::<bool>("bool", &[true, false]),
        Case::new::<char>("char", &['c']),
        Case::new::<String>("string", &[String::new(), "text".into()]),
        Case::new::<()>("unit", &[()]),
        Case::new::<Option<u32>>("option of u32", &[None, Some(4)]),
    ]
}
