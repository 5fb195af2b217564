//! What can be done with the error type of a memoised function, asked of the type itself.
//!
//! The attribute writes `(&&&&&&error).share()`: method lookup takes the first of the traits below
//! that the type has, from the one with the most references down.

use std::{any::Any, error::Error as StdError, fmt, marker::PhantomData, sync::Arc};

use crate::{
    cache::{Packed, Share},
    error::{Error, ErrorKind},
};

/// An error type, to be asked.
pub struct ErrorOf<E>(pub(super) PhantomData<fn() -> E>);

/// It can be cloned for those who wait.
pub trait ErrorIsCloned<E> {
    /// Shares by cloning.
    fn share(&self) -> Share<E>;
}

impl<E: Clone + Send + Sync + 'static> ErrorIsCloned<E> for &&&&&ErrorOf<E> {
    fn share(&self) -> Share<E> {
        Share::cloned()
    }
}

/// It holds an error of any type and can be made from ours: `anyhow::Error`, a boxed error.
pub trait ErrorIsBoxed<E> {
    /// Shares as an [`Error`] with its text.
    fn share(&self) -> Share<E>;
}

impl<E> ErrorIsBoxed<E> for &&&&ErrorOf<E>
where
    E: From<Error> + fmt::Display + AsRef<dyn StdError + Send + Sync>,
{
    fn share(&self) -> Share<E> {
        made(|error| {
            let inner: &(dyn StdError + Send + Sync) = error.as_ref();
            pack(error, Some(inner))
        })
    }
}

/// It is an error with a source and can be made from ours.
pub trait ErrorIsAnError<E> {
    /// Shares as an [`Error`] with its text.
    fn share(&self) -> Share<E>;
}

impl<E: From<Error> + StdError + 'static> ErrorIsAnError<E> for &&&ErrorOf<E> {
    fn share(&self) -> Share<E> {
        made(|error| pack(error, Some(error)))
    }
}

/// It can be shown and made from ours.
pub trait ErrorIsShown<E> {
    /// Shares as an [`Error`] with its text.
    fn share(&self) -> Share<E>;
}

impl<E: From<Error> + fmt::Display> ErrorIsShown<E> for &&ErrorOf<E> {
    fn share(&self) -> Share<E> {
        made(|error| pack(error, None))
    }
}

/// It can only be made from ours.
pub trait ErrorIsMade<E> {
    /// Shares as an [`Error`].
    fn share(&self) -> Share<E>;
}

impl<E: From<Error>> ErrorIsMade<E> for &ErrorOf<E> {
    fn share(&self) -> Share<E> {
        made(|_| pack(&"the identical call that this one waited for failed", None))
    }
}

/// None of that.
pub trait ErrorStaysHere<E> {
    /// Does not share.
    fn share(&self) -> Share<E>;
}

impl<E> ErrorStaysHere<E> for ErrorOf<E> {
    fn share(&self) -> Share<E> {
        Share::none()
    }
}

fn made<E: From<Error>>(pack: fn(&E) -> Option<Packed>) -> Share<E> {
    Share::new(pack, |packed| packed.downcast_ref::<Error>().cloned().map(E::from))
}

/// An error of ours with the text of another, and of its kind where there is one of ours beneath.
fn pack(shown: &dyn fmt::Display, error: Option<&(dyn StdError + 'static)>) -> Option<Packed> {
    let mut chain = std::iter::successors(error, |&error| error.source());
    let ours = chain.find_map(|error| error.downcast_ref::<Error>());
    let is_outermost = error.is_some_and(|error| error.is::<Error>());
    let shared = match ours {
        Some(ours) if is_outermost => ours.clone(),
        Some(ours) => Error::new(ours.kind(), format!("{shown:#}")),
        None => Error::new(ErrorKind::Shared, format!("{shown:#}")),
    };
    Some(Arc::new(shared) as Arc<dyn Any + Send + Sync>)
}

/// How a function says that it was not to run; `None` where it has no words for that.
pub(super) type Refusal<E> = Option<fn(Error) -> E>;

/// It can be made from ours.
pub trait ErrorRefuses<E> {
    /// How.
    fn refusal(&self) -> Refusal<E>;
}

impl<E: From<Error>> ErrorRefuses<E> for &ErrorOf<E> {
    fn refusal(&self) -> Refusal<E> {
        Some(E::from)
    }
}

/// It cannot.
pub trait ErrorCannotRefuse<E> {
    /// Nothing.
    fn refusal(&self) -> Refusal<E>;
}

impl<E> ErrorCannotRefuse<E> for ErrorOf<E> {
    fn refusal(&self) -> Refusal<E> {
        None
    }
}
