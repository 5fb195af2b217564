//! A typed answer: schema out, value in.

use core::fmt;
use core::future::{Future, IntoFuture};
use core::marker::PhantomData;
use core::ops::Deref;
use core::pin::Pin;

use llm_cache_core::Usage;
use llm_cache_core::key::Dialect;
use llm_cache_core::prompt::refuses_forced_tools;
use llm_cache_core::reply::{Reply as Read, SkipReason, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::handle::Client;
use super::part::{Tool, ToolChoice};
use super::reply::{Reply, place, text_of};
use super::request::{Body, Output, Prompt, Request};
use super::schema::{AnswerSchema, Target};
use crate::cache::Outcome;
use crate::error::{Error, ErrorKind, Parts};

/// How a typed answer is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Via {
    /// By the provider's own format: Anthropic's `output_config.format`, OpenAI's
    /// `response_format` of type `json_schema`. The default.
    #[default]
    OutputFormat,
    /// By a call of a tool whose arguments are the answer, for models without the format. The call
    /// is forced, except where a model refuses that (a list with a date, in the code) or thinks:
    /// there the tool is offered as `strict` and the model may choose.
    Tool,
}

impl Client {
    /// Asks for an answer of the type `T`: its JSON schema goes out with the request and is so a
    /// part of the key; the answer is decoded with serde.
    ///
    /// Every object of the schema is closed, and what providers do not enforce (ranges, lengths,
    /// most formats) stands in the descriptions. A `T` whose schema is no single object is asked
    /// for as `{"value": T}`. Field docs become descriptions, so they are instructions to the
    /// model.
    ///
    /// # Types
    /// Whatever derives `Deserialize` and `JsonSchema` is accepted, or refused before anything is
    /// sent, with the place and what to write instead:
    ///
    /// | type | Anthropic | OpenAI |
    /// |---|---|---|
    /// | numbers, `bool`, `char`, strings, `()`, `Option`, `Box`, newtypes, structs | yes | yes |
    /// | enums, whether externally, internally, adjacently tagged or untagged | yes | yes |
    /// | `#[serde(flatten)]` of structs, of any number of enums (256 combinations), of `Option`s | yes | yes |
    /// | lists, sets, arrays; tuples whose elements are alike, the length in the description | yes | yes |
    /// | dates and times, `Duration`, addresses, ids: what their crate declares in schemars | yes | yes |
    /// | `#[serde(default)]`, `skip_serializing_if` | may be left out | always there |
    /// | types that hold themselves | no: a list of nodes that name their parent | yes |
    /// | tuples of different types | no: a struct | no: a struct |
    /// | maps with free names | no: a list of structs | no: a list of structs |
    /// | `serde_json::Value` | no: a type, or a `String` of JSON | no: the same |
    /// | size | 24 members that may be left out, 16 of several types (`Option`) | 5000 members, 10 deep |
    ///
    /// OpenAI wants every member, so several flattened `Option`s of structs in one struct are all
    /// there or none of them. By [`Via::Tool`] Anthropic enforces nothing where the tool is forced:
    /// there types that hold themselves, tuples and `Value` are accepted, of any size.
    ///
    /// An answer that does not decode is an error and is not stored; a stored one that no longer
    /// decodes is fetched anew.
    ///
    /// ```no_run
    /// # async fn run(client: llm_cache::client::Client) -> Result<(), llm_cache::Error> {
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Person {
    ///     name: String,
    ///     age: u8,
    /// }
    /// let person = client.extract::<Person>("My name is Ada and I am 36.").await?;
    /// println!("{} is {} ({})", person.name, person.age, person.outcome());
    /// # Ok(())
    /// # }
    /// ```
    pub fn extract<T>(&self, request: impl Into<Request>) -> Extraction<'_, T>
    where
        T: DeserializeOwned + JsonSchema + 'static,
    {
        let (request, via) = (request.into(), Via::default());
        Extraction { client: self, request, via, of: PhantomData }
    }
}

/// A typed call that is about to be made: `.await` it.
#[must_use = "nothing is sent before it is awaited"]
pub struct Extraction<'a, T> {
    client: &'a Client,
    request: Request,
    via: Via,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + JsonSchema + 'static> Extraction<'_, T> {
    /// How to ask. Default: [`Via::OutputFormat`].
    pub fn via(mut self, via: Via) -> Self {
        self.via = via;
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] if the answer is not of the type, [`ErrorKind::Refused`] if the model
    /// refused; [`ErrorKind::InvalidRequest`] for a raw request, or a type without a strict schema,
    /// with its place and what to write instead; else as [`Client::send`].
    pub async fn send(self) -> Result<Extracted<T>, Error> {
        let Self { client, mut request, via, .. } = self;
        let dialect = client.dialect();
        let Body::Typed(prompt) = &mut request.body else {
            let message = "a raw request cannot be given a schema; build it with `Request::new`";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        };
        let way = Way::of(prompt, via, client);
        let schema = AnswerSchema::of::<T>(way.target(dialect))?;
        let wrapped = schema.wrapped;
        let form = Form { dialect, tool: ask(prompt, way, dialect, schema), wrapped };
        let body = client.body_of(&request, false)?;
        let accept = |body: &[u8]| form.decode(body).ok();
        let (reply, value) = client.call(&request, body, accept).await?;
        // What the exchange did not ask for was not fit to be stored; the caller is told why.
        match value.map_or_else(|| form.decode_whole(reply.body()), Ok) {
            Ok(value) => Ok(Extracted { value, reply }),
            Err(fault) => Err(fault.into_error(&reply)),
        }
    }
}

impl<'a, T: DeserializeOwned + JsonSchema + Send + 'static> IntoFuture for Extraction<'a, T> {
    type Output = Result<Extracted<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for Extraction<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction")
            .field("request", &self.request)
            .field("via", &self.via)
            .finish_non_exhaustive()
    }
}

