//! A client with a cache: how each call was answered, what it cost, and how a call says otherwise.

mod support;

use std::{error::Error, process::ExitCode, time::Duration};

use llm_cache::{
    Cache, Client,
    cache::Mode,
    client::{Reply, Request},
};
use support::Service;

fn show(what: &str, reply: &Reply) {
    let (asked, billed) = (reply.usage().unwrap_or_default(), reply.billed_usage());
    println!(
        "{what:24} | {:18} | used {:>2} + {:>2} tokens, billed {:>2} + {:>2}",
        reply.outcome().to_string(),
        asked.input_tokens,
        asked.output_tokens,
        billed.input_tokens,
        billed.output_tokens,
    );
}

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(None)?;
    println!("{service}");
    let cache = Cache::builder().memory_bytes(4 << 20).default_ttl(Duration::from_secs(86_400));
    let client: Client = service.client().cache(cache.build()).build()?;

    let question =
        Request::new().system("Answer in one word.").user("What is the capital of Peru?");
    show("asked", &client.send(&question).await?);
    show("asked again", &client.send(&question).await?);
    show("another sample", &client.send(question.clone().variant(1)).await?);
    show("that sample again", &client.send(question.clone().variant(1)).await?);
    show("asked anew (Refresh)", &client.send(question.clone().mode(Mode::Refresh)).await?);
    show("past the cache (Off)", &client.send(question.clone().mode(Mode::Off)).await?);

    // In a test, or offline: never go upstream.
    let offline = |request: Request| client.send(request.mode(Mode::CachedOnly));
    show("known (CachedOnly)", &offline(question.clone()).await?);
    match offline(Request::from("What is the capital of Chile?")).await {
        Ok(reply) => show("unknown (CachedOnly)", &reply),
        Err(error) => println!("{:24} | {error}", "unknown (CachedOnly)"),
    }

    let mut events = client.stream(&question).await?;
    while events.next().await?.is_some() {}
    println!("{:24} | {}", "streamed", events.outcome());

    println!("hits: {}", client.cache().map_or(0, |cache| cache.stats().hits()));
    println!("upstream calls: {}", service.upstream_calls(&client));
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("client_cache", run().await)
}
