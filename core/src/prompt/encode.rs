//! The ways to write a request.

use embedded_io::Write;

use super::anthropic::{self, Purpose};
use super::form::{Counter, Form, Wire};
use super::out::Out;
use super::request::Request;
use super::violation::{EncodeError, Violation};
use super::{check, openai, openai_responses};
use crate::key::Dialect;

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
        check::expressible(self, dialect)?;
        self.write(dialect, writer).map_err(EncodeError::Write)
    }

    /// Writes the body for Anthropic's `/v1/messages/count_tokens`: the prompt without
    /// `max_tokens`, sampling, streaming and the like.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn encode_count_tokens<W: Write>(
        &self,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        check::expressible(self, Dialect::AnthropicMessages)?;
        check::rules(self, Dialect::AnthropicMessages, Purpose::CountTokens)?;
        let out = &mut Out::new(Wire(writer));
        anthropic::encode(self, Purpose::CountTokens, out).map_err(EncodeError::Write)
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
    /// what depends on the model; [`check_body`](super::check_body) finds these in the bytes.
    /// A mark on any block inside a tool result is refused here, the last one's too.
    ///
    /// # Errors
    /// The first rule that the request breaks, with the place.
    pub fn check(&self, dialect: Dialect) -> Result<(), Violation> {
        check::expressible(self, dialect)?;
        check::rules(self, dialect, Purpose::Create)
    }

    fn write<W: Write>(&self, dialect: Dialect, writer: &mut W) -> Result<(), W::Error> {
        body(self, dialect, &mut Out::new(Wire(writer)))
    }
}

/// Writes the body in whatever form. The request has a place in the dialect.
pub(super) fn body<'a, F: Form>(
    request: &Request<'a>,
    dialect: Dialect,
    out: &mut Out<'a, F>,
) -> Result<(), F::Error> {
    match dialect {
        Dialect::OpenAiChat => openai::encode(request, out),
        Dialect::OpenAiResponses => openai_responses::encode(request, out),
        // The check has refused every other dialect.
        _ => anthropic::encode(request, Purpose::Create, out),
    }
}
