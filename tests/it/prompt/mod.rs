//! Prompt caching: what the library says of requests, against the emulator and recorded traffic.

mod agreement;
#[cfg(test)]
mod doctor;
mod mutants;
mod plan;
mod random;
mod recorded;
