//! The firmware of `tests/embedded` on an emulated Cortex-M3: it computes the host's keys, keeps
//! answers in table and flash, and stays within its budget of code and stack. What the table takes
//! of it is printed: bytes of code, and instructions of each operation.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use llm_cache_core::{
    RequestKey,
    canonical::Sink,
    key::{Dialect, Endpoint, FieldHasher, Scope, Tenant},
    record::{Frame, PortableCrc32c, Record},
};
use llm_cache_tests::shared::skip;

use crate::formats::{Item, Walk, unhex, walk_image};

#[expect(unreachable_pub, reason = "the firmware is a crate of its own")]
#[path = "../embedded/src/prompt.rs"]
mod prompt;
#[expect(unreachable_pub, reason = "the firmware is a crate of its own")]
#[path = "../embedded/src/requests.rs"]
mod requests;

const TARGET: &str = "thumbv7m-none-eabi";
/// Key, table, record, encoder and the firmware around them.
const CODE_BYTES_MAX: usize = 48 * 1024;
const STACK_BYTES_MAX: usize = 4 * 1024;
/// Far above what the table takes, so that only a blunder goes over it.
const TABLE_CODE_BYTES_MAX: usize = 16 * 1024;
const TABLE_INSTRUCTIONS_MAX: [(&str, usize); 3] = [("hit", 800), ("miss", 500), ("insert", 4_000)];

/// What the firmware printed, line by line.
struct Console(String);

impl Console {
    /// What follows `name` on its line.
    fn line(&self, name: &str) -> &str {
        let mut lines = self.0.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no line `{name}` in:\n{}", self.0))
    }

    fn number(&self, name: &str) -> usize {
        self.line(name).parse().expect("a number")
    }
}

fn what_is_missing() -> Option<&'static str> {
    let works = |command: &mut Command| command.output().is_ok_and(|out| out.status.success());
    if !works(Command::new("qemu-system-arm").arg("--version")) {
        return Some("no qemu-system-arm");
    }
    let mut rustc = Command::new("rustc");
    let found = |out: Output| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir();
    let libraries = rustc.args(["--print", "target-libdir", "--target", TARGET]).output();
    if !libraries.is_ok_and(found) {
        return Some("no target thumbv7m-none-eabi (rustup target add thumbv7m-none-eabi)");
    }
    None
}

/// Builds the firmware with so many more arguments and runs it until it exits. One test at a time,
/// in whatever process: all its builds have one name, and a second would replace what the first is
/// about to run.
fn run(arguments: &[&str]) -> Console {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/embedded");
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/firmware");
    fs::create_dir_all(target).expect("the folder of the build");
    let built = File::create(Path::new(target).join("in-use")).expect("a lock file");
    built.lock().expect("the lock");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--release", "--quiet", "--locked"])
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo is running this test");
    let console = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the firmware failed\n{console}\n{errors}");
    Console(console)
}

