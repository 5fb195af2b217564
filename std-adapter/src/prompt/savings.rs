//! What both caches saved, in tokens and in money, for one reply and in total.

use core::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use llm_cache_core::Usage;

use super::facts::Facts;
use super::prices::Money;
use super::usage::{Priced, Reported};

/// What caching saved, compared with paying the list price of every token of every reply.
///
/// One value is of one reply ([`Savings::of`]) or, added up, of many. Two caches save: ours, by
/// replies that cost nothing, and the provider's prompt cache, by tokens that were read from it at
/// a reduced price; tokens written to it cost more than plain ones, so a write that is never read
/// is a loss and shows as one.
///
/// The money is that of the replies whose price is known. The price is unknown for a model that the
/// facts do not name, for a tier with other prices, and for a reply that reports no counts;
/// [`Savings::unknown`] says how many such replies there are. Fees that are not for tokens
/// (searches, containers) are no part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Savings {
    /// Replies in all.
    pub replies: u64,
    /// Those that our cache answered.
    pub hits: u64,
    /// Those that report no token counts.
    pub unreported: u64,
    /// Those whose counts are known and whose price is not.
    pub unpriced: u64,
    /// The tokens of all replies; those of a hit as when it was fetched.
    pub usage: Usage,
    /// The tokens that were billed: nothing for a hit.
    pub billed: Usage,
    /// The money of the replies whose price is known.
    pub money: Bill,
    /// The oldest date of the prices used, `YYYY-MM-DD`.
    pub as_of: Option<Box<str>>,
}

/// Money paid, and what it would have been. The parts add up:
/// `uncached == paid + saved_by_hits + saved_by_reads - lost_by_writes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Bill {
    /// What the replies would have cost without any cache.
    pub uncached: Money,
    /// What they did cost.
    pub paid: Money,
    /// The uncached price of the replies that our cache answered.
    pub saved_by_hits: Money,
    /// What reads from the prompt cache cost less than plain input.
    pub saved_by_reads: Money,
    /// What writes to the prompt cache cost more than plain input.
    pub lost_by_writes: Money,
}

impl Savings {
    /// The savings of one reply, at the prices of `facts`. `is_hit`: our cache answered it.
    #[must_use]
    pub fn of(reported: &Reported, is_hit: bool, facts: &Facts) -> Self {
        let mut savings = Self::default();
        savings.add_reply(reported.as_priced(), is_hit, facts);
        savings
    }

    /// Adds one reply, as [`of`](Self::of) has it.
    pub(crate) fn add_reply(&mut self, reported: Priced<'_>, is_hit: bool, facts: &Facts) {
        let add = |count: &mut u64| *count = count.saturating_add(1);
        add(&mut self.replies);
        if is_hit {
            add(&mut self.hits);
        }
        let Some(usage) = reported.usage else {
            add(&mut self.unreported);
            return;
        };
        self.usage = self.usage.saturating_add(usage);
        if !is_hit {
            self.billed = self.billed.saturating_add(usage);
        }
        match bill_of(reported, &usage, is_hit, facts) {
            Some((money, as_of)) => {
                self.money = self.money + money;
                self.take_date(as_of);
            }
            None => add(&mut self.unpriced),
        }
    }

    /// Keeps the older of two dates.
    fn take_date(&mut self, date: &str) {
        if self.as_of.as_deref().is_none_or(|oldest| date < oldest) {
            self.as_of = Some(date.into());
        }
    }

    /// The money saved by both caches in the replies whose price is known; negative for a loss.
    /// `None` where the price of no reply is. [`Savings::unknown`] tells how many replies the sum
    /// leaves out.
    #[must_use]
    pub fn saved(&self) -> Option<Money> {
        let is_known = self.replies == 0 || self.unknown() < self.replies;
        is_known.then(|| self.money.saved())
    }

    /// The replies whose price is unknown.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.unreported.saturating_add(self.unpriced)
    }

    /// The tokens, of input and output, that were not billed because our cache answered.
    #[must_use]
    pub fn tokens_not_billed(&self) -> u64 {
        let all = |usage: &Usage| usage.input_tokens_total().saturating_add(usage.output_tokens);
        all(&self.usage).saturating_sub(all(&self.billed))
    }
}

impl Bill {
    /// What both caches saved; negative for a loss.
    #[must_use]
    pub fn saved(&self) -> Money {
        self.uncached - self.paid
    }

