//! Whether an error says that an account's money is spent, however a provider spells it.
//!
//! Waiting refills no account, so such an error is never retried. Providers say so with codes and
//! types of their own invention, and in sentences; rate limits mention credit and billing as well,
//! as ways to raise them, so a word about money alone says nothing.

/// Words that stand for an account's money.
const MONEY: [&str; 8] =
    ["balance", "credit", "credits", "fund", "funds", "prepaid", "prepayment", "prepayments"];

/// Words of a limit in money.
const SPENDING: [&str; 4] = ["billing", "budget", "spend", "spending"];

/// Words that say of money, before or after them, that there is none.
const SHORT: [&str; 10] = [
    "depleted",
    "enough",
    "exceeded",
    "exhausted",
    "insufficient",
    "low",
    "negative",
    "out",
    "overdrawn",
    "used",
];

/// Words that say so directly before.
const NONE: [&str; 4] = ["all", "any", "no", "zero"];

/// Words that say that a limit is met.
const MET: [&str; 7] = ["blocked", "exceed", "exceeded", "exhausted", "hit", "over", "reached"];

/// How many words may stand between two that belong together.
const WORDS_BETWEEN_MAX: usize = 3;

/// In Chinese: the balance is not enough, the quota is not enough, the account is in arrears.
const CHINESE: [&str; 3] =
    ["\u{4f59}\u{989d}\u{4e0d}\u{8db3}", "\u{989d}\u{5ea6}\u{4e0d}\u{8db3}", "\u{6b20}\u{8d39}"];

/// Whether a code, type or status is the name of spent money: `insufficient_quota`,
/// `billing_error`, `INSUFFICIENT_BALANCE`, `AccountOverdueError`.
pub(super) fn names_spent_money(class: &str) -> bool {
    let words = words_of(class);
    let has = |word: &str| words.iter().any(|each| each == word);
    // A sentence where a name was expected.
    if words.len() > 6 {
        return tells_spent_money(class);
    }
    // A quota that is exceeded is one of requests as a rule; Moonshot's is one of money.
    words.join("_") == "exceeded_current_quota_error"
        || (has("quota") && has("insufficient"))
        || words
            .iter()
            .any(|word| ["arrearage", "arrears", "billing", "overdue"].contains(&&**word))
        || (has("payment") && has("required"))
        || is_short_of_money(&words)
        || (words.iter().any(|word| SPENDING.contains(&&**word))
            && words.iter().any(|word| MET.contains(&&**word) || word == "limit"))
}

/// Whether a message says that money is spent.
pub(super) fn tells_spent_money(message: &str) -> bool {
    message.split(['.', ',', ';', ':', '!', '?', '(', ')', '\n']).any(clause_tells)
        || CHINESE.iter().any(|words| message.contains(words))
}

/// Whether a text that could not be read as a whole, as one that was cut, quotes such a name.
pub(super) fn quotes_spent_money(text: &str) -> bool {
    let mut quoted = text.split('"').skip(1).step_by(2);
    quoted.any(|quoted| !quoted.contains(' ') && names_spent_money(quoted))
}

fn clause_tells(clause: &str) -> bool {
    let words = words_of(clause);
    let has = |word: &str| words.iter().any(|each| each == word);
    let has_any = |list: &[&str]| words.iter().any(|each| list.contains(&&**each));
    // Tokens have budgets and quotas that are no money.
    let is_of_tokens = has_any(&["rate", "request", "requests", "token", "tokens"]);
    is_short_of_money(&words)
        || near(&words, &["insufficient"], &["quota"])
        || (has_any(&SPENDING) && has_any(&MET) && !is_of_tokens)
        || (has("account") && has_any(&["arrearage", "arrears", "overdue"]))
        || (has("payment") && has("required"))
        // Anthropic's words for a workspace at its spend limit.
        || (has("specified") && has("usage") && has_any(&["limit", "limits"]))
}

fn is_short_of_money(words: &[String]) -> bool {
    near(words, &SHORT, &MONEY)
        || near(words, &MONEY, &SHORT)
        || words.windows(2).any(|pair| NONE.contains(&&*pair[0]) && MONEY.contains(&&*pair[1]))
}

