//! A gateway without operating system or heap: `llm-cache-core` alone, in memory of fixed size.
//!
//! A device asks for the person in a text. The request is encoded, keyed and looked up in a table;
//! a fetched answer is judged and kept in the table and in a log on flash (here RAM that behaves
//! like it), from which a restart fills the table. Only `println!` needs a computer.

use std::error::Error;

use llm_cache_core::{
    Millis,
    canonical::Slot,
    key::{Dialect, Endpoint, Scope, Tenant},
    prompt::{Message, OutputFormat, RawJson, Request},
    record::{Log, LogItem, RamMedium, Record, Salt, Timestamp},
    reply::{Reply, Verdict},
    table::{ArrayMemory, ArrayTable, Meta, Table},
};

const DIALECT: Dialect = Dialect::AnthropicMessages;
const HOUR: Millis = Millis(3_600_000);
const SCHEMA: RawJson<'_> = RawJson::assume_valid(
    r#"{"type":"object","properties":{"age":{"type":"integer"}},"required":["age"],"additionalProperties":false}"#,
);
/// Stands for the modem: what the provider answers, with status 200.
const ANSWER: &[u8] = br#"{"type":"message","content":[{"type":"text","text":"{\"age\":30}"}],"stop_reason":"end_turn","usage":{"input_tokens":61,"output_tokens":6}}"#;

#[derive(Debug, serde::Deserialize)]
#[expect(dead_code, reason = "it is printed")]
struct Person {
    age: u8,
}

struct Gateway<'f> {
    table: ArrayTable<16, 64>, // 16 entries, 4 KiB of answers
    log: Log<RamMedium<'f>>,
}

impl<'f> Gateway<'f> {
    /// Opens the log and fills the table from it. A device makes both seeds from its secrets.
    fn boot(flash: &'f mut [u8], now: Millis) -> Result<Self, Box<dyn Error>> {
        let mut table = Table::new(ArrayMemory::new(), 0x5eed);
        let mut log = Log::open(RamMedium::new(flash, 4096), 8192, Salt(*b"0123456789abcdef"))?;
        let (mut entries, mut buffer) = (log.iter(), [0; 512]);
        while let Some(item) = entries.next(&mut buffer)? {
            if let LogItem::Entry(Record { key, payload, created, ttl, cost, .. }) = item {
                table.insert(&key, payload, Meta { created: created.ms, ttl, cost }, now)?;
            }
        }
        println!("boot: {} entries", table.len());
        Ok(Self { table, log })
    }

    fn ask(&mut self, text: &str, now: Millis) -> Result<(), Box<dyn Error>> {
        let mut buffer = [0; 512];
        let messages = [Message::user(text)];
        let mut request = Request::new("claude-haiku-5-5", 64, &messages);
        request.output = Some(OutputFormat::strict("Person", SCHEMA));
        let mut unwritten = &mut buffer[..];
        request.encode(DIALECT, &mut unwritten)?;
        let len = 512 - unwritten.len();
        let scope = Scope::new(DIALECT, Endpoint::Id("gateway"), Tenant::Named("plant"));
        let key = scope.hasher()?.key(&buffer[..len], &mut [Slot::EMPTY; 48])?;

        if let Some(hit) = self.table.get(&key, now) {
            let reply = Reply::parse(DIALECT, hit.copy_to(&mut buffer)?)?;
            let person: Person = reply.decode(&mut [0; 64])?;
            println!("{key:?}: hit, {} ms old: {person:?}", hit.age().0);
            return Ok(());
        }
        let reply = Reply::parse(DIALECT, ANSWER)?;
        println!("{key:?}: miss, {len} bytes sent: {:?}", reply.decode::<Person>(&mut [0; 64])?);
        if reply.verdict(200) == Verdict::Store {
            let (created, usage) = (Timestamp::unix(now), reply.usage());
            let record = Record { created, ttl: Some(HOUR), usage, ..Record::new(key, ANSWER) };
            self.log.append(&record)?;
            self.log.sync()?;
            let meta = Meta { created: now, ttl: Some(HOUR), cost: record.cost };
            self.table.insert(&key, ANSWER, meta, now)?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut flash = [0xff; 32 * 1024];
    let mut gateway = Gateway::boot(&mut flash, Millis(0))?;
    gateway.ask("My name is John and I am 30 years old", Millis(1_000))?;
    gateway.ask("My name is John and I am 30 years old", Millis(1_500))?;
    let mut gateway = Gateway::boot(&mut flash, Millis(3_000))?;
    gateway.ask("My name is John and I am 30 years old", Millis(3_500))?;
    gateway.ask("My name is John and I am 30 years old", Millis(1_000 + HOUR.0))
}
