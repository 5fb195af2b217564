//! What the tests and the examples stand on: a provider emulator, oracles, fault injection.
