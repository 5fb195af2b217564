//! Members of another type among a struct's own: `#[serde(flatten)]`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Case;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Common {
    id: u32,
    /// What it is about.
    note: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Outer {
    name: String,
    #[serde(flatten)]
    common: Common,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Contact {
    mail: String,
    phone: Option<String>,
    since: u16,
}

/// Has all of a contact or nothing of it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Reachable {
    name: String,
    nick: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(flatten)]
    contact: Option<Contact>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Directory {
    all: Vec<Reachable>,
    #[serde(flatten)]
    by: Option<By>,
    #[serde(flatten)]
    owner: Option<Contact>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum By {
    Card {
        last4: String,
    },
    /// From an account.
    Bank {
        iban: String,
    },
}

/// What was paid.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Payment {
    id: String,
    #[serde(flatten)]
    by: By,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct CashOrNot {
    id: String,
    #[serde(flatten)]
    by: Option<By>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
enum External {
    Named(String),
    Sized { width: u32, height: u32 },
    Nothing,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WithExternal {
    id: u32,
    #[serde(flatten)]
    shape: External,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
enum Mode {
    Fast,
    Slow,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WithUnits {
    id: u32,
    #[serde(flatten)]
    mode: Mode,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(u32),
    Common(Common),
    Nothing,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WithAdjacent {
    name: String,
    #[serde(flatten)]
    inner: Adjacent,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Common(Common),
    Mail { mail: String },
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WithUntagged {
    name: String,
    #[serde(flatten)]
    inner: Untagged,
}

/// Two choices at once.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Twice {
    id: u32,
    #[serde(flatten)]
    by: By,
    #[serde(flatten)]
    shape: External,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Thrice {
    #[serde(flatten)]
    by: Option<By>,
    #[serde(flatten)]
    inner: Adjacent,
    #[serde(flatten)]
    mode: Mode,
}

/// A choice in a choice.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event")]
enum Event {
    Paid(Payment),
    Chosen(By),
    Failed { reason: String },
    Common(Common),
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Alone {
    #[serde(flatten)]
    by: By,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Ledger {
    payments: Vec<Payment>,
    /// The newest.
    last: Payment,
    refund: Option<CashOrNot>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Rest {
    id: u32,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct RestBesideChoice {
    #[serde(flatten)]
    by: By,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

/// Both have an `id`.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Clash {
    id: String,
    #[serde(flatten)]
    inner: Untagged,
}

pub(super) fn cases() -> Vec<Case> {
    let common = Common { id: 7, note: None };
    let noted = Common { note: Some("n".into()), ..common.clone() };
    let by = [By::Card { last4: "1234".into() }, By::Bank { iban: "DE00".into() }];
    let payments = by.clone().map(|by| Payment { id: "a".into(), by });
    let optional = |by| CashOrNot { id: "a".into(), by };
    let external =
        [External::Named("n".into()), External::Sized { width: 1, height: 2 }, External::Nothing];
    let adjacent = [Adjacent::Number(1), Adjacent::Common(noted.clone()), Adjacent::Nothing];
    let untagged = [Untagged::Common(common.clone()), Untagged::Mail { mail: "a@b".into() }];
    let twice: Vec<Twice> = (0..6)
        .map(|at| Twice { id: 1, by: by[at % 2].clone(), shape: external[at % 3].clone() })
        .collect();
    let thrice: Vec<Thrice> = (0..18)
        .map(|at| Thrice {
            by: by.get(at % 3).cloned(),
            inner: adjacent[at / 3 % 3].clone(),
            mode: [Mode::Fast, Mode::Slow][at / 9].clone(),
        })
        .collect();
    let events = [
        Event::Paid(payments[0].clone()),
        Event::Chosen(by[1].clone()),
        Event::Failed { reason: "r".into() },
        Event::Common(noted.clone()),
    ];
    let ledger = |refund| Ledger { payments: payments.to_vec(), last: payments[1].clone(), refund };
    let contact = Contact { mail: "a@b".into(), phone: None, since: 2020 };
    let reachable =
        |contact| Reachable { name: "n".into(), nick: None, tags: vec!["t".into()], contact };
    let directory = |at: usize| Directory {
        all: vec![reachable(None), reachable(Some(contact.clone()))],
        by: by.get(at).cloned(),
        owner: [None, Some(contact.clone())][at % 2].clone(),
    };
    vec![
        Case::new("optional struct", &[None, Some(contact.clone())].map(reachable)),
        Case::new("directory", &[directory(0), directory(1), directory(2), directory(3)]),
        Case::new(
            "flattened struct",
            &[common, noted].map(|common| Outer { name: "n".into(), common }),
        ),
        Case::new("payment", &payments),
        Case::new("optional choice", &[None, Some(by[0].clone())].map(optional)),
        Case::new("external choice", &external.map(|shape| WithExternal { id: 1, shape })),
        Case::new(
            "choice of units",
            &[Mode::Fast, Mode::Slow].map(|mode| WithUnits { id: 1, mode }),
        ),
        Case::new(
            "adjacent choice",
            &adjacent.map(|inner| WithAdjacent { name: "n".into(), inner }),
        ),
        Case::new(
            "untagged choice",
            &untagged.map(|inner| WithUntagged { name: "n".into(), inner }),
        ),
        Case::new("two choices", &twice),
        Case::new("three choices", &thrice),
        Case::new("choice in a choice", &events),
        Case::new("choice alone", &by.clone().map(|by| Alone { by })),
        Case::new("ledger", &[ledger(None), ledger(Some(optional(None)))]),
        Case::new("list of payments", &[payments.to_vec(), vec![]]),
        Case::new("rest", &[Rest { id: 1, rest: HashMap::new() }]).refused_everywhere("$ is a map"),
        Case::new(
            "rest beside a choice",
            &[RestBesideChoice { by: by[0].clone(), rest: HashMap::new() }],
        )
        .refused_everywhere("$ is a map"),
        Case::new("clash", &[Clash { id: "1".into(), inner: untagged_mail() }])
            .refused_everywhere("$ has two members named `id`"),
    ]
}

fn untagged_mail() -> Untagged {
    Untagged::Mail { mail: "m".into() }
}
