//! `memo`: a call of a decorated function that is answered from the cache, beside the `cached`
//! crate's and beside the SHA-256 that a key of ours cannot do without.

mod cached;
mod ours;

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::pin,
    sync::OnceLock,
    task::{Context, Poll, Waker},
};

use sha2::{Digest as _, Sha256};

use crate::{
    Options,
    report::{Ratio, Table},
    timing::{self, Spread, by_turns, side},
};

/// The error of the functions on disk, which the rival demands.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A function under measurement: `cached` has one for each case as well.
type Function = fn(&str) -> String;

const CASES: [(&str, Function, Function); 3] = [
    ("memory sync", ours::answer, cached::answer),
    (
        "memory async",
        |prompt| ready(ours::answer_async(prompt)),
        |prompt| ready(cached::answer_async(prompt)),
    ),
    (
        "disk sync",
        |prompt| done(ours::answer_on_disk(prompt)),
        |prompt| done(cached::answer_on_disk(prompt)),
    ),
];

const RATIOS: [Ratio; 1] = [Ratio { name: "ours/cached", above: 0, below: 1 }];

/// The arguments, which all sides ask for in turn.
const PROMPTS: usize = 64;

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let folder = tempfile::Builder::new()
        .prefix("llm-cache-rivals-")
        .tempdir_in(options.dir.clone().unwrap_or_else(std::env::temp_dir));
    let folder = folder.map_err(|error| error.to_string())?;
    FOLDER.set(folder.path().into()).map_err(|_| "the table is printed once a process")?;
    let prompts: Vec<_> = (0..PROMPTS).map(prompt).collect();
    let sides = ["ours", "cached", "raw_sha256"];
    let mut table = Table::begin_with(options, "memo", "ns", &sides, &RATIOS, &[]);
    for (name, ours, cached) in CASES {
        for prompt in &prompts {
            // The call that misses, and one that says what it was worth.
            let expected = body(prompt);
            let found = [ours(prompt), cached(prompt), ours(prompt), cached(prompt)];
            if found.iter().any(|found| *found != expected) {
                return Err(format!("{name}: a side gives another answer"));
            }
        }
        let mut sides =
            [in_turn(&prompts, ours), in_turn(&prompts, cached), in_turn(&prompts, Sha256::digest)];
        let spreads: Vec<_> = by_turns(options.plan, &mut sides).into_iter().map(ns).collect();
        table.row(name, &spreads);
    }
    table.mean();
    ours::check((CASES.len() * PROMPTS) as u64)
}

/// Forty bytes, no two alike.
fn prompt(number: usize) -> String {
    format!("Which of the many rivers has number {number:03}?")
}

/// What every function under measurement does when it runs: an answer of forty bytes.
fn body(prompt: &str) -> String {
    prompt.to_ascii_uppercase()
}

fn in_turn<'p, T: 'p>(
    prompts: &'p [String],
    function: impl Fn(&'p str) -> T + 'p,
) -> timing::Side<'p> {
    let mut prompts = prompts.iter().cycle();
    side(move || prompts.next().map(|prompt| function(prompt)))
}

/// A call in microseconds, in nanoseconds.
fn ns(spread: Spread) -> Spread {
    let Spread { low, median, high } = spread;
    Spread { low: low * 1e3, median: median * 1e3, high: high * 1e3 }
}

/// The output of a future that has nothing to wait for.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a call under time waits"),
    }
}

/// What a call that is measured comes to: it may not fail.
fn done(result: Result<String, Fault>) -> String {
    result.unwrap_or_else(|fault| panic!("a call under time failed: {fault}"))
}

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Where what lies on disk is kept while it is measured.
fn folder() -> &'static Path {
    FOLDER.get().expect("it is set before anything is called")
}
