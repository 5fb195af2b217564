//! One size, one popularity, one length of values: three operations.

use llm_cache_core::RequestKey;

use super::{
    caches::{Player, SIDES},
    stream::{Batches, Stream},
};
use crate::{
    Options,
    memory::bytes_kept,
    report::Table,
    timing::{Side, Spread, by_turns, side},
};

/// Calls of a batch: as many as make a batch's microseconds a call's nanoseconds.
pub(super) const BATCH: usize = 1000;

/// What caches are measured with.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// The caches' capacity.
    pub(super) entries: usize,
    /// The exponent of Zipf's law.
    pub(super) exponent: f64,
    /// The length of values.
    pub(super) bytes: usize,
}

impl Case {
    /// The name of a row.
    pub(super) fn name(&self, operation: &str) -> String {
        let Self { entries, exponent, bytes } = self;
        let bytes = if *bytes == 64 { "" } else { " 1KB" };
        format!("{operation} {entries} zipf{exponent}{bytes}")
    }

    /// Adds three rows.
    pub(super) fn run(&self, options: &Options, table: &mut Table) {
        let stream = Stream::new(self.entries, self.exponent, options.seed);
        let value = vec![0x5A; self.bytes];
        let mut caches = SIDES.map(|(_, build)| Warm::new(self, build, &stream, &value, options));
        let sizes: Vec<_> = caches.iter().map(|cache| cache.bytes_per_entry).collect();
        let ratios: Vec<_> = caches.iter().map(|cache| cache.hit_ratio).collect();

        let spreads = timed(options, &mut caches, |player| {
            let mut batches = Batches::new(&stream.keys, BATCH);
            let value = &value;
            side(move || player.get_or_insert(batches.next(), value))
        });
        table.row_with(&self.name("get-or-insert"), &spreads, &[&ratios[..], &sizes].concat());

        let hits = hits_of_all(&mut caches, &stream);
        let spreads = timed(options, &mut caches, |player| {
            let mut batches = Batches::new(&hits, BATCH);
            side(move || player.get(batches.next()))
        });
        let all: Vec<_> = ratios.iter().map(|ratio| ratio.map(|_| 1.0)).collect();
        table.row_with(&self.name("get"), &spreads, &[&all[..], &sizes].concat());

        let spreads = timed(options, &mut caches, |player| {
            let mut number = 0;
            let value = &value;
            side(move || {
                player.insert_new(number..number + BATCH as u64, value);
                number += BATCH as u64;
            })
        });
        let none = vec![None; ratios.len()];
        table.row_with(&self.name("insert"), &spreads, &[&none[..], &sizes].concat());
    }
}

/// A cache that has seen the stream.
struct Warm {
    player: Option<Box<dyn Player>>,
    hit_ratio: Option<f64>,
    bytes_per_entry: Option<f64>,
}

impl Warm {
    /// Fills a cache, so that it is full whatever the stream; plays two thirds of the stream to it
    /// and counts hits in the last.
    fn new(
        case: &Case,
        build: fn(usize, usize, u64) -> Option<Box<dyn Player>>,
        stream: &Stream,
        value: &[u8],
        options: &Options,
    ) -> Self {
        let (before, counted) = stream.parts();
        let (warm, bytes) = bytes_kept(|| {
            let mut player = build(case.entries, case.bytes, options.seed)?;
            player.get_or_insert(&stream.favourites, value);
            player.get_or_insert(before, value);
            let hits = player.get_or_insert(counted, value);
            player.settle();
            Some((player, hits as f64 / counted.len() as f64))
        });
        let bytes = bytes as f64 / case.entries as f64;
        let (player, hit_ratio) = warm.unzip();
        Self { bytes_per_entry: hit_ratio.map(|_| bytes), player, hit_ratio }
    }
}

/// What each cache takes for a call, in nanoseconds.
fn timed<'c>(
    options: &Options,
    caches: &'c mut [Warm],
    work: impl Fn(&'c mut Box<dyn Player>) -> Side<'c>,
) -> Vec<Option<Spread>> {
    let is_there: Vec<_> = caches.iter().map(|cache| cache.player.is_some()).collect();
    let players = caches.iter_mut().filter_map(|cache| cache.player.as_mut());
    let mut sides: Vec<_> = players.map(work).collect();
    let mut spreads = by_turns(options.plan, &mut sides).into_iter();
    is_there.into_iter().map(|there| there.then(|| spreads.next()).flatten()).collect()
}

/// The first requests of the stream that all caches can answer as they are now: at least a batch of
/// them, over and over if need be, and no more than are called for under time.
fn hits_of_all(caches: &mut [Warm], stream: &Stream) -> Vec<RequestKey> {
    let mut players: Vec<_> =
        caches.iter_mut().filter_map(|cache| cache.player.as_deref_mut()).collect();
    let hits: Vec<_> = stream
        .keys
        .iter()
        .filter(|key| players.iter_mut().all(|player| player.get(std::slice::from_ref(key)) == 1))
        .copied()
        .take(400 * BATCH)
        .collect();
    let len = hits.len().max(BATCH);
    hits.into_iter().cycle().take(len).collect()
}
