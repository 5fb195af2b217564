//! What a store does one entry after the other where it has no better way.

use llm_cache_core::RequestKey;

use super::{Invalidated, Match, Selector, Store, StoreError, Work};
use crate::entry::Entry;

/// The entries that are asked for in a page of an invalidation.
const PAGE: usize = 256;

/// Gets each of `keys`. Ready where every get is.
pub(super) fn get_each<'a, S: Store + ?Sized>(
    store: &'a S,
    keys: &'a [RequestKey],
) -> Work<'a, Vec<Option<Entry>>> {
    let mut found = Vec::with_capacity(keys.len());
    let mut left = keys.iter();
    while let Some(key) = left.next() {
        match store.get(key).into_ready() {
            Ok(Ok(entry)) => found.push(entry),
            Ok(Err(error)) => return Work::ready(Err(error)),
            Err(work) => {
                return Work::later(async move {
                    found.push(work.await?);
                    for key in left {
                        found.push(store.get(key).await?);
                    }
                    Ok(found)
                });
            }
        }
    }
    Work::ready(Ok(found))
}

/// Reads all entries and removes those that `selector` names.
pub(super) fn invalidate_each<'a, S: Store + ?Sized>(
    store: &'a S,
    selector: &'a Selector,
) -> Work<'a, Invalidated> {
    if let Selector::Key(key) = selector {
        return store.remove(key).then(removed);
    }
    Work::later(async move {
        let (mut done, mut after) = (Invalidated::default(), None);
        loop {
            let page = store.iter_page(after.as_ref(), PAGE).await?;
            for (key, entry) in &page.entries {
                match selector.matches(&entry.extensions) {
                    // Somebody else may have removed it meanwhile.
                    Match::Selected => done.removed += u64::from(store.remove(key).await?),
                    Match::Unmarked => done.unmarked += 1,
                    Match::Other => {}
                }
            }
            after = match page.next {
                None => return Ok(done),
                next => next,
            };
        }
    })
}

/// What an invalidation by key came to.
pub(super) fn removed(removed: Result<bool, StoreError>) -> Result<Invalidated, StoreError> {
    removed.map(|removed| Invalidated::new(u64::from(removed), 0))
}
