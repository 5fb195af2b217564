//! The members of an object, found in one walk.

use super::{JsonError, JsonErrorKind, JsonStr, JsonValue, Reader, Token};

/// So many members are kept; objects with more are walked anew for each question.
const KEPT_MAX: usize = 16;

/// An object whose members are asked for more than once.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    value: JsonValue<'a>,
    members: [Option<(JsonStr<'a>, JsonValue<'a>)>; KEPT_MAX],
    /// It has no others.
    is_whole: bool,
}

impl<'a> Object<'a> {
    /// Checks a whole text, as [`JsonValue::parse`]; `None` for a value that is no object.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Option<Self>, JsonError> {
        let mut reader = Reader::new(text);
        let mut is_whole = true;
        let mut members = [None; KEPT_MAX];
        let mut free = members.iter_mut();
        if reader.next()? != Some(Token::ObjectStart) {
            return JsonValue::parse(text).map(|_| None);
        }
        let start = reader.token_offset();
        while let Some(Token::Name(name)) = reader.next()? {
            let member = (name, reader.value()?);
            match free.next() {
                Some(place) => *place = Some(member),
                None => is_whole = false,
            }
        }
        let end = reader.offset();
        if reader.next()?.is_some() {
            return Err(JsonErrorKind::UnexpectedByte.at(reader.token_offset()));
        }
        // The reader has checked it all.
        let text = core::str::from_utf8(text.get(start..end).unwrap_or_default());
        let value = JsonValue::of_checked(text.unwrap_or_default());
        Ok(Some(Self { value, members, is_whole }))
    }

    /// The members of a checked value: none if it is no object.
    pub(crate) fn of(value: JsonValue<'a>) -> Self {
        let mut all = value.members();
        let mut members = [None; KEPT_MAX];
        for (place, member) in members.iter_mut().zip(&mut all) {
            *place = Some(member);
        }
        Self { value, members, is_whole: all.next().is_none() }
    }

    /// As [`JsonValue::get`].
    pub(crate) fn get(&self, name: &str) -> Option<JsonValue<'a>> {
        if !self.is_whole {
            return self.value.get(name);
        }
        let mut known = self.members.iter().rev().flatten();
        known.find(|(found, _)| found.eq_str(name)).map(|(_, value)| *value)
    }

    /// As [`JsonValue::members`].
    pub(crate) fn members(&self) -> impl Iterator<Item = (JsonStr<'a>, JsonValue<'a>)> {
        let rest = if self.is_whole { None } else { Some(self.value.members().skip(KEPT_MAX)) };
        self.members.into_iter().flatten().chain(rest.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use std::{format, string::String, vec::Vec};

    use super::*;

    /// It answers as the value does, however many members there are and whichever repeat.
    #[test]
    fn as_the_value() {
        for count in [0, 1, 15, 16, 17, 40] {
            let members: Vec<_> = (0..count).map(|n| format!("\"m{}\":{n}", n % 20)).collect();
            let text = format!(" {{{}}} ", members.join(","));
            let value = JsonValue::parse(text.as_bytes()).unwrap();
            let parsed = Object::parse(text.as_bytes()).unwrap().unwrap();
            for object in [parsed, Object::of(value)] {
                let all = |members: &mut dyn Iterator<Item = (JsonStr<'_>, JsonValue<'_>)>| {
                    let members =
                        members.map(|(name, value)| format!("{} {}", name.raw(), value.text()));
                    members.collect::<Vec<String>>()
                };
                assert_eq!(all(&mut object.members()), all(&mut value.members()));
                for n in 0..count + 1 {
                    let name = format!("m{n}");
                    let known = |value: Option<JsonValue<'_>>| {
                        value.map(|value| String::from(value.text()))
                    };
                    assert_eq!(known(object.get(&name)), known(value.get(&name)));
                }
            }
        }
    }

    /// What is no object is none, and a fault has the place that the value's parser gives it.
    #[test]
    fn faults() {
        assert!(Object::parse(b"[1]").unwrap().is_none());
        for text in ["{\"a\":1", "{\"a\" 1}", "{} x", "", "{\"a\":tru}", "{,}", "{\"a\":1,}"] {
            let expected = JsonValue::parse(text.as_bytes()).err();
            assert_eq!(Object::parse(text.as_bytes()).err(), expected, "{text}");
        }
        let cut = b"{\"a\":\"\xff\"}";
        assert_eq!(Object::parse(cut).err(), JsonValue::parse(cut).err());
    }
}
