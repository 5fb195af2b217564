//! Prompt caching: what the library says of requests, against the emulator and recorded traffic.
//! This is a test program of its own, because its mutants take longer to build than all others.

mod agreement;
#[cfg(test)]
mod doctor;
// 100,000 lines of copies, whose originals are judged where they stand.
#[cfg(not(clippy))]
mod mutants;
mod plan;
mod random;
