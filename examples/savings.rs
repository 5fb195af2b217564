//! What caching saved, from both caches, in tokens and in money: per reply and for a whole client,
//! with a price table of one's own where the library's is too old.

mod support;

use std::{error::Error, process::ExitCode};

use llm_cache::{
    Cache,
    client::Request,
    llm_cache_core::prompt::CacheControl,
    prompt::{Facts, Savings},
};
use support::{Provider, Service};

/// A model that the library does not know yet, as its provider's page gives it.
const TOMORROW: &str = r#"{"version": 1, "models": [{
    "names": ["claude-of-tomorrow"], "as_of": "2026-11-20", "source": "its page",
    "minimum_tokens": 512, "tokens_factor": 1.3, "read": 0.05, "write_5m": 1.25, "write_1h": 2.0,
    "input_price": 3.0, "output_price": 12.0
}]}"#;

fn show(what: &str, savings: &Savings) {
    let saved = savings.saved().map_or("unknown".to_owned(), |saved| saved.to_string());
    println!("{what:22} saved {saved}");
}

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Some(Provider::Anthropic))?;
    println!("{service}");
    let client = service.client().cache(Cache::builder().build()).build()?;
    let facts = Facts::embedded();
    let manual = "A line of a manual that many questions are about.\n".repeat(600);
    let about = |question: &str| {
        Request::new().cached_system(&manual, CacheControl::ephemeral()).user(question)
    };

    // The first call pays for the write, the second one reads, the third is a hit of ours.
    for (what, question) in [("written", "Why?"), ("read", "How?"), ("a hit", "How?")] {
        show(what, &client.send(about(question)).await?.savings(facts));
    }
    println!("{}", client.savings());

    // A model that the facts do not name has no price, until a newer table names it.
    let request = about("Why?").model("claude-of-tomorrow");
    let reply = client.send(&request).await?;
    show("an unknown model", &reply.savings(facts));
    let newer = facts.updated(&Facts::from_json(TOMORROW)?);
    show("with a newer table", &reply.savings(&newer));
    println!("{}", client.savings());
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("savings", run().await)
}
