//! Processes that are started, stopped, woken and killed, and looked at from outside.

use std::{
    fs,
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{
    super::{
        entry,
        process::{Process, this_binary},
    },
    BOUND, bytes_on_disk,
    report::Report,
    segments,
    writer::ROLE,
};

/// What happens to the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signals {
    None,
    /// Every moment one is stopped for up to two seconds, or killed and replaced.
    StopAndKill,
}

const PROCESSES: u32 = 4;
/// Numbers of entries that each process has for itself.
const ENTRIES_EACH: u64 = 10_000_000;
/// How often size and descriptors are looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How many lines tell of the memory over time.
const SAMPLES: u32 = 12;

struct Run {
    dir: TempDir,
    seconds: u64,
    started: u64,
    sender: Sender<String>,
    receiver: Receiver<String>,
    random: u64,
}

/// Runs four processes on one directory for so long.
pub(super) fn run(length: Duration, signals: Signals) -> Report {
    let (sender, receiver) = mpsc::channel();
    let (dir, seconds) = (TempDir::new().unwrap(), length.as_secs());
    let seed = u64::from(std::process::id()) << 32 | 1;
    let mut run = Run { dir, seconds, started: 0, sender, receiver, random: seed };
    let mut report = Report::default();
    let mut processes: Vec<_> = (0..PROCESSES).map(|number| run.start(number)).collect();
    let begun = Instant::now();
    let (mut stopped, mut next_signal) = (None, Duration::from_millis(300));
    let (mut index_bytes, mut sampled) = (0, 0);
    while begun.elapsed() < length {
        thread::sleep(LOOK);
        run.look(&processes, &mut report);
        run.receiver.try_iter().for_each(|line| report.hear(&line, &mut index_bytes));
        let elapsed = begun.elapsed();
        if elapsed >= length / SAMPLES * sampled {
            sampled += 1;
            let resident = processes.iter().map(resident).max().unwrap_or(0);
            report.memory.push((elapsed, std::mem::take(&mut index_bytes), resident));
        }
        if signals == Signals::None || elapsed < next_signal {
            continue;
        }
        next_signal = elapsed + Duration::from_millis(50 + run.below(400));
        match stopped.take() {
            // Some are killed while they stand still.
            Some((at, until)) if elapsed >= until => {
                if run.below(3) == 0 {
                    report.kills += 1;
                    processes[at] = run.replace(&mut processes[at], at);
                } else {
                    processes[at].signal(libc::SIGCONT);
                }
            }
            Some(waiting) => stopped = Some(waiting),
            None => {
                let at = run.below(PROCESSES.into()) as usize;
                if run.below(4) == 0 {
                    report.kills += 1;
                    processes[at] = run.replace(&mut processes[at], at);
                } else {
                    report.stops += 1;
                    processes[at].signal(libc::SIGSTOP);
                    stopped = Some((at, elapsed + Duration::from_millis(run.below(2000))));
                }
            }
        }
    }
    processes.iter().for_each(|process| process.signal(libc::SIGCONT));
    run.end(&mut processes, &mut report);
    report
}

impl Run {
    fn start(&mut self, number: u32) -> Process {
        let first = self.started * ENTRIES_EACH % u64::from(u32::MAX - 20_000_000);
        self.started += 1;
        let (seed, limit) = (self.below(u64::MAX), self.seconds + 200);
        let folder = self.dir.path().display();
        let role = format!("{ROLE}{number} {first} {seed} {limit} {folder}");
        let mut process = Process::start_by(this_binary(), &role);
        let (mut replies, sender) = (process.take_replies(), self.sender.clone());
        thread::spawn(move || {
            while let Some(line) = replies.next() {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        process
    }

    fn replace(&mut self, process: &mut Process, at: usize) -> Process {
        process.kill();
        self.start(at as u32)
    }

    fn look(&self, processes: &[Process], report: &mut Report) {
        let store = self.dir.path().join("store");
        if !store.exists() {
            return;
        }
        report.bytes_max = report.bytes_max.max(bytes_on_disk(&store));
        report.files_max = report.files_max.max(segments(&store).len());
        let descriptors = processes.iter().map(descriptors).max().unwrap_or(0);
        report.descriptors_max = report.descriptors_max.max(descriptors);
    }

    /// Has each process put an entry, and looks for them all.
    fn end(&mut self, processes: &mut [Process], report: &mut Report) {
        processes.iter_mut().for_each(|process| process.tell("end"));
        let (mut last, mut index_bytes) = (Vec::new(), 0);
        while last.len() < PROCESSES as usize {
            let line = self.receiver.recv_timeout(Duration::from_secs(60));
            let line = line.expect("the processes stand still");
            report.hear(&line, &mut index_bytes);
            if let Some(rest) = line.strip_prefix("last ") {
                let (key, n) = rest.split_once(' ').unwrap();
                last.push((key.parse::<u32>().unwrap(), n.parse::<u32>().unwrap()));
            }
        }
        let store = entry::options(&format!("none,max={BOUND},segment=8192"));
        let store = store.open(self.dir.path().join("store")).unwrap();
        for (key, n) in last.into_iter().filter(|(_, n)| *n != 0) {
            match entry::get(&store, key) {
                Ok(Some(found)) if found == n => {}
                Ok(None) => report.lost += 1,
                _ => report.wrong += 1,
            }
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}

/// How many descriptors a process has open, where the system tells.
fn descriptors(process: &Process) -> usize {
    let folder = format!("/proc/{}/fd", process.id());
    fs::read_dir(Path::new(&folder)).map_or(0, Iterator::count)
}

/// How many KiB of memory a process has, where the system tells.
fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
