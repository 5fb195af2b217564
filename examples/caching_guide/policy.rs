//! Cache policies: there is one, `ephemeral`, with two lifetimes; any other name is an error.

use std::error::Error;

use llm_cache::{
    Client,
    client::Request,
    llm_cache_core::prompt::{CacheControl, Ttl},
};

use super::{ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let manual = long("You are a helpful assistant who knows this manual.");
    let policy = CacheControl::from_policy("ephemeral")?;
    let request = |mark| Request::new().cached_system(&manual, mark).user("Hello");
    ask(client, "ephemeral", request(policy)).await?;
    // The same text with the longer lifetime is found too: a mark is no part of what is hashed.
    ask(client, "ephemeral for an hour", request(policy.with_ttl(Ttl::OneHour))).await?;
    if let Err(error) = CacheControl::from_policy("persistent") {
        println!("  persistent: {error}");
    }
    Ok(())
}
