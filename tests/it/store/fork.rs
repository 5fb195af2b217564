//! A process that forks with a store open.

use llm_cache::store::FileStore;

use super::{
    entry::{found, put},
    process::end_in_time,
};

/// Entries that each side puts.
pub(super) const COUNT: u32 = 50;

/// Forks. `how` the child goes on: `work` and put entry 1 of [`COUNT`] keys from `first` on, at
/// the same time as the parent puts the next ones; `leave` and drop the store first. `ok` if both
/// sides find all that is theirs.
pub(super) fn fork(store: &FileStore, how: &str, first: u32) -> String {
    // SAFETY: no other thread is within a call of the store, whose own threads hold nothing that a
    // child needs; the C library keeps its locks in order over a fork. The child leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        end_in_time();
        let is_good = match how {
            "leave" => {
                // SAFETY: the copy that the child has of a live store; the child never returns,
                // so it is not used again.
                drop(unsafe { std::ptr::read(store) });
                true
            }
            _ => work(store, first),
        };
        // SAFETY: ends the process at once, without handlers that belong to the parent.
        unsafe { libc::_exit(if is_good { 0 } else { 1 }) }
    }
    let ours = work(store, first + COUNT);
    let mut status = 0;
    // SAFETY: a child of ours, and a place for its status.
    unsafe { libc::waitpid(child, &mut status, 0) };
    let all = (first..first + 2 * COUNT).all(|key| how == "leave" || found(store, key) == "1");
    if ours && status == 0 && all { "ok".to_owned() } else { format!("{ours} {status} {all}") }
}

fn work(store: &FileStore, first: u32) -> bool {
    let mut keys = first..first + COUNT;
    keys.all(|key| put(store, key, 1).is_ok() && found(store, key) == "1")
}
