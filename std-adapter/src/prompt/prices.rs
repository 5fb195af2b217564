//! Money, and what a request costs at a model's prices.

use core::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};

use llm_cache_core::Usage;

use super::facts::ModelFacts;

/// An amount of US dollars, exact to a picodollar (10^-12), which may be negative.
///
/// Every price in use is a whole number of picodollars a token, so sums are exact and do not
/// depend on their order. In text: dollars with at least two and at most twelve decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// What a token of one request costs, by what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// An input token that no cache has to do with.
    pub input: Money,
    /// An input token read from the prompt cache.
    pub read: Money,
    /// An input token written to it with the shorter lifetime.
    pub write_5m: Money,
    /// An input token written for one hour; `None` where there is no such lifetime.
    pub write_1h: Option<Money>,
    /// An input token written for 12 hours; `None` where there is no such lifetime, or where its
    /// price is not known.
    pub write_12h: Option<Money>,
    /// An output token.
    pub output: Money,
}

/// Picodollars a token at a price of one dollar per million tokens.
const PICODOLLARS_A_TOKEN: f64 = 1e6;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in picodollars.
    #[must_use]
    pub const fn from_picodollars(picodollars: i128) -> Self {
        Self(picodollars)
    }

    /// The amount in picodollars.
    #[must_use]
    pub const fn picodollars(self) -> i128 {
        self.0
    }

    /// The amount in dollars, rounded to the nearest double.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e12
    }

    fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }

    /// The price of one token where a million cost `dollars`; rounded to a picodollar.
    fn a_token(dollars: f64) -> Self {
        Self((dollars * PICODOLLARS_A_TOKEN).round() as i128)
    }
}

impl ModelFacts {
    /// What the tokens of a request cost whose prompt has `input_tokens` in all
    /// ([`Usage::input_tokens_total`]), at the standard service tier. `None` if a price of that
    /// length is not known.
    #[must_use]
    pub fn rates(&self, input_tokens: u64) -> Option<Rates> {
        let band = self.bands.iter().rev().find(|band| input_tokens > band.above_tokens);
        let (input, output) = match band {
            Some(band) => (band.input_price?, band.output_price?),
            None => (self.input_price?, self.output_price?),
        };
        Some(Rates {
            input: Money::a_token(input),
            read: Money::a_token(input * self.read?),
            write_5m: Money::a_token(input * self.write_5m?),
            write_1h: self.write_1h.map(|factor| Money::a_token(input * factor)),
            write_12h: self.write_12h.map(|factor| Money::a_token(input * factor)),
            output: Money::a_token(output),
        })
    }
}

impl Rates {
    /// What an answer costs. `None` if tokens were written for a lifetime that has no price.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Money> {
        let if_any = |tokens, rate: Option<Money>| match tokens {
            0 => Some(Money::ZERO),
            tokens => Some(rate?.times(tokens)),
        };
        let input = self.input.times(usage.input_tokens);
        let read = self.read.times(usage.cache_read_tokens);
        let written = self.write_5m.times(usage.cache_write_tokens)
            + if_any(usage.cache_write_1h_tokens, self.write_1h)?
            + if_any(usage.cache_write_12h_tokens, self.write_12h)?;
        Some(input + read + written + self.output.times(usage.output_tokens))
    }

    /// What it would cost without any cache: every input token at the base price.
    #[must_use]
    pub fn cost_uncached(&self, usage: &Usage) -> Money {
        self.input.times(usage.input_tokens_total()) + self.output.times(usage.output_tokens)
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::add)
    }
}

