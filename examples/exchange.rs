//! The caching decision around a call of one's own: any client, any error type, no network here.

use std::{cell::Cell, error::Error, fmt};

use llm_cache::{
    cache::{Cache, Share},
    exchange::{Answer, Exchange},
};
use llm_cache_core::key::{Dialect, Endpoint, Scope, Tenant};

/// The error type of the program that makes the calls.
#[derive(Clone, Debug)]
struct Refused(u16);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the provider answered {}", self.0)
    }
}

impl Error for Refused {}

/// Stands for the HTTP client: it refuses the first request and cuts the second answer short.
async fn post(number: u32) -> Result<Answer, Refused> {
    let stop = match number {
        1 => return Err(Refused(529)),
        2 => "length",
        _ => "stop",
    };
    let message = r#"{"role":"assistant","content":"Paris"}"#;
    let body = format!(r#"{{"choices":[{{"finish_reason":"{stop}","message":{message}}}]}}"#);
    Ok(Answer::new(200, body))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let cache = Cache::builder().build();
    // What tells requests apart beside their bodies is hashed once.
    let scope = Scope::new(Dialect::OpenAiChat, Endpoint::Id("example"), Tenant::Named("team"));
    let hasher = scope.hasher()?;
    let exchange = Exchange::new(Some(&cache), &hasher);

    let asked = r#"{"model":"m","messages":[{"role":"user","content":"The capital of France?"}]}"#;
    let respelled =
        r#"{"messages":[{"content":"The capital of France?","role":"user"}],"model":"m"}"#;
    let with_state = r#"{"model":"m","messages":[],"thread":"t_1"}"#;
    let sent = Cell::new(0);
    for body in [asked, asked, asked, asked, respelled, with_state] {
        let judged = exchange.judge(body.as_bytes());
        let fetch = || {
            sent.set(sent.get() + 1);
            post(sent.get())
        };
        // What the hook makes of a body comes back; an answer that it refuses is not stored.
        let accept = |body: &[u8]| String::from_utf8(body.to_vec()).ok();
        match judged.answer(Share::cloned(), accept, fetch).await {
            Ok(answered) => {
                let stored = answered.verdict.skip_reason().map_or("stored", |why| why.as_str());
                println!("{:25} | {stored}", answered.outcome.to_string());
            }
            Err(error) => println!("{:25} | failed", error.to_string()),
        }
    }
    println!("requests sent: {}", sent.get());
    Ok(())
}
