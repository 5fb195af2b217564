//! What a gateway without OS and heap does with llm-cache-core: it writes a request, computes keys,
//! keeps answers in a table, and finds them again in flash after a power cut. Every step is printed
//! on the semihosting console, where a test on the host reads it.

#![no_std]
#![no_main]

mod console;
mod flash;
mod footprint;
#[cfg(feature = "recover")]
mod image;
#[cfg(feature = "instructions")]
mod instructions;
mod link;
mod prompt;
#[cfg(feature = "recover")]
mod recover;
mod requests;

use console::{Word, print_line};
use cortex_m_rt::entry;
use cortex_m_semihosting::debug;
use flash::{Chip, RamFlash, SECTOR_BYTES};
use link::Link;
use llm_cache_core::{
    Millis, RequestKey,
    canonical::Slot,
    key::{Dialect, Endpoint, Scope, Tenant},
    prompt::{Block, CacheControl, Message, Request},
    record::{Log, NorMedium, Record, Salt, Timestamp},
    table::{ArrayMemory, Meta, Table},
};
use requests::REQUESTS;

const CHIP_BYTES: usize = 8 * SECTOR_BYTES;
const SEGMENT_BYTES: u32 = 2 * SECTOR_BYTES as u32;
const ANSWER: &[u8] =
    br#"{"type":"message","content":[{"type":"text","text":"The valve is open."}]}"#;

/// Large things are statics, as on any device: the stack is for calls.
struct Memory {
    table: ArrayMemory<16, 128>,
    scratch: [Slot; 64],
    buffer: [u8; 512],
    chip: Chip<CHIP_BYTES>,
}

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory = Memory {
        table: ArrayMemory::new(),
        scratch: [Slot::EMPTY; 64],
        buffer: [0; 512],
        chip: Chip::erased(),
    };
    #[cfg(feature = "instructions")]
    if let Some(peripherals) = cortex_m::Peripherals::take() {
        instructions::print(&mut MEMORY.table, peripherals.SYST);
        debug::exit(debug::EXIT_SUCCESS);
    }
    #[cfg(feature = "recover")]
    {
        recover::run(&mut MEMORY.chip, &mut MEMORY.buffer);
        debug::exit(debug::EXIT_SUCCESS);
    }
    encode(&mut MEMORY.buffer);
    send_prompt(&mut MEMORY.buffer);
    let keys = keys(&mut MEMORY.scratch);
    if cfg!(feature = "table") {
        remember(&mut MEMORY.table, &keys);
    }
    persist(&mut MEMORY.chip, &mut MEMORY.buffer, &keys);
    footprint::print();
    debug::exit(debug::EXIT_SUCCESS);
    panic!("the emulator went on after exit");
}

/// Writes a request with a mark, without a heap. It goes through a link as the long one does: an
/// encoder for another writer would be the same code once more.
fn encode(buffer: &mut [u8]) {
    let blocks = [Block::cached_text("Is the valve open?", CacheControl::ephemeral())];
    let messages = [Message::user_blocks(&blocks)];
    let request = Request::new("claude-haiku-4-5", 64, &messages);
    let mut link = Link::new(buffer);
    request.encode(Dialect::AnthropicMessages, &mut link).ok().expect("no rule is broken");
    let body = core::str::from_utf8(link.unsent()).ok().expect("JSON is UTF-8");
    print_line!("body", body);
}

/// Sends a prompt that is two hundred times as long as the buffer.
fn send_prompt(buffer: &mut [u8; 512]) {
    let mut link = Link::new(buffer);
    prompt::request()
        .encode(Dialect::AnthropicMessages, &mut link)
        .ok()
        .expect("no rule is broken");
    let (sent, hash) = link.finish();
    print_line!("prompt bytes", sent);
    console::line(&["prompt hash".into(), Word::Hex(&hash)]);
}

fn keys(scratch: &mut [Slot]) -> [RequestKey; REQUESTS.len()] {
    REQUESTS.map(|(name, dialect, body)| {
        let dialect = match dialect {
            "anthropic.messages" => Dialect::AnthropicMessages,
            "openai.chat" => Dialect::OpenAiChat,
            _ => Dialect::Json,
        };
        let scope = Scope::new(dialect, Endpoint::Id("gateway"), Tenant::Named("plant"));
        let hasher = scope.hasher().ok().expect("an id is no URL");
        let key = hasher.key(body.as_bytes(), scratch).ok().expect("sound JSON");
        console::line(&["key".into(), name.into(), Word::Hex(key.as_bytes())]);
        key
    })
}

/// Miss, insert, hit; expiry; and eviction once more answers come than there is room for.
fn remember(memory: &mut ArrayMemory<16, 128>, keys: &[RequestKey]) {
    let mut table = Table::new(memory, 0x5eed_5eed_5eed_5eed);
    let meta = Meta { created: Millis(1_000), ttl: Some(Millis(60_000)), cost: 9 };
    let key = &keys[0];
    print_line!("table before", table.get(key, Millis(1_000)).is_some());
    table.insert(key, ANSWER, meta, Millis(1_000)).ok().expect("it fits");
    let hit = table.get(key, Millis(31_000)).expect("it was just inserted");
    let same = hit.chunks().flatten().eq(ANSWER);
    print_line!("table hit", same, "bytes", hit.len(), "age", hit.age().0 as usize);
    print_line!("table expired", table.get(key, Millis(61_000)).is_none());
    for number in 0..40 {
        let key = RequestKey::from_bytes([number; 32]);
        table.insert(&key, ANSWER, meta, Millis(2_000)).ok().expect("older ones go");
    }
    print_line!("table holds", table.len(), "of", table.capacity());
}

type FlashLog<'a> = Log<NorMedium<RamFlash<'a, CHIP_BYTES>>>;

fn open(flash: RamFlash<'_, CHIP_BYTES>) -> FlashLog<'_> {
    let seed = Salt(*b"device unique id");
    Log::open(NorMedium::new(flash), SEGMENT_BYTES, seed).ok().expect("its own log, torn or not")
}

/// Appends records until the power is cut in the middle of one, and recovers after the reboot.
fn persist(chip: &mut Chip<CHIP_BYTES>, buffer: &mut [u8], keys: &[RequestKey]) {
    let record = |key, payload| Record {
        created: Timestamp::boot(1, Millis(1_000)),
        ..Record::new(key, payload)
    };
    let mut log = open(RamFlash::new(chip));
    for key in &keys[..3] {
        log.append(&record(*key, ANSWER)).ok().expect("there is room");
    }
    log.sync().ok().expect("the flash works");
    print_line!("log appended 3");

    let words_until_cut = 20;
    let mut log = open(RamFlash::with_power_for(chip, words_until_cut));
    let cut = log.append(&record(keys[3], ANSWER)).is_err();
    print_line!("log power cut", cut);

    let mut log = open(RamFlash::new(chip));
    let mut found = 0;
    for key in &keys[..3] {
        let record = log.find(key, buffer).ok().expect("the flash works").expect("it was synced");
        found += usize::from(record.payload == ANSWER);
    }
    let torn = log.find(&keys[3], buffer).ok().expect("the flash works").is_some();
    print_line!("log recovered", found, "torn found", torn);

    for round in 0..100_u8 {
        let key = RequestKey::from_bytes([round; 32]);
        log.append(&record(key, ANSWER)).ok().expect("the oldest segment is reclaimed");
    }
    let newest = RequestKey::from_bytes([99; 32]);
    let found = log.find(&newest, buffer).ok().expect("the flash works").is_some();
    print_line!("log reclaimed, newest found", found);
}
