//! What a memoised function returns, asked of the type itself.
//!
//! Whether it is a value or a `Result` is asked of the type, not of its text, so that an alias is
//! seen through. The attribute writes `(&Returned::<R>::new()).call()`: method lookup finds
//! [`ReturnsResult`] first, where `R` is a `Result`, and [`ReturnsValue`] one reference further for
//! everything else.

use std::{convert::Infallible, marker::PhantomData};

use schemars::JsonSchema;

use super::{call::Call, site::ResultForm};

/// The return type of a memoised function, to be asked what it is.
pub struct Returned<R>(PhantomData<fn() -> R>);

impl<R> Returned<R> {
    /// The question.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only the attribute's expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer for a `Result`: its value is kept, its error is not.
pub trait ReturnsResult {
    /// The shape.
    type Shape;
    /// A call of that shape.
    fn call(&self) -> Call<Self::Shape>;
}

impl<T, E> ReturnsResult for Returned<Result<T, E>> {
    type Shape = ResultShape<T, E>;

    fn call(&self) -> Call<Self::Shape> {
        Call::new()
    }
}

/// The answer for anything else.
pub trait ReturnsValue {
    /// The shape.
    type Shape;
    /// A call of that shape.
    fn call(&self) -> Call<Self::Shape>;
}

impl<T> ReturnsValue for &Returned<T> {
    type Shape = ValueShape<T>;

    fn call(&self) -> Call<Self::Shape> {
        Call::new()
    }
}

/// How a return type is made of a value and an error.
pub trait Shape {
    /// The return type.
    type Returned;
    /// What is kept.
    type Value;
    /// What is not.
    type Error;
    /// Takes the return type apart.
    fn split(returned: Self::Returned) -> Result<Self::Value, Self::Error>;
    /// Puts it together.
    fn join(result: Result<Self::Value, Self::Error>) -> Self::Returned;
}

/// A function that returns `Result<T, E>`.
pub struct ResultShape<T, E>(PhantomData<fn() -> (T, E)>);

impl<T, E> Shape for ResultShape<T, E> {
    type Returned = Result<T, E>;
    type Value = T;
    type Error = E;

    fn split(returned: Result<T, E>) -> Result<T, E> {
        returned
    }

    fn join(result: Result<T, E>) -> Result<T, E> {
        result
    }
}

/// A function that returns `T`.
pub struct ValueShape<T>(PhantomData<fn() -> T>);

impl<T> Shape for ValueShape<T> {
    type Returned = T;
    type Value = T;
    type Error = Infallible;

    fn split(returned: T) -> Result<T, Infallible> {
        Ok(returned)
    }

    fn join(result: Result<T, Infallible>) -> T {
        let Ok(value) = result;
        value
    }
}

/// A result whose form can be told in a key: whatever is [`JsonSchema`].
#[diagnostic::on_unimplemented(
    message = "the result `{Self}` of a cached function has no JSON schema to stand in its key",
    label = "not `JsonSchema`",
    note = "derive `schemars::JsonSchema` for it; or write `#[cached(schema = none, version = \
            \"1\")]`, and another version whenever the type or the function changes"
)]
pub trait HasSchema {
    /// Its form.
    fn form() -> ResultForm;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> HasSchema for T {
    fn form() -> ResultForm {
        ResultForm::schema_of::<T>()
    }
}
