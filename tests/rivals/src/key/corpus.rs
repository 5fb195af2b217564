//! All recorded requests: what a mix of real bodies costs, most of them small.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use flate2::read::GzDecoder;
use llm_cache_core::{
    json::JsonValue,
    key::{Dialect, KeyHasher},
};

use super::{cases, sides};
use crate::{
    Options,
    report::Table,
    shared,
    timing::{by_turns, side},
};

/// The recorded files, each of requests of one dialect.
const FILES: [(&str, Dialect); 4] = [
    ("anthropic_messages", Dialect::AnthropicMessages),
    ("anthropic_count_tokens", Dialect::AnthropicMessages),
    ("openai_chat", Dialect::OpenAiChat),
    ("openai_responses", Dialect::OpenAiResponses),
];

/// Prints the table: the sum over all requests of a file, and over all files.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let Some(shared) = shared::shared_dir()? else { return Ok(()) };
    let files = FILES.map(|(name, dialect)| {
        let bodies = load(&shared.join("traffic").join(name).with_extension("jsonl.gz"))?;
        Ok((name, sides::hasher(dialect)?, bodies))
    });
    let files = files.into_iter().collect::<Result<Vec<_>, String>>()?;
    let mut table = Table::begin(options, "key corpus", &cases::COLUMNS, &cases::RATIOS);
    let mut all = Vec::new();
    for (name, hasher, bodies) in &files {
        let requests: Vec<_> = bodies.iter().map(|body| (hasher, &body[..])).collect();
        row(options, &mut table, name, &requests)?;
        all.extend(requests);
    }
    row(options, &mut table, "all", &all)
}

/// A request and what makes its key.
type Request<'a> = (&'a KeyHasher, &'a [u8]);

fn row(
    options: &Options,
    table: &mut Table,
    name: &str,
    requests: &[Request<'_>],
) -> Result<(), String> {
    requests.iter().try_for_each(|(_, body)| sides::check_equal(name, body))?;
    let bytes: usize = requests.iter().map(|(_, body)| body.len()).sum();
    let of_all = |work: fn(&KeyHasher, &[u8]) -> Option<[u8; 32]>| {
        let done = move |&(hasher, body): &Request<'_>| work(hasher, body).is_some();
        side(move || requests.iter().filter(|request| done(request)).count())
    };
    let spreads = by_turns(
        options.plan,
        &mut [
            of_all(sides::ours),
            of_all(|_, body| sides::canonicalizer_sha256(body)),
            of_all(|_, body| sides::jcs_sha256(body)),
            of_all(|_, body| Some(sides::raw_sha256(body))),
        ],
    );
    table.row(&format!("{name} ({} requests, {bytes} bytes)", requests.len()), &spreads);
    Ok(())
}

/// The bodies of a file of recorded traffic, one JSON object a line.
fn load(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| fault(&error))?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let bodies = lines.map(|line| {
        let line = line.map_err(|error| fault(&error))?;
        let record = JsonValue::parse(line.as_bytes()).map_err(|error| fault(&error))?;
        let request = record.get("request").ok_or_else(|| fault(&"a line without a request"))?;
        Ok(without_white_space(request.text()))
    });
    bodies.collect()
}

/// The recording has spaces between tokens, which no SDK sends.
fn without_white_space(json: &str) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let counts = |byte: &u8| {
        let counts = in_string || !byte.is_ascii_whitespace();
        in_string ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        counts
    };
    json.bytes().filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White space goes between tokens and stays in strings, whatever quotes these hold.
    #[test]
    fn strings_keep_their_spaces() {
        let json = r#"{ "a b": "\" \\", "c" : [ 1, 2 ] }"#;
        let compact = r#"{"a b":"\" \\","c":[1,2]}"#;
        assert_eq!(without_white_space(json), compact.as_bytes());
    }
}
