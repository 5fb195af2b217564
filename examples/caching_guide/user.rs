//! Cached user messages: a large document that several questions are about.

use std::error::Error;

use llm_cache::{Client, client::Request};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let document = long("A line of the code base that many questions are about.");
    let context = Request::new().system("You are a helpful assistant.").cached_user(document, MARK);
    for query in ["Key patterns?", "What can be improved?"] {
        ask(client, query, context.clone().user(query)).await?;
    }
    Ok(())
}
