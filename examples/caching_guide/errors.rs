//! Error handling: what the provider would refuse, or pass over without a word, is told before
//! anything is sent.

use std::error::Error;

use llm_cache::{
    Client,
    client::{Part, Request},
    llm_cache_core::prompt::{Role, Ttl, Which},
};

use super::MARK;

pub(super) async fn run(client: &Client) -> Result<(), Box<dyn Error>> {
    let results = || (1..=5).map(|n| Part::tool_result(format!("call_{n}"), "a result"));
    if let Err(error) = Request::new().cached_tool_results(results(), Which::Indices(&[10]), MARK) {
        println!("  {error}");
    }
    let image = Part::image_url("https://example.com/chart.png");
    if let Err(error) = Request::new().cached_user_parts([image], MARK) {
        println!("  {error}");
    }
    let requests = [
        Request::new().cached_tool_results(results(), Which::All, MARK)?,
        Request::new().cached_user("", MARK),
        Request::new()
            .cached_system("for a while", MARK)
            .message(Role::User, [Part::text("for an hour").cached(MARK.with_ttl(Ttl::OneHour))]),
    ];
    for request in requests {
        if let Err(error) = client.send(request).await {
            println!("  {error}");
        }
    }
    println!("  requests sent: {}", client.upstream_calls());
    Ok(())
}
