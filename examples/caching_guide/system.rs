//! Cached system messages: instructions that many requests share.

use std::error::Error;

use llm_cache::{Client, client::Request};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let standards = long("Names say what a thing is; a function does one thing.");
    let reviewer = Request::new().cached_system(
        format!("You review code by the company's standards document:\n{standards}"),
        MARK,
    );
    let requests = ["Please review this function.", "Please review this module."];
    for request in requests {
        ask(client, request, reviewer.clone().user(request)).await?;
    }
    Ok(())
}
