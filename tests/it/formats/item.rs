//! One line about one record, readable without this library.

use llm_cache::llm_cache_core::{
    Millis, RequestKey, Usage,
    record::{ClockDomain, LogItem, Record, Timestamp},
};
use serde_json::{Value, json};

/// An entry with all its fields, or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: RequestKey,
    /// None for a removal.
    pub(crate) entry: Option<Entry>,
}

/// What a record holds beside its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) created: Timestamp,
    pub(crate) ttl: Option<Millis>,
    pub(crate) cost: u32,
    pub(crate) usage: Option<Usage>,
    pub(crate) extensions: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl Item {
    pub(crate) fn of(record: &Record<'_>) -> Self {
        let entry = Entry {
            created: record.created,
            ttl: record.ttl,
            cost: record.cost,
            usage: record.usage,
            extensions: record.extensions.to_vec(),
            payload: record.payload.to_vec(),
        };
        Self { key: record.key, entry: Some(entry) }
    }

    pub(crate) const fn removed(key: RequestKey) -> Self {
        Self { key, entry: None }
    }

    pub(crate) fn of_log(item: &LogItem<'_>) -> Self {
        match item {
            LogItem::Entry(record) => Self::of(record),
            LogItem::Removed(key) => Self::removed(*key),
            _ => panic!("{item:?}"),
        }
    }

    /// As JSON, bytes in hex, without a line feed.
    pub(crate) fn to_line(&self) -> String {
        let Some(entry) = &self.entry else {
            return json!({ "removed": hex(self.key.as_bytes()) }).to_string();
        };
        let clock = match entry.created.domain {
            ClockDomain::UnixMs => json!("unix"),
            ClockDomain::Boot { id } => json!(id),
            _ => Value::Null,
        };
        let usage = entry.usage.map(|usage| {
            let Usage { input_tokens, cache_read_tokens, cache_write_tokens, .. } = usage;
            let (hour, output) = (usage.cache_write_1h_tokens, usage.output_tokens);
            let mut counts =
                vec![input_tokens, cache_read_tokens, cache_write_tokens, hour, output];
            // As in the record: there if it is not zero.
            counts.extend(Some(usage.cache_write_12h_tokens).filter(|tokens| *tokens > 0));
            counts
        });
        json!({
            "key": hex(self.key.as_bytes()),
            "clock": clock,
            "created": entry.created.ms.0,
            "ttl": entry.ttl.map(|ttl| ttl.0),
            "cost": entry.cost,
            "usage": usage,
            "extensions": hex(&entry.extensions),
            "payload": hex(&entry.payload),
        })
        .to_string()
    }

    /// Reads [`to_line`](Self::to_line) back.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        if let Some(key) = value.get("removed") {
            return Some(Self::removed(key_of(key)?));
        }
        let domain = match &value["clock"] {
            Value::Null => ClockDomain::Unknown,
            Value::String(unix) if unix == "unix" => ClockDomain::UnixMs,
            boot => ClockDomain::Boot { id: boot.as_u64()?.try_into().ok()? },
        };
        let count = |n: usize| value["usage"][n].as_u64();
        let usage = (!value["usage"].is_null()).then(|| {
            Some(Usage {
                input_tokens: count(0)?,
                cache_read_tokens: count(1)?,
                cache_write_tokens: count(2)?,
                cache_write_1h_tokens: count(3)?,
                output_tokens: count(4)?,
                cache_write_12h_tokens: count(5).unwrap_or(0),
            })
        });
        let entry = Entry {
            created: Timestamp { domain, ms: Millis(value["created"].as_u64()?) },
            ttl: value["ttl"].as_u64().map(Millis),
            cost: value["cost"].as_u64()?.try_into().ok()?,
            usage: usage.map_or(Some(None), |usage| usage.map(Some))?,
            extensions: unhex(value["extensions"].as_str()?)?,
            payload: unhex(value["payload"].as_str()?)?,
        };
        Some(Self { key: key_of(&value["key"])?, entry: Some(entry) })
    }
}

/// Bytes from hex digits; none for anything else.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key_of(value: &Value) -> Option<RequestKey> {
    let bytes: [u8; 32] = unhex(value.as_str()?)?.try_into().ok()?;
    Some(RequestKey::from_bytes(bytes))
}
