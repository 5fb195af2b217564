use super::*;
use proptest::prelude::*;

/// Usage as a straightforward reading with serde_json gives it.
fn usage_by_serde(dialect: Dialect, usage: &Value) -> Usage {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let (input, details, output) = match dialect {
        Dialect::AnthropicMessages => {
            let one_hour = count("/cache_creation/ephemeral_1h_input_tokens");
            let five_minutes = match &usage["cache_creation_input_tokens"] {
                Value::Null => count("/cache_creation/ephemeral_5m_input_tokens"),
                total => total.as_u64().unwrap_or(0).saturating_sub(one_hour),
            };
            return Usage {
                input_tokens: count("/input_tokens"),
                cache_read_tokens: count("/cache_read_input_tokens"),
                cache_write_tokens: five_minutes,
                cache_write_1h_tokens: one_hour,
                cache_write_12h_tokens: 0,
                output_tokens: count("/output_tokens"),
            };
        }
        Dialect::OpenAiChat => ("/prompt_tokens", "/prompt_tokens_details", "/completion_tokens"),
        _ => ("/input_tokens", "/input_tokens_details", "/output_tokens"),
    };
    let read = count(&std::format!("{details}/cached_tokens"));
    let written = &usage.pointer(&std::format!("{details}/cache_write_tokens"));
    let split = std::format!("{details}/cache_write_tokens_details");
    let for_12h = count(&std::format!("{split}/ttl_12h_tokens"));
    let for_30m = match written {
        None | Some(Value::Null) => count(&std::format!("{split}/ttl_30m_tokens")),
        Some(total) => total.as_u64().unwrap_or(0).saturating_sub(for_12h),
    };
    let cached = read.saturating_add(for_30m).saturating_add(for_12h);
    Usage {
        input_tokens: count(input).saturating_sub(cached),
        cache_read_tokens: read,
        cache_write_tokens: for_30m,
        cache_write_1h_tokens: 0,
        cache_write_12h_tokens: for_12h,
        output_tokens: count(output),
    }
}

/// A number as providers and strangers write them.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0..10_000_u64).prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(-1)),
        1 => Just(json!("7")),
        1 => Just(json!(1.5)),
    ]
}

fn details() -> impl Strategy<Value = Value> {
    let members = |names: &[&'static str]| {
        proptest::collection::btree_map(proptest::sample::select(names.to_vec()), number(), 0..4)
    };
    let details = members(&[
        "cached_tokens",
        "cache_write_tokens",
        "ephemeral_1h_input_tokens",
        "ephemeral_5m_input_tokens",
    ]);
    let split = proptest::option::of(members(&["ttl_30m_tokens", "ttl_12h_tokens"]));
    let details = (details, split).prop_map(|(details, split)| {
        let mut details = json!(details);
        if let Some(split) = split {
            details["cache_write_tokens_details"] = json!(split);
        }
        details
    });
    prop_oneof![
        4 => details,
        1 => Just(Value::Null),
        1 => Just(json!([])),
    ]
}

fn usage() -> impl Strategy<Value = Value> {
    let names = [
        "input_tokens",
        "output_tokens",
        "prompt_tokens",
        "completion_tokens",
        "cache_read_input_tokens",
        "total_tokens",
    ];
    let counts =
        proptest::collection::btree_map(proptest::sample::select(names.to_vec()), number(), 0..7);
    (counts, number(), details(), details()).prop_map(|(counts, written, first, second)| {
        let mut usage = json!(counts);
        usage["cache_creation_input_tokens"] = written;
        usage["cache_creation"] = first.clone();
        usage["prompt_tokens_details"] = first;
        usage["input_tokens_details"] = second;
        usage
    })
}

proptest! {
    /// Usage agrees with the straightforward reading, whatever is absent, null or absurd.
    #[test]
    fn usage_agrees(usage in usage()) {
        for dialect in [ANTHROPIC, CHAT, RESPONSES] {
            let body = json!({"usage": usage}).to_string();
            let reply = Reply::parse(dialect, body.as_bytes()).expect("an object");
            let expected = usage_by_serde(dialect, &usage);
            prop_assert_eq!(reply.usage(), Some(expected));
        }
    }

    /// No bytes make the reader panic, and none so few are an answer.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        for dialect in [ANTHROPIC, CHAT, RESPONSES, Dialect::Json] {
            let is_stored = Verdict::of(dialect, 200, &bytes).is_store();
            prop_assert!(!is_stored || dialect == Dialect::Json);
        }
    }
}
