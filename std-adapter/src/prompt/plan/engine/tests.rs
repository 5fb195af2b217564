//! The engine on made-up prompts: what it may never do, and what it does on prompts of a kind.

use llm_cache_core::prompt::{Section, Ttl};

use super::{Engine, Placed, Reason, Run, Skipped, Spot, Terms};

const TERMS: Terms = Terms { minimum_tokens: 1024, read: 0.1, write_5m: 1.25, write_1h: Some(2.0) };

/// Prompts out of numbers from a seed.
struct Maker {
    state: u64,
    digest: u128,
}

impl Maker {
    fn new(seed: u64) -> Self {
        Self { state: seed, digest: 0 }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) % bound
    }

    fn push(&mut self, spots: &mut Vec<Spot>, section: Section, run: Run, tokens: u64) {
        self.digest += 1;
        let before = spots.last().map_or(0, |last| last.tokens_end);
        let (digest, tokens_end) = (self.digest, before + tokens);
        spots.push(Spot { digest, tokens_end, section, is_markable: true, run });
    }

    /// Tools, a system prompt and a first message.
    fn start(&mut self) -> Vec<Spot> {
        let mut spots = Vec::new();
        for _ in 0..4 {
            self.push(&mut spots, Section::Tools, Run::No, 400);
        }
        self.push(&mut spots, Section::System, Run::No, 2000);
        self.push(&mut spots, Section::Messages, Run::No, 500);
        spots
    }

    fn turn(&mut self, spots: &mut Vec<Spot>, calls: u64) {
        for _ in 0..calls {
            self.push(spots, Section::Messages, Run::ToolUse, 50);
        }
        for _ in 0..calls {
            self.push(spots, Section::Messages, Run::ToolResult, 300);
        }
    }
}

fn place(engine: &mut Engine, spots: &[Spot], now_ms: u64) -> Vec<Placed> {
    engine.place(spots, &TERMS, now_ms).unwrap_or_default()
}

fn has(placed: &[Placed], at: usize, reason: Reason) -> bool {
    placed.iter().any(|mark| mark.at == at && mark.reason == reason)
}

/// Whatever is asked: at most four marks, in order, each where one may stand and an entry may be
/// kept, an hour's before the others, chances from 0 to 1; also with a clock that jumps back.
#[test]
fn marks_keep_the_providers_rules() {
    let mut maker = Maker::new(5);
    let mut engine = Engine::new(500);
    let mut prompts: Vec<Vec<Spot>> = vec![maker.start()];
    let (mut now, mut placed) = (0, 0);
    for _ in 0..5000 {
        let from = maker.below(prompts.len() as u64) as usize;
        let kept = maker.below(prompts[from].len() as u64 + 1) as usize;
        let mut spots = prompts[from][..kept].to_vec();
        for _ in 0..maker.below(30) {
            let in_messages = spots.last().is_some_and(|spot| spot.section == Section::Messages);
            let section =
                if in_messages || maker.below(3) > 0 { Section::Messages } else { Section::System };
            let run = [Run::No, Run::ToolUse, Run::ToolResult][maker.below(3) as usize];
            let tokens = maker.below(700);
            maker.push(&mut spots, section, run, tokens);
            if let Some(last) = spots.last_mut() {
                last.is_markable = maker.state >> 40 & 7 > 0;
            }
        }
        now = if maker.below(50) == 0 { now / 2 } else { now + maker.below(400_000) };
        let marks = place(&mut engine, &spots, now);
        assert!(marks.len() <= 4);
        assert!(marks.is_sorted_by(|one, other| one.at < other.at && one.ttl >= other.ttl));
        for mark in &marks {
            assert!(spots[mark.at].is_markable && spots[mark.at].tokens_end >= 1024);
            assert!((0.0..=1.0).contains(&mark.reuse), "{}", mark.reuse);
        }
        placed += marks.len();
        prompts.push(spots);
    }
    assert!(placed > 2000, "{placed}");
    assert!(engine.history.len() <= 500);
}

/// A loop is marked at the end of tools and system and at its own end; each turn reads what the one
/// before wrote.
#[test]
fn a_loop_rolls_on() {
    let (mut maker, mut engine) = (Maker::new(1), Engine::new(1000));
    let mut spots = maker.start();
    let mut end = spots.len() - 1;
    let first = place(&mut engine, &spots, 0);
    assert!(has(&first, 4, Reason::StablePrefix) && has(&first, end, Reason::RollingEnd));
    for turn in 1..30 {
        // A row of calls longer than a look back is one position, and is read all the same.
        maker.turn(&mut spots, if turn == 9 { 25 } else { 2 });
        let marks = place(&mut engine, &spots, turn * 20_000);
        assert!(has(&marks, end, Reason::Read), "turn {turn}: {marks:?}");
        end = spots.len() - 1;
        assert!(has(&marks, end, Reason::RollingEnd), "turn {turn}: {marks:?}");
    }
}

