//! What a hit of the client costs, beside a SHA-256 of the same body.
//!
//! A package of its own, which `rivals client` builds and runs: the adapter as a whole builds
//! serde_json with features that slow the rivals of `key` down.

mod server;
mod work;

#[path = "../../src/machine.rs"]
mod machine;
#[path = "../../src/report.rs"]
#[allow(dead_code, reason = "the rivals use all of it")]
mod report;
#[path = "../../src/timing.rs"]
#[allow(dead_code, reason = "the rivals use all of it")]
mod timing;

use std::{env, process::ExitCode};

use timing::Plan;

/// What stands on the command line.
pub(crate) struct Options {
    plan: Plan,
    seed: u64,
    /// The command line, for the table's first line.
    command: String,
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let command = format!("rivals client {}", arguments.join(" ")).trim_end().to_owned();
    let mut options = Options { plan: Plan::FULL, seed: 1, command };
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--quick" => options.plan = Plan::QUICK,
            "--seed" => {
                let value = rest.next().and_then(|value| value.parse().ok());
                options.seed = value.ok_or("--seed needs a number")?;
            }
            _ => return Err(format!("unknown option {option}")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match parse(&arguments).and_then(|options| work::run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("rivals client: {why}");
            ExitCode::FAILURE
        }
    }
}
