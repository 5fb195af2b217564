//! The grammar: which token may come next, and how deep.

use super::{DEPTH_MAX, JsonErrorKind, lex, lex::Spelling, source::Source};

/// One token by its place in the text.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    /// Offset of its first byte.
    pub(crate) start: usize,
    /// Offset behind its last byte; for a name that is its quote, not the colon.
    pub(crate) end: usize,
    /// Whether there is white space between it and the token before (or the text's start), or
    /// between a name and its value.
    pub(crate) is_spaced: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Name(Spelling),
    String(Spelling),
    Number,
    True,
    False,
    Null,
}

/// A strict pull scanner of one JSON text (RFC 8259), wherever its bytes come from.
///
/// It keeps no text, so each call is given the same one. It checks no UTF-8.
#[derive(Clone)]
pub(crate) struct Scanner {
    at: usize,
    expect: Expect,
    open: OpenContainers,
}

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    FirstElement,
    FirstName,
    Name,
    /// A comma, the end of the container, or the end of the text.
    AfterValue,
}

impl Scanner {
    /// A scanner at the start of a text.
    pub(crate) const NEW: Self = Self::starting(0);

    /// A scanner of the value that starts at `at`.
    pub(crate) const fn starting(at: usize) -> Self {
        Self { at, expect: Expect::Value, open: OpenContainers::NONE }
    }

    /// The offset behind the last token (and behind a name's colon).
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// How many containers are open.
    pub(crate) const fn depth(&self) -> usize {
        self.open.depth
    }

    /// Whether the innermost open container is an object.
    pub(crate) fn is_in_object(&self) -> bool {
        self.open.innermost == Some(Container::Object)
    }

    /// The next token; `None` once the value and all white space behind it are read.
    #[inline]
    pub(crate) fn next<T: Source>(&mut self, text: &mut T) -> Result<Option<Step>, T::Error> {
        let from = self.at;
        let mut at = lex::skip_white_space(text, from)?;
        let mut is_spaced = at > from;
        if self.expect == Expect::AfterValue {
            match (self.open.innermost, text.byte(at)?) {
                (None, None) => return Ok(None),
                (Some(container), Some(b',')) => {
                    let behind = at + 1;
                    at = lex::skip_white_space(text, behind)?;
                    is_spaced |= at > behind;
                    self.expect = match container {
                        Container::Object => Expect::Name,
                        Container::Array => Expect::Value,
                    };
                }
                (Some(Container::Object), Some(b'}')) | (Some(Container::Array), Some(b']')) => {
                    return Ok(Some(self.close(at, is_spaced)));
                }
                _ => return Err(lex::unexpected(text, at)),
            }
        }
        match (self.expect, text.byte(at)?) {
            (Expect::FirstName, Some(b'}')) | (Expect::FirstElement, Some(b']')) => {
                Ok(Some(self.close(at, is_spaced)))
            }
            (Expect::FirstName | Expect::Name, _) => self.name(text, at, is_spaced).map(Some),
            _ => self.value(text, at, is_spaced).map(Some),
        }
    }

    #[inline]
    fn name<T: Source>(
        &mut self,
        text: &mut T,
        start: usize,
        is_spaced: bool,
    ) -> Result<Step, T::Error> {
        let (spelling, end) = lex::string(text, start)?;
        let colon = lex::skip_white_space(text, end)?;
        if text.byte(colon)? != Some(b':') {
            return Err(lex::unexpected(text, colon));
        }
        self.at = lex::skip_white_space(text, colon + 1)?;
        self.expect = Expect::Value;
        let is_spaced = is_spaced || self.at > end + 1;
        Ok(Step { kind: Kind::Name(spelling), start, end, is_spaced })
    }

    #[inline]
    fn value<T: Source>(
        &mut self,
        text: &mut T,
        start: usize,
        is_spaced: bool,
    ) -> Result<Step, T::Error> {
        self.expect = Expect::AfterValue;
        let (kind, end) = match text.byte(start)? {
            Some(b'"') => {
                lex::string(text, start).map(|(spelling, end)| (Kind::String(spelling), end))?
            }
            Some(b'{') => {
                self.open(Container::Object, start)?;
                (Kind::ObjectStart, start + 1)
            }
            Some(b'[') => {
                self.open(Container::Array, start)?;
                (Kind::ArrayStart, start + 1)
            }
            Some(b't') => (Kind::True, lex::word(text, start, "true")?),
            Some(b'f') => (Kind::False, lex::word(text, start, "false")?),
            Some(b'n') => (Kind::Null, lex::word(text, start, "null")?),
            Some(b'-' | b'0'..=b'9') => (Kind::Number, lex::number(text, start)?),
            _ => return Err(lex::unexpected(text, start)),
        };
        self.at = end;
        Ok(Step { kind, start, end, is_spaced })
    }

    fn open(&mut self, container: Container, at: usize) -> Result<(), super::JsonError> {
        if !self.open.push(container) {
            return Err(JsonErrorKind::TooDeep.at(at));
        }
        self.expect = match container {
            Container::Object => Expect::FirstName,
            Container::Array => Expect::FirstElement,
        };
        Ok(())
    }

    #[inline]
    fn close(&mut self, start: usize, is_spaced: bool) -> Step {
        let end = start + 1;
        self.at = end;
        self.expect = Expect::AfterValue;
        let kind = match self.open.pop() {
            Some(Container::Object) => Kind::ObjectEnd,
            _ => Kind::ArrayEnd,
        };
        Step { kind, start, end, is_spaced }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Object,
    Array,
}

/// The kinds of the open containers, a bit each.
#[derive(Clone)]
pub(super) struct OpenContainers {
    depth: usize,
    /// The innermost one, which every token asks for.
    innermost: Option<Container>,
    objects: [u32; DEPTH_MAX / 32],
}

impl OpenContainers {
    pub(super) const NONE: Self = Self { depth: 0, innermost: None, objects: [0; DEPTH_MAX / 32] };

    pub(super) const fn innermost(&self) -> Option<Container> {
        self.innermost
    }

    pub(super) fn push(&mut self, container: Container) -> bool {
        let Some(word) = self.objects.get_mut(self.depth / 32) else { return false };
        let bit = 1 << (self.depth % 32);
        match container {
            Container::Object => *word |= bit,
            Container::Array => *word &= !bit,
        }
        self.depth += 1;
        self.innermost = Some(container);
        true
    }

    pub(super) fn pop(&mut self) -> Option<Container> {
        let container = self.innermost?;
        self.depth -= 1;
        self.innermost = self.depth.checked_sub(1).map(|last| {
            let is_object = self.objects[last / 32] >> (last % 32) & 1 == 1;
            if is_object { Container::Object } else { Container::Array }
        });
        Some(container)
    }
}
