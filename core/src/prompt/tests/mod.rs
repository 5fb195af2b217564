//! Golden encodings, the rules, and properties of both.

use std::string::String;
use std::vec::Vec;

use super::*;
use crate::key::Dialect;

mod anthropic;
mod blocks;
// Hundreds of bodies, too many for an interpreter; `property` takes it along the same ways.
#[cfg(not(miri))]
mod body;
mod generated;
mod key;
mod openai;
mod openai_responses;
mod property;
mod rules;
mod splice;
mod version;
mod view;

const MARK: CacheControl = CacheControl::ephemeral();
const HOUR: CacheControl = MARK.with_ttl(Ttl::OneHour);

fn encoded(request: &Request<'_>, dialect: Dialect) -> String {
    let mut bytes = [0; 4096];
    let mut rest = bytes.as_mut_slice();
    request.encode(dialect, &mut rest).expect("a request without fault, and room for it");
    let len = 4096 - rest.len();
    assert_eq!(request.encoded_len(dialect), Ok(len));
    String::from_utf8(Vec::from(&bytes[..len])).expect("UTF-8")
}

/// Encodes, compares byte for byte, and lets an independent reader confirm that it is JSON.
fn assert_encodes(request: &Request<'_>, dialect: Dialect, golden: &str) {
    let written = encoded(request, dialect);
    assert_eq!(written, golden);
    serde_json::from_str::<serde_json::Value>(&written).expect("JSON");
}
