//! Types that hold themselves: one provider takes their schemas, the other refuses them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Form};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Tree {
    label: String,
    /// Below.
    children: Vec<Self>,
    /// The other one.
    twin: Option<Box<Self>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op")]
enum Expression {
    Number { value: f64 },
    Sum { left: Box<Self>, right: Box<Self> },
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Folder {
    name: String,
    entries: Vec<Listed>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum Listed {
    File(String),
    Folder(Folder),
}

/// Holds itself two steps down, and not at the root.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Disk {
    top: Folder,
}

/// What the refusal of a recursive type tells people to write.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Node {
    label: String,
    /// The place of its parent in the list.
    parent: Option<u32>,
}

pub(super) fn cases() -> Vec<Case> {
    let leaf = Tree { label: "leaf".into(), children: vec![], twin: None };
    let tree = Tree {
        label: "root".into(),
        children: vec![leaf.clone(), leaf.clone()],
        twin: Some(Box::new(leaf.clone())),
    };
    let number = |value| Box::new(Expression::Number { value });
    let sum = Expression::Sum { left: number(1.5), right: number(2.5) };
    let folder = || Folder {
        name: "a".into(),
        entries: vec![
            Listed::File("b".into()),
            Listed::Folder(Folder { name: "c".into(), entries: vec![] }),
        ],
    };
    let nodes = vec![
        Node { label: "root".into(), parent: None },
        Node { label: "leaf".into(), parent: Some(0) },
    ];
    vec![
        Case::new("tree", &[leaf, tree]).refused(Form::Anthropic, "$.children[] "),
        Case::new("expression", &[sum, *number(0.5)]).refused(Form::Anthropic, "$.left "),
        Case::new("folder", &[folder()]).refused(Form::Anthropic, "$.entries[].Folder "),
        Case::new("disk", &[Disk { top: folder() }])
            .refused(Form::Anthropic, "$.top.entries[].Folder "),
        Case::new("nodes", &[Nodes { nodes }]),
    ]
}
