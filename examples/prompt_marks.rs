//! Where marks for the provider's prompt cache may stand: on the instructions, on a user message,
//! on chosen tool results; what a mark at a wrong place says, and what was read from the cache.

mod support;

use std::{error::Error, process::ExitCode};

use llm_cache::{
    Client,
    client::Request,
    llm_cache_core::prompt::{
        Block, CacheControl, Function, Message, RawJson, SystemPrompt, Tool, ToolUse, Ttl, Which,
        mark_last_text, mark_tool_results,
    },
    llm_cache_core::{key::Dialect, prompt},
};
use support::{Provider, Service};

const MARK: CacheControl = CacheControl::ephemeral();

async fn ask(client: &Client, what: &str, request: Request) -> Result<(), llm_cache::Error> {
    let usage = client.send(request).await?.usage().unwrap_or_default();
    let (written, read) = (usage.cache_write_tokens, usage.cache_read_tokens);
    let hour = usage.cache_write_1h_tokens;
    println!("{what:12}: wrote {hour:>5} for an hour, {written:>5} for 5 minutes, read {read:>5}");
    Ok(())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let service = Service::start(Some(Provider::Anthropic))?;
    println!("{service}");
    let client = service.client().build()?;
    let standards = "Review code. Names say what a thing is; functions do one thing. ".repeat(400);
    let document = "A line of the code base that many questions are about. ".repeat(400);

    // A mark covers all before it too. The longer lifetime must come first.
    let reviewer = Request::new().cached_system(&standards, MARK.with_ttl(Ttl::OneHour));
    ask(&client, "system", reviewer.clone().user("Review this function.")).await?;
    let context = reviewer.cached_user(&document, MARK);
    ask(&client, "user", context.clone().user("What are the key patterns?")).await?;
    ask(&client, "user again", context.user("What can be improved?")).await?;

    // Of three tool results the expensive one.
    let rows = "a row of the database\n".repeat(1000);
    let calls = ["call_1", "call_2", "call_3"]
        .map(|id| Block::ToolUse(ToolUse::new(id, "query", RawJson::assume_valid("{}"))));
    let mut results = [
        Block::tool_result("call_1", "Quick calculation: 42"),
        Block::tool_result("call_2", &rows),
        Block::tool_result("call_3", "Simple string: hello"),
    ];
    if let Err(error) = mark_tool_results(&mut results, Which::Indices(&[10]), MARK) {
        println!("{:12}: {error}", "wrong index");
    }
    mark_tool_results(&mut results, Which::Indices(&[1]), MARK)?;
    let schema = RawJson::assume_valid(r#"{"type":"object","properties":{}}"#);
    let tools = [Tool::Function(Function::new("query", schema))];
    let turns = [
        Message::user("Look it up."),
        Message::assistant_blocks(&calls),
        Message::user_blocks(&results),
    ];
    let mut request = prompt::Request::new("claude-haiku-5-5", 64, &turns);
    request.tools = &tools;
    for what in ["tool result", "tool again"] {
        ask(&client, what, Request::from_model(&request, Dialect::AnthropicMessages)?).await?;
    }

    // What the provider would refuse is refused before it is sent, with the place and the rule.
    let mut parts = [Block::text("Introduction"), Block::text("The question")];
    mark_last_text(&mut parts, MARK.with_ttl(Ttl::OneHour))?;
    let turns = [Message::user_blocks(&parts)];
    let mut request = prompt::Request::new("claude-haiku-5-5", 64, &turns);
    request.system = Some(SystemPrompt::cached(&standards, MARK));
    if let Err(error) = Request::from_model(&request, Dialect::AnthropicMessages) {
        println!("{:12}: {error}", "wrong order");
    }
    if let Err(error) = CacheControl::from_policy("persistent") {
        println!("{:12}: {error}", "wrong policy");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    support::exit("prompt_marks", run().await)
}
