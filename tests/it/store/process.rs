//! Another process with a store, which does what it is told over a pipe.

use std::{
    fs,
    io::{BufRead, BufReader, Write, stdin, stdout},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{
    crash,
    entry::{self, found, kind},
    fork, pressure,
};
use llm_cache::store::FileStore;

/// A process of this test binary. Killed when it is dropped.
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    replies: Option<Replies>,
}

/// What a process says.
pub(super) struct Replies(BufReader<ChildStdout>);

/// How a process is told what to be.
const ROLE: &str = "LLM_CACHE_TEST_ROLE";
/// What our lines begin with: the test harness prints others around them.
const MARK: &str = "> ";

impl Process {
    /// Starts a process that does what it is asked.
    pub(super) fn start() -> Self {
        Self::start_by(this_binary(), "obey")
    }

    /// Starts a process with an open store.
    pub(super) fn with_store(path: &Path, durability: &str) -> Self {
        let mut process = Self::start();
        assert_eq!(process.open(path, durability), "ok");
        process
    }

    /// Starts a process of this role by a command that ends in the binary's path.
    pub(super) fn start_by(mut command: Command, role: &str) -> Self {
        command.args(["store::process::child", "--exact", "--ignored", "--nocapture"]);
        command.env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let replies = Some(Replies(BufReader::new(child.stdout.take().unwrap())));
        Self { child, stdin, replies }
    }

    /// Opens the store in `path`, in small segments; `ok` or the error's kind.
    pub(super) fn open(&mut self, path: &Path, durability: &str) -> String {
        self.ask(&format!("open {durability} {}", path.display()))
    }

    /// `ok` or the error's kind.
    pub(super) fn put(&mut self, key: u32, n: u32) -> String {
        self.ask(&format!("put {key} {n}"))
    }

    /// The number of the entry, `none`, `wrong`, or the error's kind.
    pub(super) fn get(&mut self, key: u32) -> String {
        self.ask(&format!("get {key}"))
    }

    /// Sends a line and waits for the line that answers it.
    pub(super) fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.reply().unwrap_or_else(|| panic!("the process ended at: {line}"))
    }

    /// Sends a line.
    pub(super) fn tell(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap_or_else(|error| panic!("{error} at: {line}"));
    }

    /// The next line of the process; `None` when it has ended.
    pub(super) fn reply(&mut self) -> Option<String> {
        self.replies.as_mut().and_then(Replies::next)
    }

    /// Its replies, for another thread to read.
    pub(super) fn take_replies(&mut self) -> Replies {
        self.replies.take().unwrap()
    }

    /// SIGKILL, and waits for the end, when the system has taken its locks away.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The system's number for it.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: i32) {
        // SAFETY: a child of ours that was not waited for, so that the number is nobody else's.
        unsafe { libc::kill(self.child.id().cast_signed(), signal) };
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Replies {
    /// The next whole line; `None` at the end.
    pub(super) fn next(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).ok()?;
            let whole = line.strip_suffix('\n')?;
            if let Some(reply) = whole.strip_prefix(MARK) {
                return Some(reply.to_owned());
            }
        }
    }
}

/// The command that starts this binary.
pub(super) fn this_binary() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// Says a line to the process that started this one.
pub(super) fn say(line: &str) {
    // One write: a killed process has said all of it or nothing that counts.
    let text = format!("{MARK}{line}\n");
    let mut stdout = stdout().lock();
    // Who started us may be gone.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Has this process killed if it lives that long, so that one that hangs fails its test.
pub(super) fn end_in_time() {
    end_after(300);
}

/// Has this process killed in so many seconds, in place of what was said before.
pub(super) fn end_after(seconds: u32) {
    // SAFETY: sets a timer of this process, whose signal ends it.
    unsafe { libc::alarm(seconds) };
}

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn child() {
    let role = std::env::var(ROLE);
    if role.is_ok() {
        end_in_time();
    }
    // The harness may stand in the middle of a line.
    println!();
    match role.as_deref() {
        Ok("obey") => obey(),
        Ok(role) if role.starts_with(pressure::ROLE) => pressure::write(role),
        Ok(role) => crash::write(role),
        Err(_) => {}
    }
}

/// Does what it is told until nobody tells it anything any more.
fn obey() {
    let (mut store, mut locks) = (None, Vec::new());
    for line in stdin().lines() {
        let line = line.unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        let reply = match words[..] {
            ["open", durability, path] => match entry::options(durability).open(path) {
                Ok(opened) => {
                    store = Some(opened);
                    "ok".to_owned()
                }
                Err(error) => kind(&error),
            },
            ["close"] => {
                store = None;
                "ok".to_owned()
            }
            // Whatever can be locked in the directory beside what the store has locked itself.
            ["lock", path] => {
                let files = fs::read_dir(path).unwrap().map(|file| file.unwrap().path());
                locks.extend(files.map(|path| {
                    let file = fs::File::open(path).unwrap();
                    (file.try_lock().is_ok(), file)
                }));
                locks.len().to_string()
            }
            ["run", ref command @ ..] => {
                let status = Command::new("sh").args(["-c", &command.join(" ")]).status();
                if status.unwrap().success() { "ok".to_owned() } else { "failed".to_owned() }
            }
            ["descriptors"] => fs::read_dir("/dev/fd").unwrap().count().to_string(),
            _ => act(store.as_ref().unwrap(), &words),
        };
        say(&reply);
    }
}

/// One call of the store, or a run of them.
fn act(store: &FileStore, words: &[&str]) -> String {
    let number = |at: usize| words[at].parse::<u32>().unwrap();
    let said = |done: Result<String, _>| done.unwrap_or_else(|error| kind(&error));
    let ok = |()| "ok".to_owned();
    match words[0] {
        "put" => said(entry::put(store, number(1), number(2)).map(ok)),
        "get" => found(store, number(1)),
        "remove" => said(store.remove(&entry::key(number(1))).map(|there| there.to_string())),
        "clear" => said(store.clear().map(ok)),
        "flush" => said(store.flush().map(ok)),
        "compact" => said(store.compact().map(|_| "ok".to_owned())),
        "entries" => store.stats().entries.to_string(),
        // Puts entry `n` of `count` keys from `first` on, until one fails; how many, and why.
        "fill" => {
            let (first, count, n) = (number(1), number(2), number(3));
            let mut keys = first..first + count;
            let failed = keys.find_map(|key| Some((key, entry::put(store, key, n).err()?)));
            failed.map_or(format!("{count} ok"), |(key, error)| {
                format!("{} {}", key - first, kind(&error))
            })
        }
        // Asks `rounds` times for entry `n` of `count` keys from `first` on; what was not found.
        "check" => {
            let (first, count, n, rounds) = (number(1), number(2), number(3), number(4));
            let keys = (0..rounds).flat_map(|_| first..first + count);
            let bad = keys.map(|key| (key, found(store, key)));
            let bad: Vec<_> = bad.filter(|(_, found)| *found != n.to_string()).take(5).collect();
            if bad.is_empty() { "ok".to_owned() } else { format!("{bad:?}") }
        }
        "fork" => fork::fork(store, words[1], number(2)),
        other => panic!("what is {other}?"),
    }
}