/// Keys are the host's, every step has the outcome it should, and code and stack fit the budget.
#[test]
fn firmware_does_the_core_job_within_its_budget() {
    if let Some(why) = what_is_missing() {
        return skip(why);
    }
    let console = run(&[]);
    for (name, dialect, body) in requests::REQUESTS {
        let dialect = match dialect {
            "anthropic.messages" => Dialect::AnthropicMessages,
            "openai.chat" => Dialect::OpenAiChat,
            _ => Dialect::Json,
        };
        let scope = Scope::new(dialect, Endpoint::Id("gateway"), Tenant::Named("plant"));
        let key = scope.hasher().unwrap().key_alloc(body.as_bytes()).unwrap();
        assert_eq!(console.line(&format!("key {name}")), key.to_string());
    }
    assert_eq!(console.line("key marked"), console.line("key unmarked"), "a mark is no identity");
    let body: serde_json::Value = serde_json::from_str(console.line("body")).unwrap();
    assert_eq!(body["messages"][0]["content"][0]["cache_control"]["type"], "ephemeral");

    let (bytes, hash) = prompt_written_at_once();
    assert_eq!(console.line("prompt bytes"), bytes.to_string());
    assert_eq!(console.line("prompt hash"), hash);
    assert!(bytes > 100 * 1024, "{bytes} bytes of prompt");

    assert_eq!(console.line("table before"), "false");
    assert_eq!(console.line("table hit"), "true bytes 74 age 30000");
    assert_eq!(console.line("table expired"), "true");
    assert_eq!(console.line("table holds"), "16 of 16");
    assert_eq!(console.line("log power cut"), "true");
    assert_eq!(console.line("log recovered"), "3 torn found false");
    assert_eq!(console.line("log reclaimed, newest found"), "true");

    let (code, stack) = (console.number("code"), console.number("stack"));
    println!("{}", console.0);
    println!("code {code} of {CODE_BYTES_MAX} bytes, stack {stack} of {STACK_BYTES_MAX} bytes");
    assert!(code <= CODE_BYTES_MAX, "{code} bytes of code");
    assert!(stack <= STACK_BYTES_MAX, "{stack} bytes of stack");
}

/// The length and the hash of the long prompt, which the firmware writes through 512 bytes.
fn prompt_written_at_once() -> (usize, String) {
    let mut body = Vec::new();
    let request = prompt::request();
    request.encode(Dialect::AnthropicMessages, &mut body).expect("no rule is broken");
    assert_eq!(request.encoded_len(Dialect::AnthropicMessages), Ok(body.len()));
    serde_json::from_slice::<serde_json::Value>(&body).expect("JSON");
    let mut hash = FieldHasher::new("firmware link");
    hash.write(&body);
    (body.len(), RequestKey::from_bytes(hash.finish()).to_string())
}

/// The firmware recovers a flash image that another build has written, and reclaims all of it;
/// this machine does the same on the image in a file: they find the same entries, and leave the
/// same bytes.
#[test]
fn firmware_and_server_recover_the_same_flash() {
    if let Some(why) = what_is_missing() {
        return skip(why);
    }
    let console = run(&["--features", "recover"]);
    let item = |line: &str| {
        if let Some(key) = line.strip_prefix("item removed ") {
            let key: [u8; 32] = unhex(key).unwrap().try_into().unwrap();
            return Some(Item::removed(RequestKey::from_bytes(key)));
        }
        let bytes = unhex(line.strip_prefix("item entry ")?).unwrap();
        let decoded = Record::decode(&bytes, &Frame::standalone(), &PortableCrc32c);
        Some(Item::of(&decoded.expect("a whole record").0))
    };
    let items: Vec<_> = console.0.lines().filter_map(item).collect();
    let checksum = u32::from_str_radix(console.line("image checksum"), 16).unwrap();
    let is_newest_found = console.line("image reclaimed, newest found") == "true";
    assert_eq!(Walk { items, is_newest_found, checksum }, walk_image());
    assert!(is_newest_found);
}

/// The emulator counts instructions, so they are the same in every run. The table's code is what
/// the firmware is smaller by when it is linked without the table and the calls of it.
#[test]
fn what_the_table_takes_is_printed() {
    if let Some(why) = what_is_missing() {
        return skip(why);
    }
    let code = run(&[]).number("code") - run(&["--no-default-features"]).number("code");
    println!("table code {code}");
    assert!(code <= TABLE_CODE_BYTES_MAX, "{code} bytes of code for the table");
    let (console, again) =
        (run(&["--features", "instructions"]), run(&["--features", "instructions"]));
    for (operation, most) in TABLE_INSTRUCTIONS_MAX {
        let name = format!("table instructions per {operation}");
        let instructions = console.number(&name);
        println!("{name} {instructions}");
        assert!(instructions <= most, "{instructions} instructions per {operation}");
        assert_eq!(again.number(&name), instructions, "another count in another run");
    }
}
