//! The ways to check and to write a request.

use embedded_io::Write;

use super::{Dialect, anthropic, openai, openai_chat, openai_responses};
use crate::prompt::form::{Counter, Form, Wire};
use crate::prompt::out::Out;
use crate::prompt::rules::settings::Purpose;
use crate::prompt::{EncodeError, Place, Request, Rule, Violation};

impl Request<'_> {
    /// Checks the request against the rules of the dialect and writes its body.
    ///
    /// O(length) in time, constant in memory; the writer gets many small pieces, so one that costs
    /// per call wants a buffer in front. Same request, same bytes.
    ///
    /// # Errors
    /// [`EncodeError::Rejected`] with the place and the rule, and nothing is written;
    /// [`EncodeError::Write`] with the writer's own error.
    pub fn encode<W: Write>(
        &self,
        dialect: Dialect,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        self.check(dialect)?;
        self.write(dialect, writer).map_err(EncodeError::Write)
    }

    /// Writes the body though the provider may refuse it: for callers who know better than this
    /// version's rules. Refused is only what the dialect has no place for, and a mark on raw JSON
    /// that cannot take one: no object, or marked already.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn encode_unvalidated<W: Write>(
        &self,
        dialect: Dialect,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        expressible(self, dialect)?;
        self.write(dialect, writer).map_err(EncodeError::Write)
    }

    /// The number of bytes that [`Request::encode`] writes. Costs as much as writing them.
    ///
    /// # Errors
    /// The rule that the request breaks.
    pub fn encoded_len(&self, dialect: Dialect) -> Result<usize, Violation> {
        self.check(dialect)?;
        let mut counter = Counter::default();
        match self.write(dialect, &mut counter) {
            Ok(()) => Ok(counter.len),
            Err(never) => match never {},
        }
    }

    /// Checks every rule of the dialect that can be checked before sending.
    ///
    /// O(blocks), plus O(length) of raw objects, which are looked into for marks of their own. Not
    /// seen are marks deeper inside raw pieces, marks on raw blocks of types without the field, and
    /// what depends on the model; [`check_body`](crate::prompt::check_body) finds these in the
    /// bytes. A mark on any block inside a tool result is refused here, the last one's too.
    ///
    /// # Errors
    /// The first rule that the request breaks, with the place.
    pub fn check(&self, dialect: Dialect) -> Result<(), Violation> {
        expressible(self, dialect)?;
        rules(self, dialect)
    }

    fn write<W: Write>(&self, dialect: Dialect, writer: &mut W) -> Result<(), W::Error> {
        body(self, dialect, &mut Out::new(Wire(writer)))
    }
}

/// Whether the dialect has a place for everything in the request. Without this no body can be
/// written that says what the caller said.
pub(crate) fn expressible(request: &Request<'_>, dialect: Dialect) -> Result<(), Violation> {
    numbers(request)?;
    let writes = match dialect {
        Dialect::AnthropicMessages => {
            anthropic::check::expressible(request)?;
            anthropic::check::writes
        }
        Dialect::OpenAiChat => {
            openai::check::expressible(request, &openai_chat::check::FORMAT)?;
            openai_chat::check::writes
        }
        Dialect::OpenAiResponses => {
            openai::check::expressible(request, &openai_responses::check::FORMAT)?;
            openai_responses::check::writes
        }
        Dialect::OpenAiEmbeddings | Dialect::Json => {
            return Err(Violation::new(Place::Body, Rule::Unsupported));
        }
    };
    extra_members(request, writes)
}

/// The provider's own rules, which it enforces with a 400 itself.
fn rules(request: &Request<'_>, dialect: Dialect) -> Result<(), Violation> {
    match dialect {
        Dialect::AnthropicMessages => anthropic::check::rules(request, Purpose::Create),
        Dialect::OpenAiChat
        | Dialect::OpenAiResponses
        | Dialect::OpenAiEmbeddings
        | Dialect::Json => Ok(()),
    }
}

fn numbers(request: &Request<'_>) -> Result<(), Violation> {
    for (name, value) in [("temperature", request.temperature), ("top_p", request.top_p)] {
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(Violation::new(Place::Member(name), Rule::BadNumber));
        }
    }
    Ok(())
}

/// An extra member must not repeat one that is written anyway: readers of JSON differ in which of
/// two they believe. O(square of the extra members).
fn extra_members(
    request: &Request<'_>,
    writes: fn(&Request<'_>, &str) -> bool,
) -> Result<(), Violation> {
    for (index, (name, _)) in request.extra.iter().enumerate() {
        let is_repeated = request.extra.iter().take(index).any(|(earlier, _)| earlier == name);
        if is_repeated || writes(request, name) {
            return Err(Violation::new(Place::Extra(index), Rule::DuplicateMember));
        }
    }
    Ok(())
}

/// Writes the body in whatever form. The request has a place in the dialect.
pub(crate) fn body<'a, F: Form>(
    request: &Request<'a>,
    dialect: Dialect,
    out: &mut Out<'a, F>,
) -> Result<(), F::Error> {
    match dialect {
        Dialect::AnthropicMessages => anthropic::encode::encode(request, Purpose::Create, out),
        Dialect::OpenAiChat => openai_chat::encode::encode(request, out),
        Dialect::OpenAiResponses => openai_responses::encode::encode(request, out),
        // It has no place there, so there is nothing to write.
        Dialect::OpenAiEmbeddings | Dialect::Json => Ok(()),
    }
}
