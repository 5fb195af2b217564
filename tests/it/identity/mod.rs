//! What counts for a key, on every recorded request: each leaf changed in turn, each mark put in
//! and stripped, each text spelled anew.
//!
//! What may be left out is read from the table in core/KEY.md, not from the code. Every request is
//! tried in its own dialect and as plain `json`, where everything counts. Nothing is sampled; the
//! kinds of change of a leaf take turns.
#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod change;
mod page;
mod respell;
mod tree;

use std::{
    collections::{BTreeSet, HashSet},
    iter,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use llm_cache::llm_cache_core::{
    RequestKey,
    key::{Dialect, Endpoint, KeyHasher, Scope, Tenant},
};
use llm_cache_tests::{Replay, shared_dir};

use self::{
    change::{What, addition, changes, value_of},
    page::{Page, Path},
    respell::{Dice, respell},
    tree::{Kind, Tree},
};

/// The recordings: file, dialect, requests in it.
const FILES: [(&str, Dialect, usize); 4] = [
    ("anthropic_count_tokens", Dialect::AnthropicMessages, 6),
    ("anthropic_messages", Dialect::AnthropicMessages, 189),
    ("openai_chat", Dialect::OpenAiChat, 179),
    ("openai_responses", Dialect::OpenAiResponses, 181),
];
/// How often each request is spelled anew.
const SPELLINGS: u64 = 4;

/// One recording under one dialect.
struct Recording {
    file: &'static str,
    /// What is left out here.
    page: Page,
    /// Names that are left out somewhere, in the recording's own dialect.
    names: BTreeSet<String>,
    hasher: KeyHasher,
    bodies: Vec<String>,
}

/// Each recording in its own dialect and as plain JSON; nothing without ../shared.
fn recordings() -> impl Iterator<Item = Recording> {
    let files = shared_dir().map(|shared| FILES.map(|file| (shared.join("traffic"), file)));
    files.into_iter().flatten().flat_map(|(folder, (file, own, requests))| {
        let replay = Replay::load(&folder.join(format!("{file}.jsonl.gz"))).unwrap();
        assert_eq!(replay.pairs().len(), requests, "{file}");
        [own, Dialect::Json].map(|dialect| Recording {
            file,
            page: Page::of(dialect.as_str()),
            names: Page::of(own.as_str()).names(),
            hasher: hasher(dialect),
            bodies: replay.pairs().iter().map(|pair| pair.request_body()).collect(),
        })
    })
}

fn hasher(dialect: Dialect) -> KeyHasher {
    Scope::new(dialect, Endpoint::Id("recorded"), Tenant::Shared).hasher().unwrap()
}

impl Recording {
    /// Runs `check` on every request, on all processors, and adds up what it counts.
    fn every<const N: usize>(
        &self,
        check: impl Fn(&Self, &Tree<'_>, RequestKey) -> [usize; N] + Sync,
    ) -> [usize; N] {
        let (next, check) = (&AtomicUsize::new(0), &check);
        let work = move || {
            let bodies = iter::from_fn(|| self.bodies.get(next.fetch_add(1, Relaxed)));
            let counts =
                bodies.map(|body| check(self, &Tree::read(body, &self.page), self.key(body)));
            counts.fold([0; N], sum)
        };
        thread::scope(|scope| {
            let workers = thread::available_parallelism().map_or(1, usize::from);
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).fold([0; N], sum)
        })
    }

    fn key(&self, body: &str) -> RequestKey {
        self.hasher.key_alloc(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
    }
}

fn sum<const N: usize>(one: [usize; N], other: [usize; N]) -> [usize; N] {
    std::array::from_fn(|at| one[at] + other[at])
}

/// `text` with a piece replaced.
fn spliced(text: &str, (span, new): (std::ops::Range<usize>, &str)) -> String {
    [&text[..span.start], new, &text[span.end..]].concat()
}

/// A new key for every change, and no two changes of one value with the same key, but for changes
/// of what the page lists: there the key stays.
#[test]
fn every_change_counts_but_what_the_page_lists() {
    for recording in recordings() {
        let counts = recording.every(|recording, tree, key| {
            // For each kind: changes, new keys, changes of what is on the list.
            let mut counts = [0; 3 * What::ALL.len()];
            for index in 0..tree.nodes.len() {
                let mut keys = HashSet::from([key]);
                for change in changes(tree, index, &recording.page, &recording.names) {
                    let body = spliced(tree.text, (change.span, &change.text));
                    let changed = recording.key(&body);
                    if change.listed {
                        assert_eq!(changed, key, "{:?} {body}", change.what);
                    } else {
                        assert!(keys.insert(changed), "{:?} {body}", change.what);
                    }
                    let count = &mut counts[3 * change.what as usize..];
                    count[0] += 1;
                    count[1] += usize::from(changed != key);
                    count[2] += usize::from(change.listed);
                }
            }
            counts
        });
        let Recording { file, hasher, bodies, .. } = &recording;
        println!("{file}, {} requests, {hasher:?}: changes, new keys, on the list", bodies.len());
        for (what, count) in What::ALL.iter().zip(counts.chunks(3)) {
            let (what, [changed, new, listed]) =
                (format!("{what:?}"), [count[0], count[1], count[2]]);
            println!("  {what:<12} {changed:>6} {new:>6} {listed:>6}");
            assert_eq!(changed, new + listed);
        }
    }
}

/// Without everything that the page lists, and with everything it lists put in wherever its place
/// is, one at a time and all at once, a request has the key that it was recorded with.
#[test]
fn marks_come_and_go() {
    for recording in recordings() {
        let placed = &Mutex::new(BTreeSet::<Path>::new());
        let [stripped, put] = recording.every(|recording, tree, key| {
            let (bare, stripped) = strip(tree, &recording.page);
            assert_eq!(recording.key(&bare), key, "{bare}");
            let mut counts = [stripped, 0];
            let mut full = bare.clone();
            // From behind, so that the places in front stay where they are.
            let bare_tree = Tree::read(&bare, &recording.page);
            for object in bare_tree.nodes.iter().rev().filter(|node| node.kind == Kind::Object) {
                for path in recording.page.paths().filter(|path| is_in(object, path)) {
                    let name = page::name(path).unwrap();
                    let (span, member) = addition(object, name, value_of(name));
                    let one = spliced(&bare, (span.clone(), &member));
                    assert_eq!(recording.key(&one), key, "{one}");
                    // Members that are put in before others need a comma, even if these are new.
                    let is_first = full[span.start..].starts_with('}');
                    let comma = if is_first { "" } else { "," };
                    let member = format!("{}{comma}", member.trim_end_matches(','));
                    full = spliced(&full, (span, &member));
                    placed.lock().unwrap().insert(path.clone());
                    counts[1] += 1;
                }
            }
            assert_eq!(recording.key(&full), key, "{full}");
            counts
        });
        let Recording { file, hasher, page, .. } = &recording;
        let placed = placed.lock().unwrap().len();
        println!(
            "{file}, {hasher:?}: {stripped} listed members stripped, {put} put in, at {placed} of \
             the {} places listed",
            page.paths().count()
        );
    }
}

/// Whether `path` names a member of the object.
fn is_in(object: &tree::Node, path: &Path) -> bool {
    path.split_last().is_some_and(|(_, parent)| parent == object.path)
}

/// The text without what is listed, and how many members that was.
fn strip(tree: &Tree<'_>, page: &Page) -> (String, usize) {
    let (mut text, mut count) = (tree.text.to_owned(), 0);
    loop {
        // One at a time: each removal moves what is behind it.
        let now = Tree::read(&text, page);
        let Some(gone) = now.nodes.iter().find(|node| node.listed) else { return (text, count) };
        let span = now.removal(gone).unwrap();
        text = spliced(&text, (span, ""));
        count += 1;
    }
}

/// The same document in other words has the same key: members in any order, any white space, any
/// escapes, any spelling of a number.
#[test]
fn spelling_does_not_count() {
    for recording in recordings() {
        let [spellings, bytes] = recording.every(|recording, tree, key| {
            let mut counts = [0; 2];
            for round in 0..SPELLINGS {
                let seed = (tree.text.len() as u64) << 8 | round;
                let other = respell(tree, &mut Dice(seed));
                assert_ne!(other, tree.text);
                assert_eq!(recording.key(&other), key, "seed {seed}: {other}");
                counts = sum(counts, [1, other.len()]);
            }
            counts
        });
        let Recording { file, hasher, .. } = &recording;
        println!("{file}, {hasher:?}: {spellings} other spellings, {bytes} bytes");
    }
}
