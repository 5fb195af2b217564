//! The shared table: many threads against what must hold in any order of events, on real threads
//! and on schedules that shuttle draws; and values that panic.

mod panics;
mod real;
mod shuttled;
