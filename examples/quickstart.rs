//! Asks a model for the person in a text: once, and never again for the same text.
//!
//! `quickstart [--fresh] [--provider anthropic|openai] [--model M]`: the guide's `extract_person`
//! called three times (new, same, new), kept in memory and in `target/quickstart-cache`. Run it
//! again and nothing goes upstream; `--fresh` empties the directory first.

mod support;

use std::{error::Error, io::Write, path::Path, process::ExitCode, time::Instant};

use llm_cache::{
    Cache, Client,
    cache::{Event, Outcome},
    cached,
    store::FileStore,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{Arguments, Provider, Service};

const USAGE: &str = "quickstart [--fresh] [--provider anthropic|openai] [--model M]";

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u32,
}

/// Its key: this text, the schema of `Person`, the client's model and endpoint, and `text`.
#[cached(skip(client))]
async fn extract_person(client: &Client, text: &str) -> Result<Person, llm_cache::Error> {
    Ok(client.extract::<Person>(text).await?.into_inner())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::read(USAGE);
    let fresh = arguments.flag("--fresh");
    let provider = arguments.value::<Provider>("--provider")?;
    let model = arguments.value::<String>("--model")?;
    arguments.finish()?;

    let mut out = std::io::stdout();
    let service = Service::start(provider)?;
    writeln!(out, "{service}")?;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target");
    let store = FileStore::open(target.join("quickstart-cache"));
    if let (true, Ok(store)) = (fresh, &store) {
        store.clear()?;
    }
    let report = |event: &Event<'_>| {
        if let Event::StoreFault { operation, error } = event {
            eprintln!("quickstart: cannot {operation} the store, going on without: {error}");
        }
    };
    let cache = Cache::builder().store_or_report(store).observer(report).build();
    Cache::set_global(cache).map_err(|_| "the cache is in use already")?;
    let client = match model {
        Some(model) => service.client().model(model).build()?,
        None => service.client().build()?,
    };

    let john = "My name is John and I am 30 years old";
    for text in [john, john, "My name is Maria and I am 25 years old"] {
        let start = Instant::now();
        let (person, outcome) = extract_person_with_outcome(&client, text).await;
        let micros = start.elapsed().as_micros();
        let (outcome, tier) = match outcome {
            Outcome::Hit { tier, .. } => ("hit".to_owned(), tier.to_string()),
            other => (other.to_string(), "-".to_owned()),
        };
        let person = format!("{:?}", person?);
        writeln!(out, "{text:38} | {person:33} | {outcome:11} | {tier:6} | {micros:>7} us")?;
    }
    writeln!(out, "upstream calls: {}", service.upstream_calls(&client))?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("quickstart", run().await)
}
