//! The folder of shared material beside the repository, and the rule for running without it.

use std::path::PathBuf;

/// The folder `../shared` beside the repository, where it is there.
///
/// Without it this prints `skipped: no ../shared` and answers `None`; with `LLM_CACHE_NO_SKIP=1`,
/// which CI sets, it is an error.
pub(crate) fn shared_dir() -> Result<Option<PathBuf>, String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    if std::env::var("LLM_CACHE_NO_SKIP").as_deref() == Ok("1") {
        return Err("LLM_CACHE_NO_SKIP=1 and a table would be skipped: no ../shared".to_owned());
    }
    println!("skipped: no ../shared");
    Ok(None)
}
