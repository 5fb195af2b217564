//! The client against servers that answer oddly: error bodies, headers, slow and broken bodies, and
//! the ends of streams.

mod errors;
mod headers;
mod recorded;
mod server;
mod streams;

use std::time::Duration;

use llm_cache::client::{Client, ClientBuilder, Request, RetryPolicy};
use llm_cache::{Error, ErrorKind};

use server::Server;

const KEY: &str = "sk-loopback-0123456789abcdef";

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m",
"content":[{"type":"text","text":"7"}],
"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":3}}"#;

const CHAT_ANSWER: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m",
"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"7"}}]}"#;

const STREAM: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

const CHAT_STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"7\"},\
    \"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A vendor by the name that the shared cases use.
fn builder(vendor: &str, server: &Server) -> ClientBuilder {
    let builder = match vendor {
        "openai" => Client::openai().base_url(format!("{}/v1", server.url)),
        _ => Client::anthropic().base_url(&server.url),
    };
    let at_once = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    builder.api_key(KEY).model("m").retry(at_once)
}

/// A request for a stream, with further members.
fn raw(members: &str) -> Request {
    let comma = if members.is_empty() { "" } else { "," };
    Request::raw(format!(
        r#"{{"model":"m","max_tokens":1,"messages":[],"stream":true{comma}{members}}}"#
    ))
}

/// The ways to take in a stream.
#[derive(Clone, Copy, Debug)]
enum Way {
    Events,
    Bytes,
    Send,
}

const WAYS: [Way; 3] = [Way::Events, Way::Bytes, Way::Send];

/// Takes in a stream to its end, in one of the ways, and gives what came.
async fn take(client: &Client, request: Request, way: Way) -> Result<String, Error> {
    let mut text = String::new();
    match way {
        Way::Events => {
            let mut stream = client.stream(request).await?;
            while let Some(event) = stream.next().await? {
                text.push_str(&event.data);
            }
        }
        Way::Bytes => {
            let mut stream = client.stream(request).await?.into_bytes();
            while let Some(piece) = stream.next().await? {
                text.push_str(&String::from_utf8_lossy(&piece));
            }
        }
        Way::Send => {
            text.push_str(&String::from_utf8_lossy(client.send(request).await?.body()));
        }
    }
    Ok(text)
}

fn kind_of(result: &Result<String, Error>) -> Option<ErrorKind> {
    result.as_ref().err().map(Error::kind)
}
