//! All single changes of one request, and what each must do to the key.

use std::{collections::BTreeSet, ops::Range};

use super::{
    page::{self, Page},
    tree::{Kind, Node, Tree},
};

/// A piece of the text that is replaced.
pub(super) struct Change {
    pub(super) what: What,
    pub(super) span: Range<usize>,
    pub(super) text: String,
    /// What is changed is on the list: the key has to stay.
    pub(super) listed: bool,
}

/// The kinds of changes, in the order in which they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A string, number, bool, null or empty container becomes another one.
    Leaf,
    /// A member or an element is gone.
    Removed,
    /// A member that was not null is null.
    Nulled,
    /// An object has one member more, of a name that nobody knows.
    Unknown,
    /// An object has one member more, of a name that is on the list for some place.
    Marker,
    /// A string ends with the text of a mark.
    MarkerText,
}

impl What {
    pub(super) const ALL: [Self; 6] =
        [Self::Leaf, Self::Removed, Self::Nulled, Self::Unknown, Self::Marker, Self::MarkerText];
}

/// A member name that no provider has.
const UNKNOWN: &str = "llm_cache_unknown";

/// The changes of one value, `names` put into objects among them: no two give the same body.
pub(super) fn changes(
    tree: &Tree<'_>,
    index: usize,
    page: &Page,
    names: &BTreeSet<String>,
) -> Vec<Change> {
    let node = &tree.nodes[index];
    let (span, listed) = (node.span.clone(), node.listed);
    let mut changes = Vec::new();
    let mut push = |what, span, text, listed| changes.push(Change { what, span, text, listed });
    if let Some(text) = other_leaf(tree, node, index) {
        push(What::Leaf, span.clone(), text, listed);
    }
    if let Some(removal) = tree.removal(node) {
        push(What::Removed, removal, String::new(), listed);
    }
    if node.from < span.start && node.kind != Kind::Null {
        push(What::Nulled, span.clone(), "null".into(), listed);
    }
    match node.kind {
        Kind::Object => {
            let (span, text) = addition(node, UNKNOWN, "null");
            push(What::Unknown, span, text, listed);
            for name in names.iter().filter(|name| !tree.has(node, name)) {
                let (span, text) = addition(node, name, value_of(name));
                let mut path = node.path.clone();
                path.push(page::Step::Member(name.clone()));
                push(What::Marker, span, text, listed || page.lists(&path));
            }
        }
        Kind::String => {
            let text = r#","cache_control":{"type":"ephemeral"}"#.replace('"', "\\\"");
            push(What::MarkerText, span.end - 1..span.end - 1, text, listed);
        }
        _ => {}
    }
    changes
}

/// A value that the provider takes for a listed member.
pub(super) fn value_of(name: &str) -> &'static str {
    match name {
        "cache_control" => r#"{"type":"ephemeral","ttl":"1h"}"#,
        "prompt_cache_breakpoint" => r#"{"mode":"explicit"}"#,
        "prompt_cache_options" => r#"{"mode":"implicit","ttl":"30m"}"#,
        "prompt_cache_retention" => r#""24h""#,
        "stream" => "true",
        "stream_options" => r#"{"include_usage":true}"#,
        _ => r#""name-17""#,
    }
}

/// How a member is put in before the others of an object.
pub(super) fn addition(object: &Node, name: &str, value: &str) -> (Range<usize>, String) {
    let comma = if object.children.is_empty() { "" } else { "," };
    let at = object.span.start + 1;
    (at..at, format!("\"{name}\":{value}{comma}"))
}

/// Another value in place of a leaf: of the same type, or of another one with the same text. The
/// kinds of change take turns by `turn`.
fn other_leaf(tree: &Tree<'_>, node: &Node, turn: usize) -> Option<String> {
    let text = tree.text_of(node);
    Some(match node.kind {
        Kind::Object | Kind::Array if !node.children.is_empty() => return None,
        Kind::Object => pick(turn, &["[]", "\"\"", "\"{}\""]),
        Kind::Array => pick(turn, &["{}", "[null]", "[[]]", "\"\""]),
        Kind::Null => pick(turn, &["false", "0", "\"\"", "{}", "[]", "\"null\""]),
        Kind::Bool if text == "true" => pick(turn, &["false", "1", "\"true\""]),
        Kind::Bool => pick(turn, &["true", "0", "\"false\""]),
        Kind::Number => match turn % 3 {
            0 => format!("\"{text}\""),
            1 if text != "0" && !text.starts_with('-') => format!("-{text}"),
            // One more digit in front.
            _ => match text.strip_prefix('-') {
                Some(digits) => format!("-1{digits}"),
                None => format!("1{text}"),
            },
        },
        Kind::String => other_string(text, turn),
    })
}

fn other_string(text: &str, turn: usize) -> String {
    let inside = &text[1..text.len() - 1];
    let middle = (0..=inside.len() / 2).rev().find(|&at| is_border(inside, at)).unwrap_or(0);
    let (before, behind) = inside.split_at(middle);
    match turn % 6 {
        0 => format!("\"{inside} \""),
        1 => format!("\"\\u0000{inside}\""),
        2 => format!("\"{before}x{behind}\""),
        3 => format!("[{text}]"),
        4 => format!("\"{before}\\ud83d\\ude00{behind}\""),
        // Its last character is gone.
        _ => match (0..inside.len()).rev().find(|&at| is_border(inside, at)) {
            Some(last) => format!("\"{}\"", &inside[..last]),
            None => "\"\\n\"".into(),
        },
    }
}

/// Whether the inside of a string may be cut here: between characters, and in no escape.
fn is_border(inside: &str, at: usize) -> bool {
    let alone = |piece: &str| serde_json::from_str::<String>(&format!("\"{piece}\"")).is_ok();
    inside.is_char_boundary(at) && alone(&inside[..at]) && alone(&inside[at..])
}

fn pick(turn: usize, texts: &[&str]) -> String {
    texts[turn % texts.len()].into()
}
