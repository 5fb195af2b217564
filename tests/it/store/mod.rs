//! The file store among real processes, on real file systems, under `kill -9`.
//!
//! The processes are this very test binary, started again to run [`process::child`] alone.

mod before;
mod crash;
mod entry;
mod faults;
mod fork;
mod pressure;
mod process;
mod shared;
