//! Structs, and what serde's attributes make of their fields.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    city: String,
    zip: Option<String>,
}

/// Whoever was named.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Person {
    /// Full name.
    name: String,
    /// In years.
    age: u8,
    home: Option<Address>,
    /// Where they were born.
    birth: Address,
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Renamed {
    first_name: String,
    #[serde(rename = "@kind")]
    kind: String,
    #[serde(alias = "mail")]
    email: String,
    #[serde(skip)]
    _cache: u32,
    #[serde(default)]
    count: u32,
    #[serde(default = "ten")]
    limit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, rename = "isOn")]
    is_on: bool,
}

fn ten() -> u8 {
    10
}

/// Left out where it is empty.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sparse {
    id: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Defaulted {
    width: u32,
    label: String,
    address: Option<Nothing>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Unit;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Metres(f64);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Wrapper {
    inner: Person,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Pointers {
    boxed: Box<Address>,
    text: Cow<'static, str>,
    name: Box<str>,
    length: Metres,
    unit: Unit,
    nothing: Nothing,
    twice: Option<Option<u8>>,
}

/// Read and written as a text.
#[derive(Serialize, Deserialize, JsonSchema)]
struct WithText {
    #[serde(with = "as_text")]
    #[schemars(with = "String")]
    number: u32,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn serialize<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&number.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
        let text = String::deserialize(from)?;
        Ok(text.len().try_into().unwrap_or(u32::MAX))
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
}

pub(super) fn cases() -> Vec<Case> {
    let address = Address { city: "Rome".into(), zip: None };
    let person = Person {
        name: "Ada".into(),
        age: 36,
        home: Some(address.clone()),
        birth: Address { zip: Some("1".into()), ..address.clone() },
        tags: vec!["a".into(), "b".into()],
    };
    let homeless = Person { home: None, tags: Vec::new(), ..person.clone() };
    let renamed = |note: Option<&str>| Renamed {
        first_name: "A".into(),
        kind: "k".into(),
        email: "a@b".into(),
        _cache: 0,
        count: 2,
        limit: 1,
        note: note.map(Into::into),
        is_on: true,
    };
    let pointers = |twice| Pointers {
        boxed: Box::new(address.clone()),
        text: "t".into(),
        name: "n".into(),
        length: Metres(1.5),
        unit: Unit,
        nothing: Nothing {},
        twice,
    };
    vec![
        Case::new("person", &[person.clone(), homeless.clone()]),
        Case::new("renamed", &[renamed(Some("x"))]),
        Case::new("sparse", &[Sparse { id: 1, tags: vec!["t".into()] }]),
        Case::new("defaulted", &[Defaulted::default()]),
        Case::new("empty struct", &[Nothing {}]),
        Case::new("unit struct", &[Unit]),
        Case::new("newtype", &[Metres(-0.5)]),
        Case::new("transparent", &[Wrapper { inner: person.clone() }]),
        Case::new("pointers", &[pointers(None), pointers(Some(Some(3)))]),
        Case::new("with", &[WithText { number: 12 }]),
        Case::new("generic", &[Page { items: vec![person.clone()], next: Some(homeless.clone()) }]),
        Case::new("list of structs", &[vec![person, homeless], vec![]]),
        Case::new("option of struct", &[Some(address), None]),
    ]
}
