//! Writes mutants: copies of a folder of the library, each with one fault, for tests that must find
//! every one of them.
//!
//! Each file `mutants/GROUP.txt` is one group. Its head says what is copied and how; then comes one
//! block a mutant:
//!
//! ```text
//! source core/src/prompt/rules         from the root of the repository; with a `mod.rs`
//! replace crate:: => llm_cache_core::  in every line; any number of these, in this order
//! entry check_body                     what is called, as a path within the folder
//! type fn(&[u8]) -> bool               its type
//!
//! == five marks
//! file limits.rs
//! - MARKS_MAX: usize = 4;
//! + MARKS_MAX: usize = 5;
//! ```
//!
//! Where `source` holds more than the group: `part NAME` takes that folder of it alone, any number
//! of times, and `door TEXT` is a line of the `mod.rs` that the copy then has.
//!
//! Several `-` or `+` lines are one text; the `-` text must stand in the file exactly once, or the
//! build fails. `OUT_DIR/GROUP.rs` then has a module per copy and the table `MUTANTS: &[(&str,
//! Entry)]`, `Entry` being the type; its first row is the copy without a fault. Lines with `#`
//! before the blocks are comments.
//!
//! The copies are 100,000 lines. With `LLM_CACHE_MUTANTS=none` only the copy without a fault is
//! written, for a build that only checks whether everything compiles.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that switches the mutants off.
const SWITCH: &str = "LLM_CACHE_MUTANTS";

fn main() {
    let home = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let groups = home.join("mutants");
    println!("cargo::rerun-if-changed={}", groups.display());
    println!("cargo::rerun-if-env-changed={SWITCH}");
    let are_wanted = env::var_os(SWITCH).is_none_or(|wanted| wanted != "none");
    for entry in fs::read_dir(groups).expect("the folder of mutants") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let text = fs::read_to_string(&path).expect("a list of mutants");
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8");
            let mut group = Group::parse(&text);
            if !are_wanted {
                group.mutants.clear();
            }
            write_group(name, &group, &home.join(".."), &out);
        }
    }
}

/// One list of mutants.
#[derive(Default)]
struct Group<'a> {
    source: &'a str,
    entry: &'a str,
    kind: &'a str,
    replace: Vec<(&'a str, &'a str)>,
    parts: Vec<&'a str>,
    door: String,
    mutants: Vec<Mutant<'a>>,
}

/// One change of one file.
#[derive(Default)]
struct Mutant<'a> {
    name: &'a str,
    file: &'a str,
    find: Vec<&'a str>,
    with: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn parse(text: &'a str) -> Self {
        let mut group = Self::default();
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match (word, group.mutants.last_mut()) {
                ("==", _) => group.mutants.push(Mutant { name: rest, ..Mutant::default() }),
                ("file", Some(mutant)) => mutant.file = rest,
                ("-", Some(mutant)) => mutant.find.push(rest),
                ("+", Some(mutant)) => mutant.with.push(rest),
                ("#", None) => {}
                ("source", None) => group.source = rest,
                ("part", None) => group.parts.push(rest),
                ("door", None) => group.door.extend([rest, "\n"]),
                ("entry", None) => group.entry = rest,
                ("type", None) => group.kind = rest,
                ("replace", None) => {
                    group.replace.push(rest.split_once(" => ").expect("`replace FIND => WITH`"));
                }
                _ => panic!("not a line of a list of mutants: {line}"),
            }
        }
        group
    }
}

fn write_group(name: &str, group: &Group<'_>, root: &Path, out: &Path) {
    let source = root.join(group.source);
    println!("cargo::rerun-if-changed={}", source.display());
    let mut files = BTreeMap::new();
    if group.parts.is_empty() {
        read(&source, Path::new(""), &mut files);
    } else {
        group.parts.iter().for_each(|part| read(&source.join(part), Path::new(part), &mut files));
        files.insert("mod.rs".into(), group.door.clone());
    }
    let original = Mutant { name: "without a fault", ..Mutant::default() };
    let (mut modules, mut rows) = (String::new(), String::new());
    for (index, mutant) in [&original].into_iter().chain(&group.mutants).enumerate() {
        let folder = out.join(name).join(format!("m{index:02}"));
        for (file, text) in changed(name, mutant, &files) {
            write(&folder.join(file), &prepared(text, &group.replace));
        }
        let door = folder.join("mod.rs");
        // A copy is judged where it comes from; here its faults may well leave something unused.
        _ = writeln!(modules, "#[allow(warnings, clippy::all, clippy::pedantic)]");
        _ = writeln!(modules, "#[path = {door:?}]\nmod m{index:02};");
        _ = writeln!(rows, "    ({:?}, m{index:02}::{}),", mutant.name, group.entry);
    }
    let table = format!("const MUTANTS: &[(&str, Entry)] = &[\n{rows}];\n");
    _ = writeln!(modules, "type Entry = {};", group.kind);
    write(&out.join(format!("{name}.rs")), &(modules + &table));
}

/// All Rust files below `folder` by their path in it; tests are left out.
fn read(folder: &Path, within: &Path, files: &mut BTreeMap<PathBuf, String>) {
    let entries = fs::read_dir(folder);
    for entry in entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let name = within.join(path.file_name().expect("a name"));
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        } else if path.is_dir() {
            read(&path, &name, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name, fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

/// The files with the fault in one of them.
fn changed(
    group: &str,
    mutant: &Mutant<'_>,
    files: &BTreeMap<PathBuf, String>,
) -> BTreeMap<PathBuf, String> {
    let mut files = files.clone();
    if mutant.find.is_empty() {
        return files;
    }
    let at = format!("mutant `{}` of {group}, {}", mutant.name, mutant.file);
    let text = files.get_mut(Path::new(mutant.file)).unwrap_or_else(|| panic!("{at}: no file"));
    let find = mutant.find.join("\n");
    assert_eq!(text.matches(&find).count(), 1, "{at}: must stand there exactly once: {find}");
    *text = text.replacen(&find, &mutant.with.join("\n"), 1);
    files
}

/// The text as another crate's module: its paths replaced, its own tests switched off.
fn prepared(mut text: String, replace: &[(&str, &str)]) -> String {
    for (find, with) in replace {
        text = text.replace(find, with);
    }
    text.replace("#[cfg(test)]", "#[cfg(any())]")
}

/// Writes a file if that changes it, so that nothing is built again without need.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("OUT_DIR can be written");
    fs::write(path, text).expect("OUT_DIR can be written");
}