/// What [`Via`] comes to for a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    OutputFormat,
    ForcedTool,
    OfferedTool,
}

impl Way {
    fn of(prompt: &Prompt, via: Via, client: &Client) -> Self {
        let model = prompt.model.as_deref().or(client.model()).unwrap_or_default();
        let may_force = || match client.dialect() {
            Dialect::AnthropicMessages => !refuses_forced_tools(model) && prompt.thinking.is_none(),
            Dialect::OpenAiChat
            | Dialect::OpenAiResponses
            | Dialect::OpenAiEmbeddings
            | Dialect::Json => true,
        };
        match via {
            Via::OutputFormat => Self::OutputFormat,
            Via::Tool if may_force() => Self::ForcedTool,
            Via::Tool => Self::OfferedTool,
        }
    }

    /// Whose rules the schema must keep.
    fn target(self, dialect: Dialect) -> Target {
        match dialect {
            Dialect::AnthropicMessages => match self {
                Self::ForcedTool => Target::Hint,
                Self::OutputFormat | Self::OfferedTool => Target::Anthropic,
            },
            Dialect::OpenAiChat | Dialect::OpenAiResponses => Target::OpenAi,
            // Their typed requests are refused when they are written.
            Dialect::OpenAiEmbeddings | Dialect::Json => Target::Hint,
        }
    }
}

/// Puts the schema into the request. Returns the name of the tool whose arguments are the answer.
fn ask(
    prompt: &mut Prompt,
    way: Way,
    dialect: Dialect,
    schema: &'static AnswerSchema,
) -> Option<&'static str> {
    let is_strict = way.target(dialect) != Target::Hint;
    let AnswerSchema { name, text, .. } = schema;
    let (name, text) = (name.as_str(), text.as_str());
    if way == Way::OutputFormat {
        prompt.output = Some(Output { name: name.into(), schema: text.into() });
        return None;
    }
    let mut tool = Tool::function(name, text).description("Give the answer in this form.");
    if is_strict {
        tool = tool.strict(true);
    }
    prompt.tools.push(tool);
    prompt.tool_choice = Some(match way {
        Way::ForcedTool => ToolChoice::Tool(name.to_owned()),
        Way::OutputFormat | Way::OfferedTool => ToolChoice::Auto,
    });
    Some(name)
}

