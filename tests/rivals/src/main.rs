//! llm-cache beside other crates that do the same work: `-- SUBCOMMAND [--quick] [--seed N]
//! [--only TABLE] [--traces DIR] [--dir DIR]`.
//!
//! Every sub-command prints tab-separated tables to standard output and the spread of its figures
//! to standard error. All sides of a table run by turns in one process. Nothing here judges a
//! time: the budgets stand in the README of `tests/`.

mod bodies;
mod client;
mod cost;
mod hit;
mod key;
mod machine;
mod memo;
mod memory;
mod parallel;
mod plan;
mod policy;
mod random;
mod report;
mod shared;
mod store;
mod stream;
mod table;
mod text;
mod timing;
mod zipf;

use std::{env, path::PathBuf, process::ExitCode};

use timing::Plan;

/// What stands on the command line.
pub(crate) struct Options {
    /// How much to measure.
    plan: Plan,
    /// Whether all has to end within a minute.
    quick: bool,
    /// What all generated input comes from.
    seed: u64,
    /// The one table that is wanted; all of them without it.
    only: Option<String>,
    /// The folder of traces to play.
    traces: Option<PathBuf>,
    /// The folder to keep stores in; the system's for temporary files without it.
    dir: Option<PathBuf>,
    /// The command line, for the tables' first lines.
    command: String,
}

impl Options {
    /// Whether a table is to be printed, which is one of the quick ones or not.
    fn wants(&self, table: &str, is_quick: bool) -> bool {
        match &self.only {
            Some(only) => table == only,
            None => is_quick || !self.quick,
        }
    }

    /// The sub-command, and the options behind it.
    fn parse(arguments: &[String]) -> Result<(&str, Self), String> {
        let (subcommand, rest) = arguments.split_first().ok_or("which sub-command?")?;
        let command = format!("rivals {}", arguments.join(" "));
        let (plan, quick, only) = (Plan::FULL, false, None);
        let (traces, dir) = (None, None);
        let mut options = Self { plan, quick, seed: 1, only, traces, dir, command };
        let mut rest = rest.iter();
        while let Some(option) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "--quick" => (options.plan, options.quick) = (Plan::QUICK, true),
                "--seed" => {
                    options.seed = value()?.parse().map_err(|_| "--seed needs a number")?;
                }
                "--only" => options.only = Some(value()?.clone()),
                "--traces" => options.traces = Some(value()?.into()),
                "--dir" => options.dir = Some(value()?.into()),
                _ => return Err(format!("unknown option {option}")),
            }
        }
        Ok((subcommand, options))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let done = Options::parse(&arguments).and_then(|(subcommand, options)| match subcommand {
        "client" => client::run(),
        "key" => key::run(&options),
        "table" => table::run(&options),
        "hit" => hit::run(&options),
        "cost" => cost::run(&options),
        "store" => store::run(&options),
        "plan" => plan::run(&options),
        "memo" => memo::run(&options),
        "stream" => stream::run(&options),
        _ => Err(format!("unknown sub-command {subcommand}")),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("rivals: {why}");
            eprintln!("usage: rivals key [--quick] [--seed N] [--only TABLE]");
            eprintln!("       rivals client [--quick] [--seed N]");
            eprintln!("       rivals table [--quick] [--seed N] [--only ENTRIES | --only threads]");
            eprintln!("       rivals hit --traces DIR [--quick] [--seed N]");
            eprintln!("       rivals cost [--quick] [--seed N] [--only TABLE]");
            eprintln!("       rivals store [--quick] [--seed N] [--only TABLE] [--dir DIR]");
            eprintln!("       rivals plan [--seed N] [--only TABLE]");
            eprintln!("       rivals memo [--quick] [--dir DIR]");
            eprintln!("       rivals stream [--quick] [--seed N]");
            ExitCode::FAILURE
        }
    }
}
