//! A JSON text as the places of its values, so that one value is changed without the others.

use std::ops::Range;

use super::page::{Page, Path, Step};

/// The values of one text, each before those inside it.
pub(super) struct Tree<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node>,
}

/// One value.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Where its member's name begins, or it itself if it is no member.
    pub(super) from: usize,
    pub(super) parent: Option<usize>,
    /// The values directly inside, in order.
    pub(super) children: Vec<usize>,
    pub(super) path: Path,
    /// It is what the list names, or inside of that.
    pub(super) listed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

impl<'t> Tree<'t> {
    /// Reads a text that serde_json has written, and marks what `page` lists.
    pub(super) fn read(text: &'t str, page: &Page) -> Self {
        let mut tree = Self { text, nodes: Vec::new() };
        let end = tree.value(0, 0, None, Path::new(), page);
        assert_eq!(end, text.len(), "trailing bytes");
        tree
    }

    /// The text of a value.
    pub(super) fn text_of(&self, node: &Node) -> &'t str {
        &self.text[node.span.clone()]
    }

    /// The unescaped name of a member.
    pub(super) fn name_of(&self, node: &Node) -> Option<String> {
        match node.path.last() {
            Some(Step::Member(name)) => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether an object has a member of this name.
    pub(super) fn has(&self, object: &Node, name: &str) -> bool {
        let named = |step: &Step| matches!(step, Step::Member(it) if it == name);
        object.children.iter().any(|&child| self.nodes[child].path.last().is_some_and(named))
    }

    /// What has to go, with one comma, so that a member or element is gone.
    pub(super) fn removal(&self, node: &Node) -> Option<Range<usize>> {
        let end = node.span.end;
        let siblings = &self.nodes[node.parent?].children;
        let at = siblings.iter().position(|&it| self.nodes[it].span == node.span)?;
        Some(match (siblings.get(at + 1), at.checked_sub(1)) {
            (Some(&next), _) => node.from..self.nodes[next].from,
            (None, Some(before)) => self.nodes[siblings[before]].span.end..end,
            (None, None) => node.from..end,
        })
    }

    fn value(
        &mut self,
        from: usize,
        start: usize,
        parent: Option<usize>,
        path: Path,
        page: &Page,
    ) -> usize {
        let kind = match self.text.as_bytes()[start] {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        };
        let index = self.nodes.len();
        let listed = page.lists(&path) || parent.is_some_and(|at| self.nodes[at].listed);
        if let Some(parent) = parent {
            self.nodes[parent].children.push(index);
        }
        let (span, children) = (start..start, Vec::new());
        self.nodes.push(Node { kind, span, from, parent, children, path, listed });
        let end = match kind {
            Kind::Object | Kind::Array => self.inside(index, start + 1, page),
            Kind::String => string_end(self.text, start),
            _ => {
                let rest = &self.text[start..];
                start + rest.find([',', ']', '}']).unwrap_or(rest.len())
            }
        };
        self.nodes[index].span.end = end;
        end
    }

    /// Reads what is in a container, up to behind its closing bracket.
    fn inside(&mut self, index: usize, mut at: usize, page: &Page) -> usize {
        let is_object = self.nodes[index].kind == Kind::Object;
        while !matches!(self.text.as_bytes()[at], b'}' | b']') {
            let mut path = self.nodes[index].path.clone();
            let mut start = at;
            if is_object {
                let end = string_end(self.text, at);
                path.push(Step::Member(serde_json::from_str(&self.text[at..end]).expect("a name")));
                start = end + 1;
            } else {
                path.push(Step::Element);
            }
            at = self.value(at, start, Some(index), path, page);
            if self.text.as_bytes()[at] == b',' {
                at += 1;
            }
        }
        at + 1
    }
}

/// Behind the closing quote of the string that begins at `start`.
fn string_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}
