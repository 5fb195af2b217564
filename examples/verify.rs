//! `verify DIRECTORY` reads a whole store and names what is damaged: a line for each place, and
//! exit code 1 if there is one. Without a directory it makes a store, damages it on purpose in
//! three places, and shows what is found and what can still be read.

mod support;

use std::{error::Error, fs, path::Path, process::ExitCode};

use llm_cache::store::{Durability, FileStore, StoreError, Verification};
use llm_cache_core::{RequestKey, record::Record};

fn report(found: &Verification) {
    let places = found.damage.len();
    println!("{} entries whole, {places} places damaged", found.entries_whole);
    for damage in &found.damage {
        let file = damage.file.file_name().unwrap_or_default().to_string_lossy();
        println!("{file}: {} bytes at {}: {}", damage.len, damage.offset, damage.kind);
    }
}

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n; 32])
}

fn answer(n: u8) -> String {
    format!("this is the answer to question {n}")
}

fn open(directory: &Path) -> Result<FileStore, StoreError> {
    FileStore::options().durability(Durability::None).open(directory)
}

/// Flips a bit in an answer, one in the head of another entry, and cuts the last entry off.
fn damage(directory: &Path) -> Result<(), Box<dyn Error>> {
    let segment = directory.join("00000001.seg");
    let mut bytes = fs::read(&segment)?;
    let place = |bytes: &[u8], wanted: &[u8]| {
        let place = bytes.windows(wanted.len()).position(|window| window == wanted);
        place.ok_or("the store is not as this example knows it")
    };
    let in_answer = place(&bytes, answer(2).as_bytes())?;
    bytes[in_answer] ^= 1;
    let in_head = place(&bytes, key(4).as_bytes())?;
    bytes[in_head] ^= 1;
    let cut = place(&bytes, answer(6).as_bytes())? + 10;
    Ok(fs::write(segment, &bytes[..cut])?)
}

fn demonstrate() -> Result<(), Box<dyn Error>> {
    let directory = Path::new("target/verify-example");
    let _ = fs::remove_dir_all(directory);
    let store = open(directory)?;
    for n in 1..=6 {
        store.put(&Record::new(key(n), answer(n).as_bytes()))?;
    }
    report(&store.verify()?);
    drop(store);
    damage(directory)?;

    let store = open(directory)?;
    report(&store.verify()?);
    for n in 1..=6 {
        let found = store.get(&key(n))?.map(|entry| entry.payload);
        assert!(found.as_ref().is_none_or(|payload| *payload == answer(n)), "a wrong answer");
        println!("entry {n}: {}", if found.is_some() { "whole" } else { "a miss" });
    }
    Ok(())
}

fn run() -> Result<(), Box<dyn Error>> {
    let Some(directory) = std::env::args_os().nth(1) else { return demonstrate() };
    if !Path::new(&directory).is_dir() {
        return Err(format!("{} is no directory", directory.display()).into());
    }
    let found = FileStore::open(directory)?.verify()?;
    report(&found);
    if found.is_whole() { Ok(()) } else { Err("the store is damaged".into()) }
}

fn main() -> ExitCode {
    support::exit("verify", run())
}