    /// What the prompt cache saved; negative while its writes have cost more than its reads saved.
    #[must_use]
    pub fn saved_by_prompt_cache(&self) -> Money {
        self.saved_by_reads - self.lost_by_writes
    }
}

/// The money of one reply and the date of its prices.
fn bill_of<'a>(
    reported: Priced<'_>,
    usage: &Usage,
    is_hit: bool,
    facts: &'a Facts,
) -> Option<(Bill, &'a str)> {
    if reported.at_other_prices {
        return None;
    }
    let model = facts.model(reported.model?)?;
    let rates = model.rates(usage.input_tokens_total())?;
    let (uncached, paid) = (rates.cost_uncached(usage), rates.cost(usage)?);
    if is_hit {
        let bill = Bill { uncached, saved_by_hits: uncached, ..Bill::default() };
        return Some((bill, &model.as_of));
    }
    let read = Usage { cache_read_tokens: usage.cache_read_tokens, ..Usage::default() };
    let written = Usage { input_tokens: 0, cache_read_tokens: 0, output_tokens: 0, ..*usage };
    let bill = Bill {
        uncached,
        paid,
        saved_by_hits: Money::ZERO,
        saved_by_reads: rates.cost_uncached(&read) - rates.cost(&read)?,
        lost_by_writes: rates.cost(&written)? - rates.cost_uncached(&written),
    };
    Some((bill, &model.as_of))
}

impl AddAssign<&Self> for Savings {
    fn add_assign(&mut self, other: &Self) {
        self.replies = self.replies.saturating_add(other.replies);
        self.hits = self.hits.saturating_add(other.hits);
        self.unreported = self.unreported.saturating_add(other.unreported);
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
        self.usage = self.usage.saturating_add(other.usage);
        self.billed = self.billed.saturating_add(other.billed);
        self.money = self.money + other.money;
        if let Some(date) = &other.as_of {
            self.take_date(date);
        }
    }
}

impl<'a> Sum<&'a Self> for Savings {
    fn sum<I: Iterator<Item = &'a Self>>(savings: I) -> Self {
        let mut total = Self::default();
        savings.for_each(|each| total += each);
        total
    }
}

impl Add for Bill {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            uncached: self.uncached + other.uncached,
            paid: self.paid + other.paid,
            saved_by_hits: self.saved_by_hits + other.saved_by_hits,
            saved_by_reads: self.saved_by_reads + other.saved_by_reads,
            lost_by_writes: self.lost_by_writes + other.lost_by_writes,
        }
    }
}

