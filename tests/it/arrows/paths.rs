//! The modules that a source file declares and the paths that it names, read from its tokens.

/// A source file as words, `::` and single signs; without comments, strings, and modules of tests
/// that stand in the file.
pub(super) struct Tokens(Vec<String>);

/// A module in a file of its own.
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) is_test: bool,
}

impl Tokens {
    pub(super) fn of(text: &str) -> Self {
        let mut tokens = Self(split(text));
        while let Some((start, end)) = tokens.inline_tests() {
            tokens.0.drain(start..end);
        }
        tokens
    }

    /// The modules that have files of their own.
    pub(super) fn modules(&self) -> Vec<Declared> {
        let declared =
            self.0.windows(3).enumerate().filter(|(_, it)| it[0] == "mod" && it[2] == ";");
        declared
            .map(|(at, it)| Declared { name: it[1].clone(), is_test: self.is_test(at) })
            .collect()
    }

    /// All paths that begin with `crate`, `super` or `self`, from the crate's root on; `module` is
    /// the file's own.
    pub(super) fn paths(&self, module: &[String]) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for at in 0..self.0.len() {
            let is_first = at == 0 || self.0[at - 1] != "::";
            let is_relative = matches!(&*self.0[at], "crate" | "super" | "self");
            if is_first && is_relative && self.is("::", at + 1) {
                self.tree(at, &[], &mut paths);
            }
        }
        paths.into_iter().map(|path| from_root(path, module)).collect()
    }

    /// All paths behind `use`, as they are written.
    pub(super) fn uses(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for at in (0..self.0.len()).filter(|&at| self.0[at] == "use") {
            self.tree(at + 1, &[], &mut paths);
        }
        paths
    }

    fn is(&self, token: &str, at: usize) -> bool {
        self.0.get(at).is_some_and(|it| it == token)
    }

    /// Reads a path, or several in braces, that begins at `at`; gives where it ends.
    fn tree(&self, mut at: usize, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
        let mut path = before.to_vec();
        loop {
            if self.is("{", at) {
                at += 1;
                while at < self.0.len() && !self.is("}", at) {
                    let end = self.tree(at, &path, paths);
                    at = if end == at || self.is(",", end) { end + 1 } else { end };
                }
                return at + 1;
            }
            let Some(name) = self.0.get(at).filter(|name| is_word(name) || *name == "*") else {
                return at;
            };
            path.push(name.clone());
            at += 1;
            if !self.is("::", at) {
                paths.push(path);
                return if self.is("as", at) { at + 2 } else { at };
            }
            at += 1;
        }
    }

    /// Whether the attributes in front of the item at `at` say that it is for tests.
    fn is_test(&self, at: usize) -> bool {
        let before = &self.0[..at];
        let item = before.iter().rposition(|it| matches!(&**it, ";" | "}" | "{"));
        let front = &before[item.map_or(0, |item| item + 1)..];
        front.windows(3).any(|it| it[0] == "cfg" && (it[2] == "test" || it[2] == "all"))
            && front.iter().any(|it| it == "test" || it == "doctest")
    }

    /// Where a module of tests stands in the file: from its `mod` to behind its last brace.
    fn inline_tests(&self) -> Option<(usize, usize)> {
        let mut starts =
            (0..self.0.len()).filter(|&at| self.0[at] == "mod" && self.is("{", at + 2));
        let start = starts.find(|&at| self.is_test(at))?;
        let mut depth = 0;
        for (at, token) in self.0.iter().enumerate().skip(start) {
            depth += i32::from(token == "{") - i32::from(token == "}");
            if depth == 0 && token == "}" {
                return Some((start, at + 1));
            }
        }
        None
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

/// A path as seen from the crate's root.
fn from_root(path: Vec<String>, module: &[String]) -> Vec<String> {
    let mut base = if path[0] == "crate" { Vec::new() } else { module.to_vec() };
    let mut rest = path.into_iter().peekable();
    while let Some(name) = rest.next_if(|name| matches!(&**name, "crate" | "self" | "super")) {
        if name == "super" {
            base.pop();
        }
    }
    base.extend(rest);
    base
}

fn split(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            raw.find("\"#").map_or(rest.len(), |end| end + 5)
        } else if rest.starts_with('"') {
            string_len(rest)
        } else if rest.starts_with('\'') {
            char_len(rest)
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            let word = rest.find(|it: char| !it.is_alphanumeric() && it != '_');
            let len = word.unwrap_or(rest.len()).max(1);
            if !rest.starts_with(char::is_whitespace) {
                tokens.push(rest[..len].to_owned());
            }
            len
        };
        at += len;
    }
    tokens
}

fn string_len(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, it) in rest.char_indices().skip(1) {
        if it == '"' && !is_escaped {
            return at + 1;
        }
        is_escaped = it == '\\' && !is_escaped;
    }
    rest.len()
}

/// The length of a character's literal; 1 for the sign of a lifetime.
fn char_len(rest: &str) -> usize {
    if rest.starts_with("'\\") {
        return rest[3..].find('\'').map_or(1, |end| end + 4);
    }
    let mut chars = rest.char_indices().skip(2);
    chars.next().filter(|&(_, it)| it == '\'').map_or(1, |(at, _)| at + 1)
}

/// Nested paths, comments, strings, characters, tests and lifetimes are read for what they are.
#[test]
fn a_file_is_read() {
    let text = r#"
        // use crate::comment;
        mod below;
        #[cfg(test)]
        mod tests;
        use crate::{a::{self, B as C}, d};
        pub(super) fn f<'a>(it: &'a super::super::E) -> &'static str {
            let (_quote, _brace) = ('"', '\u{7b}');
            "crate::string \" crate::string"
        }
        #[cfg(test)]
        mod inline {
            use crate::inline;
        }
    "#;
    let tokens = Tokens::of(text);
    let modules: Vec<_> = tokens.modules().into_iter().map(|it| (it.name, it.is_test)).collect();
    assert_eq!(modules, [("below".to_owned(), false), ("tests".to_owned(), true)]);
    let module = ["x", "y", "z"].map(str::to_owned);
    let paths: Vec<_> = tokens.paths(&module).iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["a::self", "a::B", "d", "x::E"]);
}
