//! A disk for tests, in place of the real one: it knows what a power loss would leave of it, fails
//! and stops where it is told to, and keeps a history of its changes.

mod disk;
mod fault;
mod image;
mod random;
mod state;
mod tests;
mod work;

pub(super) use disk::SimDisk;
pub(super) use fault::Fault;
pub(super) use image::Loss;
pub(super) use random::Random;
pub(super) use state::{Change, State};
pub(super) use work::{Oracle, Step, check, durabilities, key, open, run, script};
