//! Schemas of answers: what goes out for a table of types, and that it holds for what serde writes.

mod case;
mod generate;
mod golden;
mod mutate;
mod types;
mod validated;

use llm_cache_tests::{Emulator, Options};
use serde_json::Value;

use case::{Case, Form};

fn emulator() -> Emulator {
    Emulator::start(Options::new().now_ms(0)).expect("a free port on loopback")
}

/// The schema that goes out for a type, as it stands in the request.
async fn sent(case: &Case, form: Form, emulator: &Emulator) -> Result<Value, llm_cache::Error> {
    let before = emulator.upstream_calls();
    let asked = case.ask(&form.client(emulator), form, "Say something.").await;
    if emulator.upstream_calls() == before {
        return Err(asked.expect_err("nothing was sent"));
    }
    Ok(form.schema_of(&emulator.last_request().expect("it was sent").json()))
}
