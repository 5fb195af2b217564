//! What a request reads from the prompt cache and writes to it, on the emulator's clock.

use super::super::super::prefixes::{Prefixes, Writes};
use super::Ttl;
use super::marks::Options;
use super::prompt::Prompt;

/// Shorter prefixes are not cached.
const TOKENS_MIN: u64 = 1024;

/// Breakpoints that one request writes, the implicit one included.
const WRITES_MAX: usize = 4;

/// Explicit breakpoints, from the last one back, at which a prefix is looked for. Source: the
/// SDK's types; the guide has said 50, and the first 2.
const EXPLICIT_READS_MAX: usize = 80;

/// Ends of earlier messages at which a prefix is looked for where breakpoints are implicit.
const ENDS_READ_MAX: usize = 20;

/// Token counts of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Usage {
    /// All tokens of the prompt, read and written ones included.
    pub(in super::super) input: u64,
    pub(in super::super) read: u64,
    pub(in super::super) written_30m: u64,
    pub(in super::super) written_12h: u64,
}

impl Usage {
    pub(in super::super) fn written(&self) -> u64 {
        self.written_30m + self.written_12h
    }
}

/// Bills a request that starts at `now_ms`; refreshes what it reads. O(blocks + entries).
pub(in super::super) fn look_up(
    cache: &mut Prefixes,
    prompt: &Prompt,
    options: Option<Options>,
    now_ms: u64,
) -> (Usage, Writes) {
    let mut usage = Usage { input: prompt.tokens(), ..Usage::default() };
    let mut writes = Writes::default();
    let Some(options) = options else { return (usage, writes) };
    cache.expire(now_ms);
    let positions = &prompt.positions;
    let is_long = |index: &usize| positions[*index].tokens >= TOKENS_MIN;
    let explicit: Vec<(usize, Ttl)> = (0..positions.len())
        .rev()
        .filter(is_long)
        .filter_map(|index| Some((index, positions[index].mark?)))
        .collect();
    let ends: Vec<usize> = (0..positions.len())
        .rev()
        .filter(|index| options.implicit && positions[*index].is_end)
        .take(1 + ENDS_READ_MAX)
        .filter(is_long)
        .collect();
    let candidates = explicit.iter().map(|(index, _)| *index).take(EXPLICIT_READS_MAX);
    let hit = candidates
        .chain(ends.iter().copied())
        .filter(|at| cache.holds(&positions[*at].prefix))
        .max();
    usage.read = hit.map_or(0, |at| positions[at].tokens);

    // The implicit breakpoint is the end of the latest message that may have one.
    let latest = (0..positions.len()).rfind(|at| positions[*at].is_end).filter(is_long);
    let implicit = latest.filter(|_| options.implicit);
    let own = implicit.map(|at| (at, positions[at].mark.unwrap_or(options.ttl)));
    let others = explicit.iter().copied().filter(|(at, _)| Some(*at) != implicit);
    let written = own.into_iter().chain(others).take(WRITES_MAX);
    let (mut end, mut end_12h) = (usage.read, usage.read);
    for (at, ttl) in written {
        let position = &positions[at];
        if position.tokens <= usage.read {
            cache.refresh(position.prefix, now_ms);
            continue;
        }
        writes.add(position.prefix, ttl.ms(), now_ms);
        end = end.max(position.tokens);
        if ttl == Ttl::TwelveHours {
            end_12h = end_12h.max(position.tokens);
        }
    }
    if let Some(at) = hit {
        cache.refresh(positions[at].prefix, now_ms);
    }
    usage.written_12h = end_12h - usage.read;
    usage.written_30m = end - end_12h;
    (usage, writes)
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Ends};
    use super::*;
    use serde_json::{Value, json};

    const MINUTE: u64 = 60 * 1000;

    fn part(name: &str, mark: Option<&str>) -> Value {
        let text = format!("{name:0>4096}");
        let mut part = json!({"type": "text", "text": text});
        if let Some(ttl) = mark {
            part["prompt_cache_breakpoint"] = json!({"mode": "explicit", "ttl": ttl});
        }
        part
    }

    /// A prompt of messages of 1024 tokens a part.
    fn prompt(messages: &[(Ends, Vec<Value>)], options: Options) -> Prompt {
        let mut builder = Builder::new("w", Some(options));
        for (ends, parts) in messages {
            builder.content("role", "text", &json!(parts));
            builder.end(*ends);
        }
        builder.done()
    }

    struct Provider(Prefixes);

    impl Provider {
        /// In thousands: (read, written for 30 minutes, written for 12 hours).
        fn bill(
            &mut self,
            messages: &[(Ends, Vec<Value>)],
            options: Options,
            now_ms: u64,
        ) -> (u64, u64, u64) {
            let prompt = prompt(messages, options);
            let (usage, writes) = look_up(&mut self.0, &prompt, Some(options), now_ms);
            writes.commit(&mut self.0);
            assert_eq!(usage.input, prompt.tokens());
            (usage.read / 1024, usage.written_30m / 1024, usage.written_12h / 1024)
        }
    }

    fn options(implicit: bool) -> Options {
        Options { implicit, ttl: Ttl::ThirtyMinutes, prewarm: false }
    }

    /// Proves that implicit breakpoints follow a conversation: the end of the latest message is
    /// written, the one before it read.
    #[test]
    fn implicit_breakpoints_follow_a_conversation() {
        let mut provider = Provider(Prefixes::default());
        let mut messages = vec![(Ends::Developer, vec![part("d", None)])];
        assert_eq!(provider.bill(&messages, options(true), 0), (0, 1, 0), "the opening group");
        messages.push((Ends::User, vec![part("u", None)]));
        assert_eq!(provider.bill(&messages, options(true), 1), (1, 1, 0));
        messages.push((Ends::Assistant, vec![part("a", None)]));
        messages.push((Ends::ToolResult, vec![part("t", None)]));
        messages.push((Ends::ToolResult, vec![part("v", None)]));
        assert_eq!(provider.bill(&messages, options(true), 2), (2, 3, 0));
        messages.pop();
        assert_eq!(provider.bill(&messages, options(true), 3), (2, 2, 0), "the group ended later");
        messages.push((Ends::Developer, vec![part("e", None)]));
        assert_eq!(provider.bill(&messages, options(true), 4), (4, 0, 0), "no end of its own");
    }

    /// Proves that explicit mode without marks caches nothing, and that a prefix is read at a
    /// breakpoint only.
    #[test]
    fn explicit_mode_caches_at_marks_alone() {
        let mut provider = Provider(Prefixes::default());
        let unmarked = [(Ends::User, vec![part("a", None), part("b", None)])];
        assert_eq!(provider.bill(&unmarked, options(false), 0), (0, 0, 0));
        let marked = [(Ends::User, vec![part("a", Some("30m")), part("b", None)])];
        assert_eq!(provider.bill(&marked, options(false), 0), (0, 1, 0));
        assert_eq!(provider.bill(&marked, options(false), 1), (1, 0, 0));
        assert_eq!(provider.bill(&unmarked, options(true), 1), (0, 2, 0), "no mark at the prefix");
        assert_eq!(provider.bill(&unmarked, options(false), 2), (0, 0, 0));
    }

    /// Proves the four writes: the latest explicit ones, and the implicit one before them.
    #[test]
    fn four_breakpoints_are_written() {
        let marks = |names: &str, last: Option<&str>| {
            let mut parts: Vec<Value> =
                names.chars().map(|name| part(&name.to_string(), Some("30m"))).collect();
            parts.push(part("end", last));
            [(Ends::User, parts)]
        };
        for (implicit, read) in [(true, [0, 0, 3, 4]), (false, [0, 2, 3, 4])] {
            let mut provider = Provider(Prefixes::default());
            provider.bill(&marks("abcde", None), options(implicit), 0);
            let found = ["a", "ab", "abc", "abcd"].map(|names| {
                let messages = marks(names, None);
                look_up(
                    &mut provider.0,
                    &prompt(&messages, options(false)),
                    Some(options(false)),
                    1,
                )
                .0
                .read
                    / 1024
            });
            assert_eq!(found, read, "implicit: {implicit}");
        }
    }

    /// Proves the lifetimes and the split: what ends at a mark of 12 hours is written for 12.
    #[test]
    fn lifetimes_are_kept_apart() {
        let mut provider = Provider(Prefixes::default());
        let messages = [(Ends::User, vec![part("a", Some("12h")), part("b", Some("30m"))])];
        assert_eq!(provider.bill(&messages, options(false), 0), (0, 1, 1));
        assert_eq!(provider.bill(&messages, options(false), 30 * MINUTE - 1), (2, 0, 0));
        assert_eq!(provider.bill(&messages, options(false), 60 * MINUTE - 1), (1, 1, 0));
        assert_eq!(provider.bill(&messages, options(false), 13 * 60 * MINUTE), (0, 1, 1));
        let other = [(Ends::User, vec![part("a", Some("30m")), part("c", Some("12h"))])];
        let mut provider = Provider(Prefixes::default());
        assert_eq!(provider.bill(&other, options(false), 0), (0, 0, 2), "the whole prefix is kept");
        let longer = Options { ttl: Ttl::TwelveHours, ..options(true) };
        let unmarked = [(Ends::User, vec![part("a", None)])];
        assert_eq!(provider.bill(&unmarked, longer, 0), (1, 0, 0), "read at the same end");
        let mut provider = Provider(Prefixes::default());
        assert_eq!(provider.bill(&unmarked, longer, 0), (0, 0, 1), "the request's lifetime");
    }

    /// Proves that a short prefix is not cached, and that other models cache by themselves.
    #[test]
    fn what_is_not_cached() {
        let mut provider = Provider(Prefixes::default());
        let short = [(Ends::User, vec![json!({"type": "text", "text": "x".repeat(4092)})])];
        let built = prompt(&short, options(true));
        assert_eq!(built.tokens(), 1023);
        let (usage, _) = look_up(&mut provider.0, &built, Some(options(true)), 0);
        assert_eq!(usage, Usage { input: 1023, ..Usage::default() });
        let long = prompt(&[(Ends::User, vec![part("a", None)])], options(true));
        assert_eq!(look_up(&mut provider.0, &long, None, 0).0.written(), 0);
    }
}
