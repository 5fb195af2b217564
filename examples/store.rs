//! The file store by itself: entries of any kind by key, in a directory that several processes
//! share. Here two stores stand for two processes.

mod support;

use std::{error::Error, fs, io, path::Path, process::ExitCode};

use llm_cache::store::{Durability, FileStore};
use llm_cache_core::{
    Millis, RequestKey,
    record::{Record, Timestamp},
};

fn key(n: u8) -> RequestKey {
    RequestKey::from_bytes([n; 32])
}

/// What is kept of an entry: an answer and what the cache wants to know of it.
fn record(n: u8, answer: &str) -> Record<'_> {
    let created = Timestamp::unix(Millis(1_750_000_000_000 + u64::from(n)));
    Record { created, ttl: None, cost: 40, ..Record::new(key(n), answer.as_bytes()) }
}

fn open(directory: &Path) -> Result<FileStore, llm_cache::store::StoreError> {
    FileStore::options()
        .namespace("demo") // beside others in the same directory
        .max_bytes(64 << 20) // all files together, at any time
        .durability(Durability::Always) // a put returns when a power loss cannot undo it
        .open(directory)
}

fn told(store: &FileStore, n: u8) -> Result<String, Box<dyn Error>> {
    let found = store.get(&key(n))?;
    Ok(found.map_or("nothing".into(), |it| String::from_utf8_lossy(&it.payload).into_owned()))
}

fn run() -> Result<(), Box<dyn Error>> {
    support::Arguments::read("store").finish()?;
    let directory = Path::new("target/store-example");
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }

    let ours = open(directory)?;
    for n in 1..=100 {
        ours.put(&record(n, &format!("answer {n}, first try")))?;
    }
    let theirs = open(directory)?;
    println!("another process finds : {}", told(&theirs, 7)?);
    for n in 1..=90 {
        theirs.put(&record(n, &format!("answer {n}")))?;
    }
    println!("what it replaced      : {}", told(&ours, 7)?);
    println!("removed               : {}", ours.remove(&key(8))?);
    println!("is gone for both      : {}, {}", told(&ours, 8)?, told(&theirs, 8)?);

    let entries = ours.iter()?.collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = entries.iter().map(|(_, entry)| entry.payload.len()).sum();
    println!("all entries           : {}, {bytes} bytes of answers", entries.len());
    drop(theirs);

    let before = ours.stats();
    ours.compact()?;
    let after = ours.stats();
    println!("the first tries go    : {}", after.bytes < before.bytes);
    println!("and nothing else      : {} entries, {}", after.entries, told(&ours, 100)?);
    println!("everything is whole   : {}", ours.verify()?.is_whole());

    ours.clear()?; // this namespace only
    println!("after a clear         : {} entries", ours.stats().entries);
    Ok(())
}

fn main() -> ExitCode {
    support::exit("store", run())
}
