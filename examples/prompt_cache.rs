//! The provider's prompt cache: a long context is marked, the question about it changes.
//!
//! The first call pays a quarter more for the marked part, because it is written to the provider's
//! cache; the next ones, within five minutes, pay a tenth. No answer is stored on our side here.

mod support;

use std::{error::Error, process::ExitCode};

use llm_cache::{
    Client,
    client::{Extracted, Part, Request, Via},
    llm_cache_core::{
        Usage,
        prompt::{CacheControl, Role},
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use support::{Provider, Service};

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "they are printed")]
struct Person {
    name: String,
    age: u32,
}

async fn extract_with_cached_context(
    client: &Client,
    context: &str,
    query: &str,
) -> Result<Extracted<Person>, llm_cache::Error> {
    let context = format!("<context>{context}</context>");
    let context = Part::text(context).cached(CacheControl::ephemeral());
    let request = Request::new().message(Role::User, [context, Part::text(query)]);
    client.extract::<Person>(request).via(Via::Tool).await
}

/// What the marks saved, in input tokens at the base price. Writes cost 1.25 (for an hour: 2)
/// times as much, reads 0.1 times, with this model.
fn saved(usage: &Usage) -> f64 {
    let (written, hour) = (usage.cache_write_tokens as f64, usage.cache_write_1h_tokens as f64);
    0.9 * usage.cache_read_tokens as f64 - 0.25 * written - hour
}

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Some(Provider::Anthropic))?;
    println!("{service}");
    let client = service.client().build()?;
    // Shorter prefixes than the model's minimum (512 tokens for this one) are not cached.
    let context =
        "Each note names one person of the staff and tells how old they are. ".repeat(600);
    let mut total = 0.0;
    for query in [
        "My name is John and I am 30 years old",
        "My name is Maria and I am 25 years old",
        "My name is Ada and I am 36 years old",
    ] {
        let person = extract_with_cached_context(&client, &context, query).await?;
        let usage = person.usage().unwrap_or_default();
        let (written, read) = (usage.cache_write_tokens, usage.cache_read_tokens);
        let saved = saved(&usage);
        total += saved;
        println!("{:?}: cache write {written}, cache read {read}, saved {saved:.0}", *person);
    }
    println!("saved in all: {total:.0} input tokens at the base price");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("prompt_cache", run().await)
}
