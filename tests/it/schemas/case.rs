//! A type of the tables: what serde writes for it, what reads as it, and how it is asked for.

use std::future::Future;
use std::pin::Pin;

use llm_cache::client::{Client, Request, Via};
use llm_cache_tests::Emulator;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The forms in which a schema goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Anthropic's `output_config.format`.
    Anthropic,
    /// OpenAI's `response_format`.
    OpenAi,
    /// A tool of Anthropic's that is called by force and not strict.
    Tool,
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::Anthropic, Self::OpenAi, Self::Tool];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Tool => "tool",
        }
    }

    /// A client that asks in this form; for the tool one more setting is needed: [`Self::via`].
    pub(super) fn client(self, emulator: &Emulator) -> Client {
        let builder = match self {
            Self::OpenAi => Client::openai().base_url(emulator.openai_base_url()).model("gpt-5.2"),
            Self::Anthropic | Self::Tool => {
                Client::anthropic().base_url(emulator.base_url()).model("claude-sonnet-4-5")
            }
        };
        builder.api_key("sk-emulated-0123456789abcdef").build().expect("a client")
    }

    fn via(self) -> Via {
        match self {
            Self::Tool => Via::Tool,
            Self::Anthropic | Self::OpenAi => Via::OutputFormat,
        }
    }

    /// The schema of a request's body.
    pub(super) fn schema_of(self, body: &Value) -> Value {
        let path = match self {
            Self::Anthropic => "/output_config/format/schema",
            Self::OpenAi => "/response_format/json_schema/schema",
            Self::Tool => "/tools/0/input_schema",
        };
        body.pointer(path).expect("the request has a schema").clone()
    }
}

type Asked<'a> = Pin<Box<dyn Future<Output = Result<(), llm_cache::Error>> + 'a>>;

/// A type and some values of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What serde writes.
    pub(super) written: Vec<Value>,
    /// Reads a JSON text as the type.
    pub(super) decode: fn(&str) -> Result<(), String>,
    ask: for<'a> fn(&'a Client, Via, Request) -> Asked<'a>,
    /// The forms that the type has not, each with what the error must say.
    refusals: Vec<(Form, &'static str)>,
}

impl Case {
    pub(super) fn new<T>(name: &'static str, values: &[T]) -> Self
    where
        T: Serialize + DeserializeOwned + JsonSchema + 'static,
    {
        let write = |value| serde_json::to_value(value).expect("serde writes it");
        let written: Vec<Value> = values.iter().map(write).collect();
        let decode = |text: &str| match serde_json::from_str::<T>(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        for value in &written {
            // What serde itself does not read back proves nothing of a schema.
            assert_eq!(decode(&value.to_string()), Ok(()), "{name}: {value}");
        }
        Self {
            name,
            written,
            decode,
            ask: |client, via, request| {
                Box::pin(
                    async move { client.extract::<T>(request).via(via).send().await.map(|_| ()) },
                )
            },
            refusals: Vec::new(),
        }
    }

    /// The type is refused in `form`; the error says `words`.
    pub(super) fn refused(mut self, form: Form, words: &'static str) -> Self {
        self.refusals.push((form, words));
        self
    }

    /// The type is refused wherever the provider enforces the schema.
    pub(super) fn refused_where_enforced(self, words: &'static str) -> Self {
        self.refused(Form::Anthropic, words).refused(Form::OpenAi, words)
    }

    /// The type is refused in every form.
    pub(super) fn refused_everywhere(self, words: &'static str) -> Self {
        self.refused_where_enforced(words).refused(Form::Tool, words)
    }

    /// What the refusal in `form` must say, or none where the type is accepted.
    pub(super) fn refusal(&self, form: Form) -> Option<&'static str> {
        self.refusals.iter().find(|(refused, _)| *refused == form).map(|(_, words)| *words)
    }

    /// Asks for the type in a form.
    pub(super) async fn ask(
        &self,
        client: &Client,
        form: Form,
        prompt: &str,
    ) -> Result<(), llm_cache::Error> {
        (self.ask)(client, form.via(), Request::new().user(prompt)).await
    }
}
