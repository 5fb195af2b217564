//! The integration tests, one topic a file.
