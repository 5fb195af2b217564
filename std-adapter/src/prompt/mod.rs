//! The provider's prompt cache from the caller's side: what is known of models, what a call cost,
//! and what both caches saved.
//!
//! Facts of models (minimum lengths, multipliers, prices) change while a program does not: they
//! are data with dates ([`Facts`]), part of the library and replaceable while a program runs. What
//! the facts do not say stays unknown; nothing is priced by a default.

pub mod doctor;
mod facts;
pub mod outline;
pub mod plan;
mod prices;
mod savings;
mod usage;

pub use facts::{Band, Facts, FactsError, ModelFacts};
pub use prices::{Money, Rates};
pub use savings::{Bill, Savings};
#[cfg(feature = "client")]
pub(crate) use usage::Priced;
pub use usage::Reported;
