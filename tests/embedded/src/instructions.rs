//! How many instructions the table's operations take, counted by the emulator: with
//! `-icount shift=0` each takes a nanosecond of the clock that drives SysTick.

use core::hint::black_box;

use cortex_m::{
    asm,
    peripheral::{SYST, syst::SystClkSource},
};
use llm_cache_core::{
    Millis, RequestKey,
    table::{ArrayMemory, Meta, Table},
};

use crate::{ANSWER, console::print_line};

/// Operations of each kind.
const ROUNDS: u32 = 1_000;
const ENTRIES: u32 = 16;
const NOW: Millis = Millis(2_000);

/// Prints the mean instructions of a hit, a miss, and an insert that evicts, without the loop.
pub fn print(memory: &mut ArrayMemory<16, 128>, timer: SYST) {
    let mut clock = Clock::start(timer);
    let mut table = Table::new(memory, 0x5eed_5eed_5eed_5eed);
    let meta = Meta { created: Millis(1_000), ttl: Some(Millis(60_000)), cost: 9 };
    for number in 0..ENTRIES {
        table.insert(&key(number), ANSWER, meta, NOW).ok().expect("it fits");
    }

    let loop_alone = clock.count(|round| _ = black_box(key(round % ENTRIES)));
    let hit = clock.count(|round| {
        let hit = table.get(black_box(&key(round % ENTRIES)), NOW);
        assert!(black_box(hit).is_some());
    });
    let miss = clock.count(|round| {
        let hit = table.get(black_box(&key(ENTRIES + round % ENTRIES)), NOW);
        assert!(black_box(hit).is_none());
    });
    let mut evicted = 0;
    let insert = clock.count(|round| {
        let inserted = table.insert(black_box(&key(1_000 + round)), ANSWER, meta, NOW);
        evicted += inserted.map_or(0, |inserted| inserted.evicted as u32);
    });
    assert!(evicted == ROUNDS);
    let per_operation = |all: u32| (all.saturating_sub(loop_alone) / ROUNDS) as usize;
    print_line!("table instructions per hit", per_operation(hit));
    print_line!("table instructions per miss", per_operation(miss));
    print_line!("table instructions per insert", per_operation(insert));
}

fn key(number: u32) -> RequestKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    RequestKey::from_bytes(bytes)
}

/// SysTick, and how many instructions are one tick of it.
struct Clock {
    timer: SYST,
    per_tick: u32,
}

impl Clock {
    fn start(mut timer: SYST) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(0x00ff_ffff);
        timer.clear_current();
        timer.enable_counter();
        let mut clock = Self { timer, per_tick: 1 };
        // Two instructions for each two cycles: a million of them tell what a tick is.
        let ticks = clock.ticks(|| asm::delay(1_000_000));
        clock.per_tick = (1_000_000 + ticks / 2) / ticks;
        clock
    }

    /// The instructions of all rounds together, the loop included.
    fn count(&mut self, mut operation: impl FnMut(u32)) -> u32 {
        self.ticks(|| (0..ROUNDS).for_each(&mut operation)) * self.per_tick
    }

    /// The ticks that pass in `work`: fewer than 2^24, after which the counter begins anew.
    fn ticks(&mut self, work: impl FnOnce()) -> u32 {
        self.timer.clear_current();
        let before = SYST::get_current();
        work();
        before.wrapping_sub(SYST::get_current()) & 0x00ff_ffff
    }
}
