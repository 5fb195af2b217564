//! The cases: typed requests, typed answers and raw bodies, each answered from memory.

use std::{
    error::Error,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use llm_cache::{
    Cache, Client,
    client::{Reply, Request},
};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{
    Options,
    report::{Ratio, Table},
    server::Server,
    timing::{by_turns, side},
};

const COLUMNS: [&str; 2] = ["ours", "raw_sha256"];
const RATIOS: [Ratio; 1] = [Ratio { name: "ours/raw_sha256", above: 0, below: 1 }];

/// Calls of a batch. A short batch is seldom interrupted by other programs.
const BATCH: usize = 10;

/// What the typed answers are decoded as.
#[derive(Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u8,
    languages: Vec<String>,
}

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    measure(options).map_err(|error| error.to_string())
}

fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    let server = Server::start()?;
    let client = Client::anthropic()
        .base_url(&server.url)
        .api_key("sk-1")
        .model("claude-haiku-4-5")
        .cache(Cache::builder().build())
        .build()?;
    let mut table = Table::begin_with(options, "client", "ns", &COLUMNS, &RATIOS, &[]);
    for (size, prompt) in [("40B", text(40)), ("100KB", text(100_000))] {
        let prompt = prompt.as_str();
        runtime.block_on(client.send(prompt))?;
        let body = server.last_body();
        let send = || is_hit(&at_once(client.send(prompt)).expect("a hit"));
        row(options, &mut table, &format!("send {size}"), send, &body);

        runtime.block_on(client.extract::<Person>(prompt).send())?;
        let asked = server.last_body();
        let extract = || {
            let person = at_once(client.extract::<Person>(prompt).send()).expect("a hit");
            is_hit(person.reply());
            person.name.len() + usize::from(person.age) + person.languages.len()
        };
        row(options, &mut table, &format!("extract {size}"), extract, &asked);

        if size == "100KB" {
            let raw = Request::raw(body.clone());
            let send = || is_hit(&at_once(client.send(&raw)).expect("a hit"));
            row(options, &mut table, &format!("raw {size}"), send, &body);
        }
    }
    table.mean();
    Ok(())
}

/// Adds a row, whose times are those of a batch of calls.
fn row<T>(options: &Options, table: &mut Table, case: &str, call: impl Fn() -> T, body: &[u8]) {
    let repeat = |work: &dyn Fn()| (0..BATCH).for_each(|_| work());
    let ours = || {
        black_box(call());
    };
    let raw = || {
        black_box(Sha256::digest(body));
    };
    let mut spreads = by_turns(options.plan, &mut [side(|| repeat(&ours)), side(|| repeat(&raw))]);
    for spread in &mut spreads {
        // From microseconds a batch to nanoseconds a call.
        let scale = 1000.0 / BATCH as f64;
        spread.low *= scale;
        spread.median *= scale;
        spread.high *= scale;
    }
    table.row(case, &spreads);
}

/// A call that memory answers is done at the first look.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the call waits for something"),
    }
}

fn is_hit(reply: &Reply) {
    assert!(reply.outcome().is_hit(), "{}", reply.outcome());
}

/// Plain English of just that many bytes.
fn text(len: usize) -> String {
    let words = "Ada Lovelace is 36 and speaks English and French. ";
    words.chars().cycle().take(len).collect()
}