/// One line: what was paid of what, which cache saved how much, as of when, and what is unknown.
impl fmt::Display for Savings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (usage, bill) = (&self.billed, &self.money);
        let written = usage.cache_write_tokens_total();
        write!(
            f,
            "{} replies, {} from our cache ({} tokens not billed); prompt cache: {} tokens read, \
             {written} written; ",
            self.replies,
            self.hits,
            self.tokens_not_billed(),
            usage.cache_read_tokens,
        )?;
        let unknown = self.unknown();
        if unknown == self.replies {
            return f.write_str("price unknown");
        }
        let saved = bill.saved();
        let (word, amount) = if saved < Money::ZERO { ("lost", -saved) } else { ("saved", saved) };
        write!(
            f,
            "paid {} of {}: {word} {amount} (hits {}, reads {}, writes {})",
            bill.paid, bill.uncached, bill.saved_by_hits, bill.saved_by_reads, -bill.lost_by_writes
        )?;
        if let Some(as_of) = &self.as_of {
            write!(f, " at prices as of {as_of}")?;
        }
        if unknown > 0 {
            write!(f, "; the price of {unknown} replies is unknown")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(model: &str, usage: Usage) -> Reported {
        Reported { usage: Some(usage), model: Some(model.into()), at_other_prices: false }
    }

    fn of(model: &str, usage: Usage, is_hit: bool) -> Savings {
        Savings::of(&reported(model, usage), is_hit, Facts::embedded())
    }

    fn written(tokens: u64) -> Usage {
        Usage { cache_write_tokens: tokens, ..Usage::default() }
    }

    fn read(tokens: u64) -> Usage {
        Usage { cache_read_tokens: tokens, ..Usage::default() }
    }

    /// The parts add up, for every model with a price, hit or not.
    #[test]
    fn the_parts_add_up() {
        let usage = Usage {
            input_tokens: 7,
            cache_read_tokens: 11,
            cache_write_tokens: 13,
            cache_write_1h_tokens: 0,
            cache_write_12h_tokens: 0,
            output_tokens: 17,
        };
        for model in Facts::embedded().models().iter().filter(|model| model.rates(0).is_some()) {
            let hour = Usage { cache_write_1h_tokens: 19, ..usage };
            let usage = if model.write_1h.is_some() { hour } else { usage };
            for is_hit in [false, true] {
                let savings = of(&model.names[0], usage, is_hit);
                let bill = savings.money;
                let parts = bill.paid + bill.saved_by_hits + bill.saved_by_prompt_cache();
                assert_eq!(bill.uncached, parts, "{:?}", model.names);
                assert_eq!(savings.saved(), Some(bill.uncached - bill.paid));
                assert_eq!(bill.paid == Money::ZERO, is_hit);
            }
        }
    }

    /// A write that is never read is a loss; one read makes good for it, a second one gains.
    #[test]
    fn an_unread_write_is_a_loss() {
        let saved = |replies: &[Usage]| {
            let each: Vec<_> =
                replies.iter().map(|usage| of("claude-sonnet-4-5", *usage, false)).collect();
            each.iter().sum::<Savings>().saved().unwrap()
        };
        let (write, reads) = (written(10_000), read(10_000));
        assert_eq!(saved(&[write]).to_string(), "-$0.0075");
        assert_eq!(saved(&[write, reads]).to_string(), "$0.0195");
        assert!(saved(&[write, reads, reads]) > saved(&[write, reads]));
        let text = of("claude-sonnet-4-5", write, false).to_string();
        assert!(text.contains("lost $0.0075"), "{text}");
    }

    /// A hit of ours is billed nothing and keeps its counts; the prompt cache has no part in it.
    #[test]
    fn a_hit_is_billed_nothing() {
        let usage = Usage { input_tokens: 90, output_tokens: 10, ..read(900) };
        let savings = of("claude-sonnet-4-5", usage, true);
        assert_eq!((savings.usage, savings.billed), (usage, Usage::default()));
        assert_eq!(savings.tokens_not_billed(), 1_000);
        assert_eq!(savings.money.saved_by_prompt_cache(), Money::ZERO);
        assert_eq!(savings.saved().unwrap().to_string(), "$0.00312");
    }

    /// Of a model that the facts do not name, of another tier and of a reply without counts the
    /// price is unknown. In a total it leaves the rest of the sum visible, and is counted.
    #[test]
    fn unknown_stays_unknown() {
        let known = of("claude-sonnet-4-5", written(1), false);
        let unknown = of("claude-of-tomorrow", written(1), false);
        assert_eq!((unknown.saved(), unknown.unpriced), (None, 1));
        assert!(unknown.to_string().ends_with("price unknown"), "{unknown}");
        let total: Savings = [&known, &unknown].into_iter().sum();
        assert_eq!((total.saved(), total.money), (known.saved(), known.money));
        assert!(total.saved().is_some() && total.unknown() == 1);
        assert_eq!(total.usage.cache_write_tokens, 2);
        assert!(total.to_string().ends_with("the price of 1 replies is unknown"), "{total}");

        let batch = Reported { at_other_prices: true, ..reported("claude-opus-5", read(1)) };
        assert_eq!(Savings::of(&batch, false, Facts::embedded()).unpriced, 1);
        let for_12h = Usage { cache_write_12h_tokens: 9, ..read(1) };
        let long = of("gpt-6.1-sol", for_12h, false);
        assert_eq!((long.unpriced, long.saved(), long.billed), (1, None, for_12h));
        assert!(long.to_string().contains("9 written; price unknown"), "{long}");

        let silent = Savings::of(&Reported::default(), false, Facts::embedded());
        assert_eq!((silent.unreported, silent.saved()), (1, None));
    }

    /// A total names the oldest of the dates that its prices have.
    #[test]
    fn the_oldest_date_is_told() {
        let total: Savings =
            [of("claude-opus-5-5", read(1), false), of("gpt-4o", read(1), false)].iter().sum();
        assert_eq!(total.as_of.as_deref(), Some("2026-05-27"));
        assert!(total.to_string().contains("as of 2026-05-27"), "{total}");
    }
}
