//! Granular control: a mark on any block, of either lifetime. Here the document of a message with
//! several parts, so that it serves every question.

use std::error::Error;

use llm_cache::{
    Client,
    client::{Part, Request, Tool},
    llm_cache_core::prompt::{Role, Ttl},
};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let hour = MARK.with_ttl(Ttl::OneHour);
    let search = Tool::function("search", r#"{"type":"object","properties":{}}"#).cached(hour);
    let manual = long("What every conversation of the day needs.");
    let document = long("A line of a large document.");
    // Longer lifetimes come first: tools, system, messages.
    let shared = Request::new().tool(search).cached_system(&manual, hour);
    for question in ["Why?", "How?", "Since when?"] {
        let parts = [
            Part::text("Introduction text"),
            Part::text(&document).cached(MARK),
            Part::text(question),
        ];
        ask(client, question, shared.clone().message(Role::User, parts)).await?;
    }
    Ok(())
}