/// A system prompt with a clock in it: before long nothing is marked from the clock on, and the
/// part before it is read.
#[test]
fn volatile_text_is_not_marked() {
    let (mut maker, mut engine) = (Maker::new(2), Engine::new(1000));
    let stable = maker.start()[..5].to_vec();
    for round in 0..60 {
        let mut spots = stable.clone();
        maker.push(&mut spots, Section::System, Run::No, 20);
        maker.push(&mut spots, Section::Messages, Run::No, 800);
        let marks = place(&mut engine, &spots, round * 30_000);
        if round >= 2 {
            assert!(has(&marks, 4, Reason::Read), "{marks:?}");
        }
        if round >= 8 {
            assert!(marks.iter().all(|mark| mark.at <= 4), "round {round}: {marks:?}");
        }
    }
}

/// Requests of one turn each: the shared part is marked, what is asked is not, once that is known.
#[test]
fn what_is_asked_once_is_not_written() {
    let (mut maker, mut engine) = (Maker::new(3), Engine::new(1000));
    let start = maker.start();
    for round in 0..40 {
        let mut spots = start[..5].to_vec();
        maker.push(&mut spots, Section::Messages, Run::No, 3000);
        let marks = place(&mut engine, &spots, round * 60_000);
        let is_written = marks.iter().any(|mark| mark.at == 5);
        assert!(round < 12 || !is_written, "round {round}: {marks:?}");
    }
}

/// Shared text that is asked for every ten minutes is kept for an hour, and read.
#[test]
fn what_returns_late_is_kept_for_an_hour() {
    let (mut maker, mut engine) = (Maker::new(4), Engine::new(1000));
    let start = maker.start();
    for round in 0..40 {
        let mut spots = start[..5].to_vec();
        maker.push(&mut spots, Section::Messages, Run::No, 300);
        let marks = place(&mut engine, &spots, round * 600_000);
        if round >= 20 {
            assert!(has(&marks, 4, Reason::Read), "round {round}: {marks:?}");
        }
    }
}

/// A prompt of a conversation that nobody remembers is marked at each twenty positions from its
/// end, so that what another process wrote is found.
#[test]
fn an_unknown_conversation_is_looked_back_over() {
    let (mut maker, mut engine) = (Maker::new(6), Engine::new(1000));
    let mut spots = maker.start();
    for _ in 0..50 {
        maker.push(&mut spots, Section::Messages, Run::No, 100);
    }
    let marks = place(&mut engine, &spots, 0);
    let end = spots.len() - 1;
    assert!(has(&marks, end, Reason::RollingEnd));
    assert!(has(&marks, end - 20, Reason::LookBack), "{marks:?}");
}

/// Why there are no marks is told.
#[test]
fn no_marks_have_a_reason() {
    let mut engine = Engine::new(1000);
    assert_eq!(engine.place(&[], &TERMS, 0), Err(Skipped::NothingMarkable));
    let mut maker = Maker::new(7);
    let mut spots = Vec::new();
    maker.push(&mut spots, Section::Messages, Run::No, 1023);
    assert_eq!(engine.place(&spots, &TERMS, 0), Err(Skipped::BelowMinimum));
    maker.push(&mut spots, Section::Messages, Run::No, 1);
    assert_eq!(Engine::new(9).place(&spots, &TERMS, 0), Err(Skipped::NoReuseExpected));
    spots.iter_mut().for_each(|spot| spot.is_markable = false);
    assert_eq!(engine.place(&spots, &TERMS, 0), Err(Skipped::NothingMarkable));
}

/// Where there is no lifetime of an hour, none is used.
#[test]
fn no_hour_without_a_price() {
    let terms = Terms { write_1h: None, ..TERMS };
    let (mut maker, mut engine) = (Maker::new(8), Engine::new(1000));
    let spots = maker.start();
    for round in 0..40 {
        let marks = engine.place(&spots, &terms, round * 600_000).unwrap_or_default();
        assert!(marks.iter().all(|mark| mark.ttl == Ttl::FiveMinutes));
    }
}
