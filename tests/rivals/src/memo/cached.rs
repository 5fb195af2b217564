//! The same functions, decorated by the `cached` crate's attributes.

use ::cached::{
    RedbCache,
    macros::{cached, concurrent_cached},
};

use super::{Fault, body, folder};

#[cached(key = "String", convert = { prompt.to_owned() })]
pub(super) fn answer(prompt: &str) -> String {
    body(prompt)
}

#[cached(key = "String", convert = { prompt.to_owned() })]
pub(super) async fn answer_async(prompt: &str) -> String {
    body(prompt)
}

#[concurrent_cached(
    disk = true,
    key = "String",
    convert = { prompt.to_owned() },
    map_error = |fault: ::cached::RedbCacheError| -> Fault { fault.into() },
    ty = "RedbCache<String, String>",
    create = {
        RedbCache::builder("cache").disk_dir(folder().join("cached")).build().expect("a new store")
    }
)]
pub(super) fn answer_on_disk(prompt: &str) -> Result<String, Fault> {
    Ok(body(prompt))
}
