//! The programs of AutoGen's guide to Anthropic's prompt caching, one a file. Each prints what its
//! calls wrote to the provider's prompt cache and what they read from it.
//!
//! All of them, or those that are named: `caching_guide system tool_results`.

mod control;
mod errors;
mod mix;
mod multipart;
mod policy;
#[path = "../support/mod.rs"]
mod support;
mod system;
mod tool_results;
mod usage;
mod user;

use std::{env, error::Error, process::ExitCode};

use llm_cache::{
    Client,
    client::{Reply, Request},
    llm_cache_core::prompt::CacheControl,
};
use support::{Provider, Service};

/// The mark of the guide: kept for five minutes after its last use.
const MARK: CacheControl = CacheControl::ephemeral();

const PROGRAMS: [&str; 9] =
    ["system", "user", "tool_results", "policy", "usage", "multipart", "control", "mix", "errors"];

/// A long text, as a stand-in for a manual, a code base or the rows of a database.
fn long(line: &str) -> String {
    format!("{line}\n").repeat(900)
}

/// Sends a request and prints what became of its prompt.
async fn ask(client: &Client, what: &str, request: Request) -> Result<Reply, llm_cache::Error> {
    let reply = client.send(request).await?;
    let usage = reply.usage().unwrap_or_default();
    let cache = usage.cache_usage().unwrap_or_default();
    let (written, read) = (cache.cache_write_tokens, cache.cache_read_tokens);
    println!("  {what:28} wrote {written:>5}, read {read:>5}, plain {:>4}", usage.input_tokens);
    Ok(reply)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut wanted: Vec<String> = env::args().skip(1).collect();
    if wanted.is_empty() {
        wanted = PROGRAMS.map(str::to_owned).to_vec();
    }
    for (index, program) in wanted.iter().enumerate() {
        // Each with an emulator of its own, so that none finds what another has written.
        let service = Service::start(Some(Provider::Anthropic))?;
        if index == 0 {
            println!("{service}");
        }
        println!("{program}");
        let client = service.client().build()?;
        match program.as_str() {
            "system" => system::run(&client).await?,
            "user" => user::run(&client).await?,
            "tool_results" => tool_results::run(&client).await?,
            "policy" => policy::run(&client).await?,
            "usage" => usage::run(&client).await?,
            "multipart" => multipart::run(&client).await?,
            "control" => control::run(&client).await?,
            "mix" => mix::run(&client).await?,
            "errors" => errors::run(&client).await?,
            _ => return Err(format!("no program {program:?}; there are {PROGRAMS:?}").into()),
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("caching_guide", run().await)
}
