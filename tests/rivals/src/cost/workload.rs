//! Requests to LLMs with sizes and prices, from a seed.
//!
//! Who asks for what, request by request:
//!
//! - 25 of 100 requests are asked once and never again;
//! - 10 of 100 belong to a burst: a new prompt that is asked 3 to 200 times, each magnitude as
//!   likely, while four such bursts go on at a time (retries, many workers on one question);
//! - the others follow Zipf's law with exponent 0.9 over 20,000 prompts in use. Before each
//!   request, with a chance of 1 in 200, one of these is given up for a new prompt; its rank is
//!   drawn so that each magnitude is as likely, so the favourites change as well.
//!
//! What a prompt costs and how long its answer is does not hang on how often it is asked for:
//!
//! - the model is drawn from [`MODELS`], whose prices differ by a factor of 300;
//! - the prompt has a heavy-tailed length: Pareto with exponent 1.1 from 150 tokens up, cut at
//!   200,000 (half of all prompts are below 300 tokens, one in a hundred is above 9,800);
//! - the answer's length is log-normal: median 220 tokens, sigma 1.1, cut at 16,000;
//! - the value is the answer's JSON: 4 bytes a token and a frame of 450 bytes;
//! - the cost, in micro-dollars, is what the provider takes: prompt and answer at the model's
//!   prices for a million tokens, rounded up.

use std::f64::consts::TAU;

use crate::{random::Random, zipf::Zipf};

/// Prices of a million tokens in dollars (input, output), and how many of a hundred prompts the
/// model gets: the scales of providers' lists of 2025.
const MODELS: [(f64, f64, usize); 6] = [
    (0.05, 0.40, 20),
    (0.25, 2.00, 25),
    (1.00, 5.00, 20),
    (1.25, 10.00, 15),
    (3.00, 15.00, 15),
    (15.00, 75.00, 5),
];

const ONCE_PERCENT: usize = 25;
const BURST_PERCENT: usize = 10;
const BURSTS: usize = 4;
const IN_USE: usize = 20_000;
const EXPONENT: f64 = 0.9;
const GIVEN_UP_ONE_IN: usize = 200;

/// What is asked for, in order.
pub(super) struct Workload {
    /// The numbers of prompts.
    pub(super) requests: Vec<u32>,
    /// The answers, by the numbers of their prompts.
    pub(super) answers: Vec<Answer>,
}

/// The answer to a prompt.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    /// The length of its JSON in bytes.
    pub(super) bytes: usize,
    /// What the provider takes for it, in micro-dollars.
    pub(super) cost: u32,
}

impl Workload {
    /// `len` requests.
    pub(super) fn new(seed: u64, len: usize) -> Self {
        let mut maker = Maker { random: Random::new(seed), answers: Vec::new() };
        let zipf = Zipf::new(IN_USE, EXPONENT);
        let mut in_use: Vec<_> = (0..IN_USE).map(|_| maker.prompt()).collect();
        let mut bursts: Vec<_> = (0..BURSTS).map(|_| maker.burst()).collect();
        let requests = (0..len).map(|_| {
            if maker.random.below(GIVEN_UP_ONE_IN) == 0 {
                let rank = maker.random.skewed(1, IN_USE + 1) - 1;
                in_use[rank] = maker.prompt();
            }
            let percent = maker.random.below(100);
            if percent < ONCE_PERCENT {
                maker.prompt()
            } else if percent < ONCE_PERCENT + BURST_PERCENT {
                let burst = &mut bursts[maker.random.below(BURSTS)];
                if burst.1 == 0 {
                    *burst = maker.burst();
                }
                burst.1 -= 1;
                burst.0
            } else {
                in_use[zipf.rank(&mut maker.random)]
            }
        });
        let requests = requests.collect();
        Self { requests, answers: maker.answers }
    }

    /// The answer that a request is for.
    pub(super) fn answer(&self, prompt: u32) -> &Answer {
        &self.answers[prompt as usize]
    }

    /// What all requests cost without a cache, in micro-dollars.
    pub(super) fn cost(&self) -> u64 {
        self.requests.iter().map(|&prompt| u64::from(self.answer(prompt).cost)).sum()
    }
}

struct Maker {
    random: Random,
    answers: Vec<Answer>,
}

impl Maker {
    /// A prompt that nobody has asked before.
    fn prompt(&mut self) -> u32 {
        let mut percent = self.random.below(100);
        let model = MODELS.iter().find(|(_, _, share)| {
            let here = percent < *share;
            percent = percent.saturating_sub(*share);
            here
        });
        let (input, output, _) = model.unwrap_or(&MODELS[0]);
        let prompt_tokens = (150.0 * (1.0 - self.random.share()).powf(-1.0 / 1.1)).min(200_000.0);
        let answer_tokens = (220.0 * (1.1 * self.normal()).exp()).clamp(1.0, 16_000.0);
        // A dollar for a million tokens is a micro-dollar for one.
        let cost = prompt_tokens.floor() * input + answer_tokens.floor() * output;
        let bytes = 450 + 4 * answer_tokens as usize;
        self.answers.push(Answer { bytes, cost: cost.ceil() as u32 });
        self.answers.len() as u32 - 1
    }

    /// A new prompt, and how often it will be asked.
    fn burst(&mut self) -> (u32, usize) {
        (self.prompt(), self.random.skewed(3, 201))
    }

    /// A number of the standard normal distribution (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.random.share()).ln()).sqrt();
        radius * (TAU * self.random.share()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed has one workload, and it has the quantiles that the documentation tells.
    #[test]
    fn a_workload_is_what_it_says() {
        let workload = Workload::new(1, 100_000);
        assert_eq!(workload.requests, Workload::new(1, 100_000).requests);
        assert_ne!(workload.requests, Workload::new(2, 100_000).requests);
        assert_eq!(MODELS.iter().map(|(_, _, share)| share).sum::<usize>(), 100);

        let mut bytes: Vec<_> = workload.answers.iter().map(|answer| answer.bytes).collect();
        bytes.sort_unstable();
        let at = |percent| bytes[bytes.len() * percent / 100];
        assert!((450 + 860..450 + 900).contains(&at(50)), "{}", at(50));
        // One standard deviation above the median: 220 e^1.1 tokens.
        assert!((450 + 2550..450 + 2750).contains(&at(84)), "{}", at(84));

        let mut times = vec![0_u32; workload.answers.len()];
        workload.requests.iter().for_each(|&prompt| times[prompt as usize] += 1);
        let once = times.iter().filter(|&&times| times == 1).count();
        assert!((25_000..35_000).contains(&once), "{once}");
    }
}
