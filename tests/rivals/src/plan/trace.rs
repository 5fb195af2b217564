//! The production trace as prompts.
//!
//! Each line is a request: its time, the length of its prompt and the hashes of the prompt's blocks
//! of 512 tokens, each over all before it. Here each hash block is one text block and one position;
//! the last one is cut to the length, and since its hash covers what the cut left, a conversation
//! that goes on has another block there. Block 0, which all requests share, is the system prompt;
//! the rest are messages, without tools. Requests of the same millisecond (the trace's clock ticks
//! every three seconds) are answered one after the other in the order of the lines. The model keeps
//! prefixes from 512 tokens up.

use std::{fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use llm_cache_core::prompt::Section;
use llm_cache_planner::engine::{Run, Spot};

use super::prompt::Prompt;

/// Tokens of a whole block.
const BLOCK: u64 = 512;

/// Reads the trace from a folder with one file of JSON lines, compressed.
pub(crate) fn read(folder: &Path) -> Result<Vec<Prompt>, String> {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    let files: Vec<_> =
        fs::read_dir(folder).map_err(fail)?.collect::<Result<_, _>>().map_err(fail)?;
    let mut paths: Vec<_> = files.iter().map(fs::DirEntry::path).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".jsonl.gz"));
    paths.sort();
    let mut prompts = Vec::new();
    for path in &paths {
        let mut text = String::new();
        let file = fs::File::open(path).map_err(fail)?;
        GzDecoder::new(file).read_to_string(&mut text).map_err(fail)?;
        for (at, line) in text.lines().enumerate() {
            let bad = || format!("{}: line {} is no request", path.display(), at + 1);
            prompts.push(parse(line).ok_or_else(bad)?);
        }
    }
    if prompts.is_empty() {
        return Err(format!("{}: no requests in *.jsonl.gz", folder.display()));
    }
    Ok(prompts)
}

fn parse(line: &str) -> Option<Prompt> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let length = value["input_length"].as_u64()?;
    let hashes = value["hash_ids"].as_array()?;
    let spot = |(at, hash): (usize, &serde_json::Value)| {
        Some(Spot {
            digest: hash.as_u64()?.into(),
            tokens_end: length.min((at as u64 + 1) * BLOCK),
            section: if at == 0 { Section::System } else { Section::Messages },
            is_markable: true,
            run: Run::No,
        })
    };
    let spots = hashes.iter().enumerate().map(spot).collect::<Option<_>>()?;
    Some(Prompt { at_ms: value["timestamp"].as_u64()?, spots })
}
