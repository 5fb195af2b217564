//! Breakpoints that nobody has to place: an agent's loop through a client with a planner. Each turn
//! prints where the planner put them, and what was written to the prompt cache and read from it.

mod support;

use std::{error::Error, process::ExitCode};

use llm_cache::{
    client::{Part, Request, Tool},
    llm_cache_core::prompt::Role,
    prompt::plan::Planner,
};
use support::{Provider, Service};

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Some(Provider::Anthropic))?;
    println!("{service}");
    let client = service.client().planner(Planner::new()).build()?;
    let schema = r#"{"type":"object","properties":{"query":{"type":"string"}}}"#;
    let manual = "A line of the agent's manual.\n".repeat(900);
    let mut conversation =
        Request::new().tool(Tool::function("search", schema)).system(manual).user("Look it up.");
    for turn in 1..=4 {
        let reply = client.send(&conversation).await?;
        let cache = reply.usage().and_then(|usage| usage.cache_usage()).unwrap_or_default();
        let (written, read) = (cache.cache_write_tokens, cache.cache_read_tokens);
        println!("turn {turn}: wrote {written}, read {read}");
        for breakpoint in reply.plan().into_iter().flat_map(|plan| &plan.breakpoints) {
            let (place, reason) = (breakpoint.place, breakpoint.reason);
            println!("  {place} for {}: {reason}", breakpoint.ttl.as_str());
        }
        // The model calls the tool, and the tool answers.
        let call = format!("call_{turn}");
        let page = format!("A line of page {turn}.\n").repeat(100);
        conversation = conversation
            .message(Role::Assistant, [Part::tool_use(&call, "search", r#"{"query":"it"}"#)])
            .message(Role::User, [Part::tool_result(&call, page)]);
    }
    println!("{}", client.savings());
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("planner", run().await)
}
