//! A JSON text inside a JSON string, as tool arguments come: checked where it lies, without a copy.

use super::{
    JsonChars, JsonError, JsonKind, JsonStr,
    scanner::{Kind, Scanner},
    source::{Source, Text},
};

/// How many decoded bytes are at hand at once.
const WINDOW_LEN: usize = 64;
/// How many of them stay when more are decoded: the scanner looks back within one token, by no
/// more than a surrogate pair's two escapes.
const KEPT_LEN: usize = 16;

impl JsonStr<'_> {
    /// What the decoded text is as JSON: the kind of its one value, or `None` if it is no JSON
    /// text. O(length), strict, no heap.
    #[must_use]
    pub fn json_kind(&self) -> Option<JsonKind> {
        match self.as_str() {
            Some(plain) => kind_of(&mut Text(plain)),
            None => kind_of(&mut Decoded::new(self.chars())),
        }
    }
}

fn kind_of<T: Source>(text: &mut T) -> Option<JsonKind> {
    let mut scanner = Scanner::NEW;
    let first = scanner.next(text).ok()??.kind;
    while scanner.next(text).ok()?.is_some() {}
    Some(match first {
        Kind::ObjectStart => JsonKind::Object,
        Kind::ArrayStart => JsonKind::Array,
        Kind::String(_) => JsonKind::String,
        Kind::Number => JsonKind::Number,
        Kind::True | Kind::False => JsonKind::Bool,
        Kind::Null => JsonKind::Null,
        Kind::Name(_) | Kind::ObjectEnd | Kind::ArrayEnd => return None,
    })
}

/// The text that a string decodes to, a window at a time.
struct Decoded<'a> {
    unread: JsonChars<'a>,
    window: [u8; WINDOW_LEN],
    len: usize,
    /// The offset of the window in the decoded text.
    start: usize,
}

impl<'a> Decoded<'a> {
    const fn new(chars: JsonChars<'a>) -> Self {
        Self { unread: chars, window: [0; WINDOW_LEN], len: 0, start: 0 }
    }

    /// Decodes more; what is read already stays in part.
    fn advance(&mut self) {
        let dropped = self.len.saturating_sub(KEPT_LEN);
        self.window.copy_within(dropped..self.len, 0);
        self.start += dropped;
        self.len -= dropped;
        while let Some(room) = self.window.get_mut(self.len..)
            && room.len() >= char::MAX.len_utf8()
            && let Some(character) = self.unread.next()
        {
            self.len += character.encode_utf8(room).len();
        }
    }
}

impl Source for Decoded<'_> {
    type Error = JsonError;

    fn window(&mut self, at: usize) -> Result<&[u8], JsonError> {
        if at >= self.start + self.len {
            self.advance();
        }
        let from = at.saturating_sub(self.start);
        Ok(self.window.get(from..self.len).unwrap_or_default())
    }

    fn len(&mut self) -> Result<usize, JsonError> {
        let rest: usize = self.unread.clone().map(char::len_utf8).sum();
        Ok(self.start + self.len + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::JsonValue;
    use proptest::prelude::*;
    use std::{format, string::String};

    /// At most so many pieces of a text, and letters of a name: enough for a few windows in the
    /// interpreter, which takes minutes for more.
    const PIECES_MAX: usize = if cfg!(miri) { 20 } else { 60 };
    const INNER: &str =
        if cfg!(miri) { "[a-z\u{e9}\u{10000}]{0,40}" } else { "[a-z\u{e9}\u{10000}]{0,150}" };

    /// The kind of `text` as it is found inside a string, spelled in three ways.
    fn kinds(text: &str) -> [Option<JsonKind>; 3] {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        let all_escaped = format!("\"{}\"", units.collect::<String>());
        let shortest = serde_json::to_string(text).expect("a string");
        [shortest.clone(), all_escaped, shortest.replace('/', "\\/")].map(|spelled| {
            let value = JsonValue::parse(spelled.as_bytes()).expect("a JSON string");
            value.as_str().expect("a string").json_kind()
        })
    }

    /// What the text is when it is read as a text of its own.
    fn expected(text: &str) -> Option<JsonKind> {
        JsonValue::parse(text.as_bytes()).ok().map(|value| value.kind())
    }

    /// Every kind is told, and what is cut or has something behind it is no JSON.
    #[test]
    fn texts_of_every_kind() {
        let long = format!(
            r#"{{"a":"{}\ud83d\ude00","b":[1.5e-3,null,true]}}"#,
            "x/".repeat(if cfg!(miri) { 33 } else { 99 })
        );
        for text in ["{}", " [1] ", "\"a\\u00e9\"", "-1e5", "true", "null", &long] {
            assert!(expected(text).is_some(), "{text}");
            assert_eq!(kinds(text), [expected(text); 3], "{text}");
        }
        for text in ["", " ", "{", "{\"a\":", "{} x", "{}{}", "nul", "{'a':1}", "\u{feff}{}", "NaN"]
        {
            assert_eq!(kinds(text), [None; 3], "{text}");
        }
    }

    proptest! {
        /// A text inside a string is what it is by itself, wherever a window of it ends.
        #[test]
        fn the_same_inside_and_outside(
            pieces in proptest::collection::vec(
                proptest::sample::select(std::vec![
                    "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\u00e9", "\\ud83d\\ude00",
                    "\u{e9}\u{1f600}", "12.5e+7", "null", " ", "\"key\":", "xxxxxxxxxxxxx", "\\",
                ]),
                0..PIECES_MAX,
            ),
            inner in INNER,
        ) {
            let text: String = pieces.concat();
            prop_assert_eq!(kinds(&text), [expected(&text); 3]);
            let object = format!("{{\"{inner}\":[\"{inner}\\ud83d\\ude00\\\"\",{}]}}", text.len());
            prop_assert_eq!(kinds(&object), [Some(JsonKind::Object); 3]);
        }
    }
}
