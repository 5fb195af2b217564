//! Memory that does not do, and the two kinds of it.

use std::{format, vec, vec::Vec};

use proptest::prelude::*;

use super::{AssembleError, FixedMemory, Lane, Part, assemble_in};
use crate::dialect::Dialect;

/// Chunks whose parts interleave: a text, two tool calls, and a list.
fn chunks(order: &[u8]) -> Vec<std::string::String> {
    let mut chunks: Vec<_> = order
        .iter()
        .enumerate()
        .map(|(nth, what)| {
            let delta = match what % 4 {
                0 => format!(r#"{{"content":"t{nth} "}}"#),
                1 => format!(r#"{{"list":[{nth}]}}"#),
                call => format!(
                    r#"{{"tool_calls":[{{"index":{call},"function":{{"arguments":"a{nth}"}}}}]}}"#
                ),
            };
            let (model, usage) = (nth / 3, nth / 2);
            format!(
                r#"{{"m":"{model}","usage":{{"n":{usage}}},"choices":[{{"index":0,"delta":{delta}}}]}}"#
            )
        })
        .collect();
    chunks.push(r#"{"choices":[{"index":0,"finish_reason":"stop"}]}"#.into());
    chunks.push("[DONE]".into());
    chunks
}

fn in_fixed(
    lanes: usize,
    len: usize,
    parts: usize,
    chunks: &[&str],
) -> Result<std::string::String, AssembleError> {
    let mut memory = vec![vec![0; len]; lanes];
    let mut lanes: Vec<_> = memory.iter_mut().map(|text| Lane::new(text)).collect();
    let mut parts = vec![Part::EMPTY; parts];
    assemble_in(FixedMemory::new(&mut lanes, &mut parts), Dialect::OpenAiChat, chunks)
}

/// Each kind of memory that runs out has an error of its own.
#[test]
fn too_little() {
    let chunks = chunks(&[0, 0, 1, 1]);
    let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.as_str()).collect();
    assert!(in_fixed(4, 1024, 32, &chunks).is_ok());
    assert_eq!(in_fixed(4, 60, 32, &chunks), Err(AssembleError::Full { capacity: 60 }));
    assert_eq!(in_fixed(4, 1024, 6, &chunks), Err(AssembleError::TooManyParts { capacity: 6 }));
    assert!(matches!(in_fixed(0, 0, 32, &chunks), Err(AssembleError::NeedLanes { lanes: 0 })));
}

#[cfg(feature = "alloc")]
fn on_heap(limit: usize, chunks: &[&str]) -> Result<std::string::String, AssembleError> {
    assemble_in(super::super::HeapMemory::new(limit), Dialect::OpenAiChat, chunks)
}

proptest! {
    /// However parts interleave, each has its pieces in order, in every memory that is large
    /// enough; with less memory there is an error and never another message.
    #[test]
    fn interleaving(
        order in prop::collection::vec(0_u8..4, 0..40),
        lanes in 1_usize..8,
        len in 0_usize..3000,
        limit in 0_usize..8000,
    ) {
        let chunks = chunks(&order);
        let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.as_str()).collect();
        let found = in_fixed(8, 8192, 64, &chunks).unwrap();
        let message: serde_json::Value = serde_json::from_str(&found).unwrap();
        let message = &message["choices"][0]["message"];
        let of = |what: u8| order.iter().enumerate().filter(move |(_, it)| **it == what);
        let text: std::string::String = of(0).map(|(nth, _)| format!("t{nth} ")).collect();
        prop_assert_eq!(message["content"].as_str().unwrap_or(""), text);
        let list: Vec<_> = of(1).map(|(nth, _)| nth).collect();
        let known = message.get("list").cloned().unwrap_or(serde_json::json!([]));
        prop_assert_eq!(known, serde_json::json!(list));
        for call in 2..4 {
            let expected: std::string::String = of(call).map(|(nth, _)| format!("a{nth}")).collect();
            let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
            let has = calls.iter().any(|call| call["function"]["arguments"] == expected.as_str());
            prop_assert!(has || expected.is_empty());
        }
        if let Ok(less) = in_fixed(lanes, len, 64, &chunks) {
            prop_assert_eq!(&less, &found);
        }
        #[cfg(feature = "alloc")]
        {
            if let Ok(less) = on_heap(limit, &chunks) {
                prop_assert_eq!(&less, &found);
            }
            prop_assert_eq!(&on_heap(1 << 20, &chunks).unwrap(), &found);
        }
        let _ = limit;
    }
}