/// Where in an answer the value is.
struct Form {
    dialect: Dialect,
    tool: Option<&'static str>,
    wrapped: bool,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    value: T,
}

/// Why an answer gives no value.
enum Fault {
    Malformed,
    Refused,
    /// Not a complete answer.
    Unfinished(SkipReason),
    NoToolCall,
    Undecodable(String),
}

impl Form {
    /// The value in an answer that is whole.
    fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Fault> {
        let read = Read::parse(self.dialect, body).map_err(|_| Fault::Malformed)?;
        self.value_in(&read)
    }

    /// The value in any answer.
    fn decode_whole<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Fault> {
        let read = Read::parse(self.dialect, body).map_err(|_| Fault::Malformed)?;
        match read.verdict(200) {
            Verdict::Store => self.value_in(&read),
            Verdict::Skip { why: SkipReason::Refusal | SkipReason::ContentFilter } => {
                Err(Fault::Refused)
            }
            Verdict::Skip { why } => Err(Fault::Unfinished(why)),
        }
    }

    fn value_in<T: DeserializeOwned>(&self, read: &Read<'_>) -> Result<T, Fault> {
        let text = match self.tool {
            None => text_of(read),
            Some(name) => super::reply::tool_input_of(read, name).ok_or(Fault::NoToolCall)?,
        };
        let value = if self.wrapped {
            serde_json::from_str::<Wrapped<T>>(&text).map(|wrapped| wrapped.value)
        } else {
            serde_json::from_str(&text)
        };
        value.map_err(|error| Fault::Undecodable(place(&error)))
    }
}

impl Fault {
    fn into_error(self, reply: &Reply) -> Error {
        let (kind, message) = match self {
            Self::Malformed => (ErrorKind::Malformed, "the answer does not read".to_owned()),
            Self::Refused => (ErrorKind::Refused, "the model refused to answer".to_owned()),
            Self::Unfinished(SkipReason::Truncated) => {
                let message = "the token limit cut the answer; raise `max_tokens`";
                (ErrorKind::Decode, message.to_owned())
            }
            Self::Unfinished(why) => {
                (ErrorKind::Decode, format!("the answer is not complete: {why}"))
            }
            Self::NoToolCall => {
                (ErrorKind::Decode, "the model answered without calling the tool".to_owned())
            }
            Self::Undecodable(place) => {
                (ErrorKind::Decode, format!("the answer does not decode: {place}"))
            }
        };
        // The caller may look at what the model said; no message shows it.
        Parts::new(kind, message)
            .request_id(reply.request_id())
            .provider(None, None, reply.body().clone())
            .discard(reply.discard.clone())
            .into()
    }
}

/// A typed answer and how it came about. Derefs to the value.
#[derive(Clone)]
pub struct Extracted<T> {
    value: T,
    reply: Reply,
}

impl<T> Extracted<T> {
    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Throws the answer away, inside a memoised function: as
    /// [`Reply::discard`](super::Reply::discard).
    pub fn discard(self) {
        self.reply.discard();
    }

    /// The answer that it was decoded from.
    #[must_use]
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// How the call was answered.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.reply.outcome()
    }

    /// What the answer cost in tokens when it was fetched.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.reply.usage()
    }

    /// What this call was billed: nothing for a hit.
    #[must_use]
    pub fn billed_usage(&self) -> Usage {
        self.reply.billed_usage()
    }
}

impl<T> Deref for Extracted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Extracted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extracted").field("reply", &self.reply).finish_non_exhaustive()
    }
}
