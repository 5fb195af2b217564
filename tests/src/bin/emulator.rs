//! The provider emulator as a program, for clients in other languages.
//!
//! Prints its address (`http://127.0.0.1:PORT`, without `/v1`) as one line, and ends when its
//! standard input does: so it never outlives the program that started it. It listens to the
//! steering paths of `emulator/control.rs`.

use std::io::{self, Read as _, Write as _};

use llm_cache_tests::{Emulator, Options};

fn main() -> io::Result<()> {
    let emulator = Emulator::start(Options::new().steerable())?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", emulator.base_url())?;
    stdout.flush()?;
    let mut ignored = [0; 512];
    while io::stdin().read(&mut ignored)? > 0 {}
    Ok(())
}
