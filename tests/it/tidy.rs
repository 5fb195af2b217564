//! House style as a test: what a reviewer would have to say again and again.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longest file: beyond it a file holds two concepts.
const FILE_LINES_MAX: usize = 450;
const LINE_COLUMNS_MAX: usize = 100;

/// Words that must not reach the main branch, split so that this file does not hold them itself.
const BANNED: [&str; 5] = [
    concat!("to", "do!("),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("dbg", "!("),
    concat!("unimpl", "emented!("),
];

/// The folders whose Rust files are ours; `data` and build output hold other people's bytes.
const ROOMS: [&str; 5] = ["core", "std-adapter", "examples", "tests", "fuzz"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the tests stand in it")
}

/// All Rust files of the rooms, as (path from the root, text).
fn sources() -> Vec<(String, String)> {
    let root = root();
    let mut pending: Vec<_> = ROOMS.iter().map(|room| root.join(room)).collect();
    let mut sources = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name =
                path.file_name().expect("a name in UTF-8").to_str().expect("a name in UTF-8");
            if path.is_dir() && name != "target" && name != "corpus" {
                pending.push(path);
            } else if name.ends_with(".rs") {
                let from_root = path
                    .strip_prefix(&root)
                    .expect("a name in UTF-8")
                    .to_str()
                    .expect("a name in UTF-8")
                    .to_owned();
                sources.push((from_root, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    sources.sort();
    sources
}

/// Runs `check` on every line of every source and fails with all findings at once.
fn every_line(check: impl Fn(&str) -> Option<String>) {
    let findings: Vec<_> = sources()
        .iter()
        .flat_map(|(path, text)| {
            let lines = text.lines().enumerate();
            let check = &check;
            lines.filter_map(move |(at, line)| Some(format!("{path}:{}: {}", at + 1, check(line)?)))
        })
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Files stay short enough to be one concept.
#[test]
fn files_are_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|&(_, lines)| lines > FILE_LINES_MAX)
        .collect();
    assert!(long.is_empty(), "over {FILE_LINES_MAX} lines: {long:?}");
}

/// Lines fit a split screen, are ASCII (no look-alike letters) and leave no blank at their end.
#[test]
fn lines_are_narrow_and_plain() {
    every_line(|line| {
        // Neither a row of a table in the docs nor a string can be wrapped well.
        let is_row = ["//! |", "/// |"].iter().any(|start| line.trim_start().starts_with(start));
        if line.len() > LINE_COLUMNS_MAX && !is_row && !line.contains('"') {
            Some(format!("{} columns", line.len()))
        } else if !line.is_ascii() {
            Some("a character outside ASCII; write it as an escape".to_owned())
        } else {
            (line.trim_end() != line).then(|| "trailing blank".to_owned())
        }
    });
}

/// Nothing half-done lands.
#[test]
fn no_leftovers() {
    every_line(|line| {
        let word = BANNED.iter().find(|word| line.contains(**word))?;
        Some(format!("leftover: {word}"))
    });
}

/// The code map of ARCHITECTURE.md names every source file of the library and every folder around
/// it, so that a stranger finds the room for a change; and it names no file that is gone.
#[test]
fn architecture_is_the_tree() {
    let root = root();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, map) = page.split_once("## Code map").expect("a code map");
    let sources = sources();
    let is_test = |path: &str| path.contains("tests") || path.ends_with("vectors.rs");
    let missing: Vec<_> = sources
        .iter()
        .map(|(path, _)| Path::new(path))
        .filter(|path| path.starts_with("core") || path.starts_with("std-adapter"))
        .filter(|path| !is_test(path.to_str().unwrap()) && !path.ends_with("loopback.rs"))
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let folder = path.parent().unwrap().to_str().unwrap();
            // A door is named by its folder, any other file by its own name below its folder.
            if ["mod.rs", "lib.rs"].contains(&name) {
                !map.contains(&format!("`{folder}/`")) && !folder.ends_with("/src")
            } else {
                let section = map.split_once(&format!("`{folder}/`")).map_or(map, |(_, rest)| rest);
                !section.contains(&format!("`{name}`"))
            }
        })
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name: {missing:#?}");

    let named = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.ends_with(".rs") && !name.starts_with('*'));
    let gone: Vec<_> = named
        .filter(|name| !sources.iter().any(|(path, _)| Path::new(path).ends_with(name)))
        .collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names files that are gone: {gone:#?}");
}