/// As the decimals of its text without the currency sign, in a string: a float is not exact.
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string().replace('$', ""))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        let (dollars, rest) = (amount / 1_000_000_000_000, amount % 1_000_000_000_000);
        let decimals = format!("{rest:012}");
        let shown = decimals.trim_end_matches('0').len().max(2);
        f.pad(&format!("{sign}${dollars}.{}", &decimals[..shown]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Facts;

    fn rates(model: &str, input_tokens: u64) -> Option<Rates> {
        Facts::embedded().model(model)?.rates(input_tokens)
    }

    fn usage(input: u64, read: u64, write_5m: u64, write_1h: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            cache_read_tokens: read,
            cache_write_tokens: write_5m,
            cache_write_1h_tokens: write_1h,
            cache_write_12h_tokens: 0,
            output_tokens: output,
        }
    }

    /// Each kind of token at its price, as the provider's table gives them for this model: 4, 5, 8,
    /// 0.20 and 20 dollars a million.
    #[test]
    fn each_token_at_its_price() {
        let rates = rates("claude-opus-5-5", 0).unwrap();
        let million = 1_000_000;
        let cost = |usage| rates.cost(&usage).unwrap().to_string();
        assert_eq!(cost(usage(million, 0, 0, 0, 0)), "$4.00");
        assert_eq!(cost(usage(0, million, 0, 0, 0)), "$0.20");
        assert_eq!(cost(usage(0, 0, million, 0, 0)), "$5.00");
        assert_eq!(cost(usage(0, 0, 0, million, 0)), "$8.00");
        assert_eq!(cost(usage(0, 0, 0, 0, million)), "$20.00");
        assert_eq!(cost(usage(1, 1, 1, 1, 1)), "$0.0000372");
        assert_eq!(rates.cost_uncached(&usage(1, 1, 1, 1, 1)).to_string(), "$0.000036");
    }

    /// A long prompt changes the price of all its tokens, from the first one above the bound; where
    /// the price of long prompts is not known, there is none.
    #[test]
    fn long_prompts_have_other_prices() {
        let input = |model, tokens| rates(model, tokens).map(|rates| rates.input.picodollars());
        assert_eq!(input("claude-haiku-5-5", 100_000), Some(100_000));
        assert_eq!(input("claude-haiku-5-5", 100_001), Some(500_000));
        assert_eq!(input("gpt-5.5", 272_000), Some(5_000_000));
        assert_eq!(input("gpt-5.5", 272_001), None);
        assert_eq!(input("a model of tomorrow", 1), None);
    }

    /// No rate of the embedded table is rounded: sums of picodollars are exact.
    #[test]
    fn embedded_rates_are_whole_picodollars() {
        for model in Facts::embedded().models() {
            let bands = model.bands.iter().map(|band| band.above_tokens + 1);
            for rates in bands.chain([0]).filter_map(|tokens| model.rates(tokens)) {
                let input = rates.input.dollars() * 1e6;
                for (rate, factor) in [(rates.read, model.read), (rates.write_5m, model.write_5m)] {
                    let exact = input * factor.unwrap() * PICODOLLARS_A_TOKEN;
                    let error = (rate.picodollars() as f64 - exact).abs();
                    assert!(error < 1e-3, "{:?}: {error}", model.names);
                }
            }
        }
    }

    /// A lifetime has no price where the provider does not have it, nor where the price is not
    /// known; a table that knows it tells.
    #[test]
    fn a_lifetime_may_have_no_price() {
        let rates = rates("gpt-4o", 0).unwrap();
        assert_eq!(rates.cost(&usage(0, 0, 0, 1, 0)), None);
        assert_eq!(rates.cost(&usage(4, 2, 0, 0, 0)).unwrap().to_string(), "$0.0000125");

        let for_12h = Usage { cache_write_12h_tokens: 10, ..Usage::default() };
        for model in Facts::embedded().models() {
            let cost = model.rates(10).and_then(|rates| rates.cost(&for_12h));
            assert_eq!(cost, None, "{:?}", model.names);
        }
        let known = r#"{"version":1,"models":[{"names":["m"],"as_of":"2026-11-30","source":"s",
            "tokens_factor":1,"read":0.1,"write_5m":1.25,"write_12h":1.5,"input_price":2,
            "output_price":10}]}"#;
        let rates = Facts::from_json(known).unwrap().model("m").unwrap().rates(10).unwrap();
        assert_eq!(rates.cost(&for_12h).unwrap().to_string(), "$0.00003");
    }

    /// A long prompt of OpenAI's costs twice as much for input of every kind, and half as much
    /// again for output.
    #[test]
    fn long_prompts_of_openai() {
        for model in ["gpt-6-astra", "gpt-6.1-terra", "gpt-6-luna", "gpt-5.6-terra"] {
            let (short, long) = (rates(model, 272_000).unwrap(), rates(model, 272_001).unwrap());
            let kinds = |rates: Rates| [rates.input, rates.read, rates.write_5m];
            assert_eq!(kinds(short).map(|money| money.times(2)), kinds(long), "{model}");
            assert_eq!(short.output.times(3), long.output.times(2), "{model}");
        }
    }

    /// Amounts print as dollars, small and negative ones too, and fill a column.
    #[test]
    fn money_prints_as_dollars() {
        let text = |picodollars| Money::from_picodollars(picodollars).to_string();
        assert_eq!((text(0), text(1)), ("$0.00".into(), "$0.000000000001".into()));
        assert_eq!(
            (text(-1_500_000_000_000), text(1 << 40)),
            ("-$1.50".into(), "$1.099511627776".into())
        );
        assert_eq!(format!("{:>7}", Money::ZERO), "  $0.00");
        assert_eq!([Money(3), -Money(5)].into_iter().sum::<Money>() - Money(1), Money(-3));
    }
}
