//! `serde_json_canonicalizer` on each line of standard input: one canonical text a line. The driver
//! in tests/interop compares it with ours and with others; here the dependency is at hand.

use std::{
    error::Error,
    io::{self, BufRead, BufWriter, Write},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().split(b'\n') {
        let value: serde_json::Value = serde_json::from_slice(&line?)?;
        out.write_all(&serde_json_canonicalizer::to_vec(&value)?)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
