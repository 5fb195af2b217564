//! Mixing cached and regular messages in one conversation that goes on.

use std::error::Error;

use llm_cache::{Client, client::Request};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let reviewer = long("You are a code reviewer who knows this manual.");
    let codebase = long("A line of a large code base.");
    let conversation = Request::new()
        .cached_system(reviewer, MARK)
        .user("I have code to review.")
        .cached_user(codebase, MARK)
        .user("What can be improved?");
    let reply = ask(client, "first turn", conversation.clone()).await?;
    let conversation = conversation.assistant(reply.text()).user("And what first?");
    ask(client, "second turn", conversation).await?;
    Ok(())
}
