//! What became of a run.

use std::{collections::BTreeMap, fmt, time::Duration};

/// What became of a run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) puts: u64,
    /// The most bytes that all segment files had together.
    pub(super) bytes_max: u64,
    pub(super) files_max: usize,
    /// The most that one process had open.
    pub(super) descriptors_max: usize,
    /// By the time since the beginning: the most that one process took, of the index and in all.
    pub(super) memory: Vec<(Duration, u64, u64)>,
    /// Puts that were declined, and other calls that failed, by reason.
    pub(super) failures: BTreeMap<String, u64>,
    pub(super) stops: u64,
    pub(super) kills: u64,
    pub(super) lost: u64,
    pub(super) wrong: u64,
}

impl Report {
    /// Takes in what a writer tells: puts, lost, wrong, bytes of the index, failures by reason.
    pub(super) fn hear(&mut self, line: &str, index_bytes: &mut u64) {
        let words: Vec<_> = line.split(' ').collect();
        if words[0] != "tally" {
            return;
        }
        let number = |at: usize| words[at].parse::<u64>().unwrap_or(0);
        self.puts += number(1);
        self.lost += number(2);
        self.wrong += number(3);
        *index_bytes = (*index_bytes).max(number(4));
        for word in words.iter().skip(4).filter_map(|word| word.split_once('=')) {
            *self.failures.entry(word.0.to_owned()).or_default() += word.1.parse::<u64>().unwrap();
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "store pressure: {} puts, {} lost, {} wrong; {} stops, {} kills",
            self.puts, self.lost, self.wrong, self.stops, self.kills
        )?;
        writeln!(
            f,
            "at most {} bytes in {} files; at most {} descriptors in a process",
            self.bytes_max, self.files_max, self.descriptors_max
        )?;
        writeln!(f, "failures by reason: {:?}", self.failures)?;
        self.memory.iter().try_for_each(|(at, index, resident)| {
            writeln!(f, "after {:>5} s: index {index} bytes, resident {resident} KiB", at.as_secs())
        })
    }
}
