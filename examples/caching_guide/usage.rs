//! Monitoring cache usage: what a call wrote and read, and whether anything was saved.

use std::error::Error;

use llm_cache::{Client, client::Request};

use super::{MARK, ask, long};

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let request = |text: &str| Request::new().cached_system(text, MARK).user("Hello");
    let manual = long("You are a helpful assistant who knows this manual.");
    let calls = [("too short to be kept", "Be brief."), ("first", &manual), ("again", &manual)];
    for (what, text) in calls {
        let reply = ask(client, what, request(text)).await?;
        match reply.usage().and_then(|usage| usage.cache_usage()) {
            Some(cache) if reply.cached() => {
                println!("    cache hit: {} tokens at a tenth", cache.cache_read_tokens);
            }
            // A write costs more than no cache would; only a later read makes good for it.
            Some(cache) => println!("    no hit: {} tokens written", cache.cache_write_tokens),
            None => println!("    no cache usage in this request"),
        }
    }
    println!("    {}", client.savings());
    Ok(())
}
