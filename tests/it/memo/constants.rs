//! Constants in the body are in the key by their values; what only looks like one is not.

use std::{
    cell::Cell,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use llm_cache::{Cache, cached};
use serde::Serialize;

use super::{hits, small};

/// Equal functions in equal places, beside constants that may differ.
macro_rules! edition {
    ($({$($items:tt)*})? [$($option:tt)*] |$text:ident| $body:block) => {{
        $($($items)*)?
        #[cached(cache = cache, skip_unkeyed(cache) $($option)*)]
        fn ask(cache: &Cache, $text: &str) -> String $body
        |cache: &Cache| {
            let plain = ask(cache, "plain");
            assert_eq!(plain, ask_uncached(cache, "plain"));
            ask_with_outcome(cache, "Ada is 36").1
        }
    }};
}

/// A constant that is edited is a miss, one that is not is a hit: as an argument, captured by a
/// format string, in an array, under a version, with an import in the body.
#[test]
fn an_edited_constant_is_a_miss() {
    macro_rules! editions {
        ($prompt:expr) => {
            [
                Box::new(edition!({ const PROMPT: &str = $prompt; }
                    [] |text| { format!("{}{text}", PROMPT) }))
                    as Box<dyn Fn(&Cache) -> llm_cache::cache::Outcome>,
                Box::new(edition!({ const PROMPT: &str = $prompt; }
                    [] |text| { format!("{PROMPT} {text}") })),
                Box::new(edition!({ static PROMPT: [&str; 2] = ["a", $prompt]; } [] |text| {
                    [PROMPT[1], text].concat()
                })),
                Box::new(edition!({ const PROMPT: Option<(u8, &str)> = Some((1, $prompt)); }
                    [, version = "1"] |text| { format!("{PROMPT:?} {text}") })),
                Box::new(edition!({ mod prompts { pub(super) const PROMPT: &str = $prompt; } }
                    [] |text| {
                    use prompts::*;
                    format!("{PROMPT} and {text}")
                })),
                Box::new(edition!({ struct Fixed; impl Fixed { const PROMPT: &str = $prompt; } }
                    [] |text| {
                    #[cfg(all())]
                    let prompt = Fixed::PROMPT;
                    #[cfg(any())]
                    let prompt = MISSING;
                    format!("{prompt} or {text}")
                })),
            ]
        };
    }
    let (before, same, edited) = (editions!("Who?"), editions!("Who?"), editions!("Who is it?"));
    for (at, ((before, same), edited)) in before.iter().zip(&same).zip(&edited).enumerate() {
        let cache = small();
        let outcomes = hits([before(&cache), same(&cache), edited(&cache)]);
        assert_eq!(outcomes, [false, true, false], "edition {at}");
    }
}

/// A file that is included counts by its text, and `key(..)` adds what no constant can be.
#[test]
fn included_files_and_named_values_count() {
    #[derive(Serialize)]
    struct Prompts {
        system: &'static str,
    }
    let cache = small();
    let included =
        edition!([, version = "1"] |text| { format!("{}{text}", include_str!("prompt.txt")) });
    let again =
        edition!([, version = "1"] |text| { format!("{}{text}", include_str!("prompt.txt")) });
    assert_eq!(hits([included(&cache), again(&cache)]), [false, true]);
    macro_rules! named {
        ($system:expr) => {
            edition!({ const PROMPTS: Prompts = Prompts { system: $system }; }
                [, key(PROMPTS, PROMPTS.system.len())]
                |text| { format!("{}{text}", PROMPTS.system) })
        };
    }
    let (before, same, edited) = (named!("Who?"), named!("Who?"), named!("Why?"));
    assert_eq!(hits([before(&cache), same(&cache), edited(&cache)]), [false, true, false]);
}

/// A constant that an option leaves out does not count.
#[test]
fn a_constant_can_be_left_out() {
    macro_rules! left_out {
        ($tries:expr) => {{
            const TRIES: u32 = $tries;
            #[cached(cache = cache, skip_unkeyed(cache, TRIES))]
            fn ask(cache: &Cache) -> u32 {
                TRIES
            }
            |cache: &Cache| ask_with_outcome(cache)
        }};
    }
    let (cache, first, second) = (small(), left_out!(1), left_out!(2));
    assert_eq!((first(&cache).0, second(&cache).0), (1, 1));
}

static COUNTER: AtomicU32 = AtomicU32::new(0);
static LAZY: LazyLock<u32> = LazyLock::new(|| panic!("a key must not make it"));
static mut CHANGES: u32 = 1;
thread_local! {
    static HERE: Cell<u32> = const { Cell::new(0) };
}

#[derive(Clone, Copy, PartialEq)]
#[allow(clippy::upper_case_acronyms)]
enum Level {
    LOW,
    HIGH(u8),
}

#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
struct UNIT;

const LIMIT: u32 = 3;
#[allow(clippy::declare_interior_mutable_const)]
const CELL: Cell<u32> = Cell::new(4);
const CALL: fn(u32) -> u32 = |n| n + 1;
const OWNED: Vec<u32> = Vec::new();

/// Statics that change, variants, unit structs, types, functions, patterns and names that the body
/// binds are no constants: such functions compile, and what changes makes no miss.
#[test]
fn look_alikes_do_not_count() {
    #[cached(cache = cache, skip_unkeyed(cache))]
    #[allow(non_snake_case, clippy::borrow_interior_mutable_const)]
    #[allow(unsafe_code)]
    fn ask(cache: &Cache, level: u32) -> u32 {
        const LOCAL: u32 = 1;
        let (A, B) = (1, 2);
        let _unit = UNIT;
        let _reads: &LazyLock<u32> = &LAZY;
        let kind = if level > LIMIT { Level::LOW } else { Level::HIGH(1) };
        let matched = match level {
            LIMIT => LIMIT,
            N if N > LIMIT => N,
            _ => CALL(LOCAL),
        };
        let low = u32::from(kind == Level::LOW) + OWNED.len() as u32;
        // SAFETY: no test writes to it.
        let changes = unsafe { CHANGES };
        let cell = CELL;
        let here = HERE.with(Cell::get) + cell.get() + COUNTER.load(Ordering::Relaxed);
        let listed = [1, 2].iter().map(|N| N * LOCAL).sum::<u32>() + u32::MAX / u32::MAX;
        A + B + low + matched + changes + here + listed
    }
    let cache = small();
    let first = ask(&cache, 3);
    COUNTER.fetch_add(1, Ordering::Relaxed);
    HERE.set(9);
    let (second, outcome) = ask_with_outcome(&cache, 3);
    assert!(second == first && outcome.is_hit());
}

trait Prompted {
    const PROMPT: &'static str;
}

struct Terse;
struct Wordy;

impl Prompted for Terse {
    const PROMPT: &'static str = "Who?";
}

impl Prompted for Wordy {
    const PROMPT: &'static str = "Who is it, if I may ask?";
}

/// A type parameter's constant is that of the type at hand, and so is one of `Self`.
#[test]
fn generic_constants_are_of_their_type() {
    struct Asks<T>(T);
    impl<T: Prompted> Asks<T> {
        #[cached(cache = cache, skip_unkeyed(cache, self))]
        fn own(&self, cache: &Cache) -> usize {
            let _ = &self.0;
            T::PROMPT.len() + Self::LEN
        }
        const LEN: usize = T::PROMPT.len();
    }
    #[cached(cache = cache, skip_unkeyed(cache))]
    fn ask<T: Prompted>(cache: &Cache) -> String {
        format!("{}{}", T::PROMPT, <T as Prompted>::PROMPT)
    }
    let cache = small();
    for _ in 0..2 {
        assert_eq!(ask::<Terse>(&cache), "Who?Who?");
        assert_eq!(ask::<Wordy>(&cache).len(), 2 * Wordy::PROMPT.len());
        assert_eq!(Asks(Terse).own(&cache), 8);
        assert_eq!(Asks(Wordy).own(&cache), 2 * Wordy::PROMPT.len());
    }
    assert!(ask_with_outcome::<Terse>(&cache).1.is_hit());
    assert!(Asks(Wordy).own_with_outcome(&cache).1.is_hit());
}
