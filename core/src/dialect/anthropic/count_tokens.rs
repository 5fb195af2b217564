//! `POST /v1/messages/count_tokens`: how many tokens a prompt has.

use embedded_io::Write;

use super::super::{Dialect, encode::expressible};
use super::{check, encode};
use crate::prompt::form::Wire;
use crate::prompt::out::Out;
use crate::prompt::rules::settings::Purpose;
use crate::prompt::{EncodeError, Request};

impl Request<'_> {
    /// Writes the body for Anthropic's `/v1/messages/count_tokens`: the prompt without
    /// `max_tokens`, sampling, streaming and the like.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn encode_count_tokens<W: Write>(
        &self,
        writer: &mut W,
    ) -> Result<(), EncodeError<W::Error>> {
        expressible(self, Dialect::AnthropicMessages)?;
        check::rules(self, Purpose::CountTokens)?;
        let out = &mut Out::new(Wire(writer));
        encode::encode(self, Purpose::CountTokens, out).map_err(EncodeError::Write)
    }
}
