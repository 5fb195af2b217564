//! House style as a test: what a reviewer would have to say again and again.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longest file: beyond it a file holds two concepts.
const FILE_LINES_MAX: usize = 450;
const LINE_COLUMNS_MAX: usize = 100;
/// Longest page about the rooms: a reader must get through it.
const ARCHITECTURE_LINES_MAX: usize = 220;

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

/// The first lines of a library file say what the file holds, so that no page has to list files.
#[test]
fn files_say_what_they_hold() {
    let is_documented =
        |text: &str| text.starts_with("//! ") || text.contains("#![doc = include_str!");
    let is_library = |path: &str| path.starts_with("core/src") || path.starts_with("std-adapter/");
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| {
            is_library(path) && !path.contains("/tests/") && !is_documented(text)
        })
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "these begin without a line of documentation: {silent:#?}");
}

/// ARCHITECTURE.md is short, names each room of the library, and names no folder that is gone.
#[test]
fn architecture_names_the_rooms() {
    let root = root();
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let lines = page.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines");

    for crate_root in ["core/src", "std-adapter/src"] {
        for entry in fs::read_dir(root.join(crate_root)).unwrap() {
            let entry = entry.unwrap();
            let room = format!("`{crate_root}/{}/`", entry.file_name().to_str().unwrap());
            let is_room = entry.path().is_dir() && entry.path().join("mod.rs").exists();
            assert!(!is_room || page.contains(&room), "ARCHITECTURE.md does not name {room}");
        }
    }
    let named = page.split('`').skip(1).step_by(2).filter(|name| name.ends_with('/'));
    let gone: Vec<_> = named
        .filter(|name| ROOMS.iter().any(|room| name.starts_with(room)))
        .filter(|name| !root.join(name).is_dir())
        .collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names folders that are gone: {gone:#?}");
}
