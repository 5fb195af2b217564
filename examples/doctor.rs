//! Why the provider's prompt cache hits or not: two requests compared before the second is sent,
//! and the forecast beside what the provider then reports.

mod support;

use std::{error::Error, process::ExitCode, time::Duration};

use llm_cache::{
    Client,
    client::{Part, Request, Tool},
    llm_cache_core::prompt::{CacheControl, Role},
};
use support::{Provider, Service};

const MARK: CacheControl = CacheControl::ephemeral();

/// Tools, instructions and a question; the prefix up to the question is marked.
fn request(tool: &str, manual: &str, question: &str) -> Request {
    let schema = r#"{"type":"object","properties":{"query":{"type":"string"}}}"#;
    Request::new()
        .tool(Tool::function("search", schema).description(tool))
        .cached_system(manual, MARK)
        .user(question)
}

async fn compare(
    client: &Client,
    what: &str,
    previous: &Request,
    current: &Request,
) -> Result<(), llm_cache::Error> {
    let explanation = client.explain(Some(previous), current, Duration::ZERO)?;
    let reply = client.send(current).await?;
    println!("{what}\n  {}", explanation.with_reply(reply.usage(), reply.diagnostics()));
    Ok(())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Some(Provider::Anthropic))?;
    println!("{service}");
    // A model whose tokens are about four bytes, as the emulator counts them.
    let client = service.client().model("claude-sonnet-4-6").build()?;
    let manual = "A line of a manual that many questions are about.\n".repeat(600);
    let dated = format!("{manual}Today is Monday.");
    let first = request("Finds pages.", &manual, "Why?");
    println!("first\n  {}", client.explain(None, &first, Duration::ZERO)?);
    client.send(&first).await?;

    let other = request("Finds pages.", &manual, "How?");
    compare(&client, "another question", &first, &other).await?;
    let other = request("Finds pages and images.", &manual, "Why?");
    compare(&client, "another description of the tool", &first, &other).await?;
    let other = request("Finds pages.", &dated, "Why?");
    compare(&client, "instructions with a date", &first, &other).await?;
    let short = |question| request("Finds pages.", "Be brief.", question);
    client.send(short("Why?")).await?;
    compare(&client, "a short prompt", &short("Why?"), &short("How?")).await?;

    // A mark behind what changes from call to call is never found again.
    let parts = |question: &str| {
        let parts = [Part::text(&manual), Part::text(question)];
        Request::new().cached_user_parts(parts, MARK)
    };
    client.send(parts("Why?")?).await?;
    compare(&client, "a mark on the question", &parts("Why?")?, &parts("How?")?).await?;
    let kept = |question: &str| {
        let parts = [Part::text(&manual).cached(MARK), Part::text(question)];
        Request::new().message(Role::User, parts)
    };
    client.send(kept("Why?")).await?;
    compare(&client, "a mark before the question", &kept("Why?"), &kept("How?")).await?;
    let later = client.explain(Some(&kept("Why?")), &kept("How?"), Duration::from_secs(360))?;
    println!("six minutes later\n  {later}");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("doctor", run().await)
}