/// Whether a word of `first` stands shortly before one of `second`.
fn near(words: &[String], first: &[&str], second: &[&str]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        first.contains(&&**word)
            && words[at + 1..]
                .iter()
                .take(WORDS_BETWEEN_MAX + 1)
                .any(|later| second.contains(&&**later))
    })
}

/// The words of a name or a sentence, in lower case: `insufficientQuota` has two.
fn words_of(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for each in text.chars() {
        if !each.is_alphanumeric() || (after_lower && each.is_uppercase()) {
            words.push(String::new());
        }
        if each.is_alphanumeric() {
            words.last_mut().expect("one at least").extend(each.to_lowercase());
        }
        after_lower = each.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of spent money, as providers are known to spell them and in other cases.
    #[test]
    fn knows_names() {
        for class in [
            "insufficient_quota",
            "insufficientQuota",
            "insufficient_user_quota",
            "project_spend_limit_exceeded",
            "organization_spend_limit_exceeded",
            "credit_balance_exhausted",
            "enforced_spend_limit_reached",
            "spend_limit_reached",
            "billing_error",
            "billing_not_active",
            "billing_hard_limit_reached",
            "INSUFFICIENT_BALANCE",
            "NOT_ENOUGH_BALANCE",
            "insufficient-credits",
            "insufficient_funds",
            "out_of_credits",
            "no_credits",
            "payment_required",
            "Payment Required",
            "budget_exceeded",
            "AccountOverdueError",
            "Arrearage",
            "exceeded_current_quota_error",
        ] {
            assert!(names_spent_money(class), "{class}");
        }
        for class in [
            "rate_limit_error",
            "rate_limit_exceeded",
            "RESOURCE_EXHAUSTED",
            "quota_exceeded",
            "quotaExceeded",
            "tokens",
            "requests",
            "overloaded_error",
            "invalid_request_error",
            "engine_overloaded_error",
            "load_balancer_error",
            "context_length_exceeded",
            "exceed_context_size_error",
            "permission_error",
            "429",
            "",
        ] {
            assert!(!names_spent_money(class), "{class}");
        }
    }

    /// Sentences about spent money are told from those about rate limits, which name money, too.
    #[test]
    fn knows_sentences() {
        for message in [
            "Insufficient Balance",
            "Your credit balance is too low to access the API. Please go to Plans & Billing.",
            "Insufficient credits. Add more using https://example.com/credits",
            "Your team has either used all available credits or reached its monthly spending limit.",
            "You have exceeded your monthly included credits for Inference Providers.",
            "Insufficient USD or Diem balance to complete request",
            "Your account has run out of credits",
            "Sorry, your account balance is insufficient",
            "Your prepayment credits are depleted.",
            "Billing hard limit has been reached",
            "Budget has been exceeded! Current cost: 10.1, Max budget: 10.0",
            "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
            "Your newly created team doesn't have any credits yet",
            "Your account is overdue",
            "\u{8d26}\u{6237}\u{4f59}\u{989d}\u{4e0d}\u{8db3}",
        ] {
            assert!(tells_spent_money(message), "{message}");
        }
        for message in [
            "Rate limit reached for gpt-4 in organization org-1 on tokens per min (TPM): Limit 10000, \
             Used 9000, Requested 2000. You can increase your rate limit by adding a payment \
             method to your account at https://platform.openai.com/account/billing.",
            "Rate limit reached for model `x` on tokens per minute (TPM): Limit 12000, Used 11984. \
             Need more tokens? Upgrade today at https://console.example.com/settings/billing",
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free requests",
            "You exceeded your current quota, please check your plan and billing details.",
            "This request would exceed your organization's rate limit of 50 requests per minute.",
            "max_tokens must be greater than thinking.budget_tokens",
            "The token budget of the request is exceeded",
            "Overloaded",
            "Number of request tokens has exceeded your daily rate limit",
            "",
        ] {
            assert!(!tells_spent_money(message), "{message}");
        }
    }

    /// A body that was cut still names what it named before the cut.
    #[test]
    fn knows_quotes() {
        assert!(quotes_spent_money(r#"{"error":{"code":"insufficient_quota","message":"You exc"#));
        assert!(!quotes_spent_money(r#"{"error":{"code":"rate_limit_exceeded","message":"You"#));
    }
}
