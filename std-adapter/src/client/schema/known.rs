//! The schemas that were made so far: one for each type and provider, for the life of the process.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{AnswerSchema, Target};
use crate::error::Error;

type Schemas = HashMap<(TypeId, Target), &'static AnswerSchema>;

/// The schemas that any thread has made. They are never dropped: a program has few types.
static ALL: Mutex<Option<Schemas>> = Mutex::new(None);

thread_local! {
    /// What this thread has looked up, so that calls of many threads do not wait for each other.
    static SEEN: RefCell<Schemas> = RefCell::default();
}

/// The schema of `T`, which `make` makes where no thread has asked for it yet. An error is not
/// kept: the type is refused anew each time.
pub(super) fn schema<T: 'static>(
    target: Target,
    make: impl FnOnce(Target) -> Result<AnswerSchema, Error>,
) -> Result<&'static AnswerSchema, Error> {
    let key = (TypeId::of::<T>(), target);
    if let Some(schema) = SEEN.with_borrow(|seen| seen.get(&key).copied()) {
        return Ok(schema);
    }
    let found = with_all(|all| all.get(&key).copied());
    let schema = match found {
        Some(schema) => schema,
        None => {
            // Foreign code makes it, so no lock is held. Another thread may be faster.
            let made = make(target)?;
            with_all(|all| *all.entry(key).or_insert_with(|| Box::leak(Box::new(made))))
        }
    };
    SEEN.with_borrow_mut(|seen| seen.insert(key, schema));
    Ok(schema)
}

fn with_all<R>(use_all: impl FnOnce(&mut Schemas) -> R) -> R {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    use_all(all.get_or_insert_default())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::thread;

    use super::*;

    /// A schema is made once for a type and a provider, whichever thread asks; each has its own.
    #[test]
    fn a_schema_is_made_once() {
        struct Here;
        struct There;
        let made = AtomicU32::new(0);
        let make = |_| {
            let number = made.fetch_add(1, Relaxed);
            let text = number.to_string();
            Ok(AnswerSchema { name: "n".to_owned(), text, wrapped: false })
        };
        let text = |schema: Result<&'static AnswerSchema, Error>| schema.unwrap().text.as_str();
        assert_eq!(text(schema::<Here>(Target::OpenAi, make)), "0");
        assert_eq!(text(schema::<Here>(Target::Anthropic, make)), "1");
        assert_eq!(text(schema::<There>(Target::OpenAi, make)), "2");
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(text(schema::<Here>(Target::OpenAi, make)), "0"));
        });
        assert_eq!(text(schema::<Here>(Target::OpenAi, make)), "0");
        assert_eq!(made.load(Relaxed), 3);
    }

    /// A type that is refused is refused each time.
    #[test]
    fn errors_are_not_kept() {
        struct Refused;
        let refuse = |_| Err(Error::new(crate::ErrorKind::InvalidRequest, "no"));
        assert!(schema::<Refused>(Target::OpenAi, refuse).is_err());
        let make = |_| Ok(AnswerSchema { name: "n".into(), text: "{}".into(), wrapped: true });
        assert!(schema::<Refused>(Target::OpenAi, make).is_ok());
    }
}
