//! What every dialect needs to take the members of a body apart.

use super::super::cache_control::{CacheControl, Ttl};
use super::super::raw::RawJson;
use super::super::request::Request;
use super::super::violation::{Place, Rule};
use super::Fault;
use super::memory::{DecodeMemory, take};
use crate::canonical;
use crate::json::{JsonKind, JsonStr, JsonValue};

/// A request under way, and the memory that is left.
pub(super) struct Decoder<'a> {
    pub(super) request: Request<'a>,
    pub(super) memory: DecodeMemory<'a>,
    /// Whether the two members that every body needs have come.
    has_model: bool,
    pub(super) has_messages: bool,
    extra_len: usize,
}

impl<'a> Decoder<'a> {
    pub(super) const fn new(memory: DecodeMemory<'a>) -> Self {
        let mut request = Request::new("", 0, &[]);
        request.max_tokens = None;
        let (has_model, has_messages, extra_len) = (false, false, 0);
        Self { request, memory, has_model, has_messages, extra_len }
    }

    /// Sets the model's name.
    pub(super) fn model(&mut self, value: JsonValue<'a>) -> Result<bool, Fault> {
        if let Some(model) = self.string(value)? {
            self.request.model = model;
            self.has_model = true;
        }
        Ok(self.has_model)
    }

    /// Keeps a member that has no typed place.
    pub(super) fn extra(&mut self, name: &JsonStr<'a>, json: RawJson<'a>) -> Result<(), Fault> {
        let name = self.characters(name)?;
        let (taken, free) = self.memory.extra.split_at_mut(self.extra_len);
        if taken.iter().any(|(earlier, _)| *earlier == name) {
            return Err(Fault::Rejected(Place::Body, Rule::DuplicateMember));
        }
        *free.first_mut().ok_or(Fault::MemoryTooSmall)? = (name, json);
        self.extra_len += 1;
        Ok(())
    }

    /// A string of the body without its escapes; `None` for any other value.
    pub(super) fn string(&mut self, value: JsonValue<'a>) -> Result<Option<&'a str>, Fault> {
        value.as_str().map(|string| self.characters(&string)).transpose()
    }

    /// A member that may be absent: `Ok(None)` where it is there and no string.
    pub(super) fn optional_string(
        &mut self,
        value: Option<JsonValue<'a>>,
    ) -> Result<Option<Option<&'a str>>, Fault> {
        match value {
            None => Ok(Some(None)),
            Some(value) => Ok(self.string(value)?.map(Some)),
        }
    }

    /// Sets the stop sequences, if they are an array of strings and not empty.
    pub(super) fn stop_sequences(&mut self, value: JsonValue<'a>) -> Result<bool, Fault> {
        let count = value.elements().count();
        if count == 0 || value.elements().any(|entry| entry.kind() != JsonKind::String) {
            return Ok(false);
        }
        let list = take(&mut self.memory.stop_sequences, count).ok_or(Fault::MemoryTooSmall)?;
        for (place, entry) in list.iter_mut().zip(value.elements()) {
            *place = self.string(entry)?.unwrap_or_default();
        }
        self.request.stop_sequences = list;
        Ok(true)
    }

    /// The request with everything in it.
    pub(super) fn finish(mut self, needs_messages: bool) -> Result<Request<'a>, Fault> {
        let has_messages = self.has_messages || !needs_messages;
        for (name, is_there) in [("model", self.has_model), ("messages", has_messages)] {
            if !is_there {
                return Err(Fault::Rejected(Place::Member(name), Rule::Missing));
            }
        }
        self.request.extra =
            take(&mut self.memory.extra, self.extra_len).ok_or(Fault::MemoryTooSmall)?;
        Ok(self.request)
    }

    fn characters(&mut self, string: &JsonStr<'a>) -> Result<&'a str, Fault> {
        if let Some(plain) = string.as_str() {
            return Ok(plain);
        }
        let room = take(&mut self.memory.text, string.decoded_len());
        let room = room.ok_or(Fault::MemoryTooSmall)?;
        string.decode_into(room).map_err(|_| Fault::MemoryTooSmall)
    }
}

/// Puts what was found into its place; whether anything was.
pub(super) fn set<T>(place: &mut Option<T>, found: Option<T>) -> bool {
    *place = found;
    place.is_some()
}

/// The members of an object that has no others and none twice, each if it is there.
pub(super) fn exactly<'a, const N: usize>(
    value: JsonValue<'a>,
    names: [&str; N],
) -> Option<[Option<JsonValue<'a>>; N]> {
    if value.kind() != JsonKind::Object {
        return None;
    }
    let mut found = [None; N];
    for (name, value) in value.members() {
        let index = names.iter().position(|known| name.eq_str(known))?;
        if found[index].replace(value).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Whether the value is that string.
pub(super) fn is(value: Option<JsonValue<'_>>, text: &str) -> bool {
    value.and_then(|value| value.as_str()).is_some_and(|string| string.eq_str(text))
}

/// A count, written in digits alone.
pub(super) fn integer(value: JsonValue<'_>) -> Option<u32> {
    value.as_u64()?.try_into().ok().filter(|_| !value.text().starts_with('-'))
}

/// A number that is spelled as the encoder spells it.
pub(super) fn double(value: JsonValue<'_>) -> Option<f64> {
    let number = value.as_f64().filter(|number| number.is_finite())?;
    (*canonical::text_of_f64(number) == *value.text().as_bytes()).then_some(number)
}

/// Whether the value is `true`: the encoder leaves out what is false.
pub(super) fn is_set(value: JsonValue<'_>) -> bool {
    value.as_bool() == Some(true)
}

/// A mark; `null` is as good as none, here and in its `ttl`.
pub(super) fn cache_control(value: JsonValue<'_>) -> Option<Option<CacheControl>> {
    if value.is_null() {
        return Some(None);
    }
    let [kind, ttl] = exactly(value, ["type", "ttl"])?;
    let mark = CacheControl::ephemeral();
    match ttl.filter(|ttl| !ttl.is_null()) {
        _ if !is(kind, "ephemeral") => None,
        None => Some(Some(mark)),
        ttl => [Ttl::FiveMinutes, Ttl::OneHour]
            .into_iter()
            .find(|known| is(ttl, known.as_str()))
            .map(|ttl| Some(mark.with_ttl(ttl))),
    }
}
