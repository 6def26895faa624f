//! Reads amounts of money out of an intent: a revenue target, or a price.

use ae_core::{Currency, Money};

/// What the amounts in an intent say, and which of its words they take up.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Amounts {
    /// Monthly revenue that is aimed at: `$500 MRR`, `$1k a month`.
    pub(super) target: Option<Money>,
    /// A monthly price for customers: `for $3 a month`.
    pub(super) price: Option<Money>,
    /// Whether the word at this position belongs to an amount.
    pub(super) taken: Vec<bool>,
}

/// Words that say an amount before them is revenue.
const REVENUE: [&str; 5] = ["mrr", "arr", "revenue", "recurring", "income"];
/// Words between an amount and its meaning.
const PERIOD: [&str; 9] = ["a", "per", "each", "every", "month", "monthly", "mo", "in", "of"];

/// Finds the amounts among `words` (lower-case, as typed, without outer punctuation but with currency signs).
///
/// An amount with `MRR` or another word of revenue is the target. An amount a month after `for` or `at` is a price, any
/// other amount a month is the target.
pub(super) fn read_amounts(words: &[String], fallback: Currency) -> Amounts {
    let mut amounts = Amounts { taken: vec![false; words.len()], ..Amounts::default() };
    let mut at = 0;
    while at < words.len() {
        let Some(found) = amount_at(words, at, fallback) else {
            at += 1;
            continue;
        };
        let mut end = at + found.words;
        let (mut monthly, mut revenue) = (found.monthly, false);
        while let Some(word) = words.get(end) {
            if REVENUE.contains(&word.as_str()) {
                revenue = true;
            } else if PERIOD.contains(&word.as_str()) {
                monthly |= word.starts_with("mo");
            } else {
                break;
            }
            end += 1;
        }
        let offered = at > 0 && words.get(at - 1).is_some_and(|word| word == "for" || word == "at");
        if !(found.sign || revenue || monthly) {
            at += 1;
            continue;
        }
        let first = if offered { at - 1 } else { at };
        amounts.taken.iter_mut().take(end).skip(first).for_each(|taken| *taken = true);
        if revenue || (monthly && !offered) {
            amounts.target = amounts.target.or(Some(found.money));
        } else if monthly {
            amounts.price = amounts.price.or(Some(found.money));
        }
        at = end;
    }
    amounts
}

struct Found {
    money: Money,
    words: usize,
    /// Whether a currency was written.
    sign: bool,
    /// Whether the word itself says "a month": `$500/mo`.
    monthly: bool,
}

fn amount_at(words: &[String], at: usize, fallback: Currency) -> Option<Found> {
    let word = words.get(at)?.as_str();
    let (word, monthly) = match word.split_once('/') {
        Some((amount, "mo" | "month" | "mth" | "m")) => (amount, true),
        Some(_) => return None,
        None => (word, false),
    };
    let (sign, digits) = match word.chars().next()? {
        '$' => (Some(Currency::USD), word.get(1..)?),
        '€' => (Some(Currency::EUR), word.get('€'.len_utf8()..)?),
        '£' => (Some("GBP".parse().ok()?), word.get('£'.len_utf8()..)?),
        _ => (None, word),
    };
    let (digits, times) = match digits.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => (digits, 1),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    // `1,000` and `12,500` are thousands; anything else with a comma is not an amount.
    let mut groups = digits.split(',');
    let head = groups.next()?;
    let mut plain = head.to_owned();
    for group in groups {
        let whole = group.split('.').next().unwrap_or_default();
        if whole.len() != 3 || head.len() > 3 {
            return None;
        }
        plain.push_str(group);
    }
    let named = words.get(at + 1).filter(|_| sign.is_none()).and_then(|next| match next.as_str() {
        "usd" | "dollars" | "bucks" => Some(Currency::USD),
        "eur" | "euro" | "euros" => Some(Currency::EUR),
        "gbp" | "pounds" => "GBP".parse().ok(),
        _ => None,
    });
    let currency = sign.or(named).unwrap_or(fallback);
    let money = Money::parse(&plain, currency).ok()?.checked_mul(times).ok()?;
    if money.is_zero() {
        return None;
    }
    let words = if named.is_some() { 2 } else { 1 };
    Some(Found { money, words, sign: sign.or(named).is_some(), monthly })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>, String) {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let amounts = read_amounts(&words, Currency::USD);
        let rest =
            words.iter().zip(&amounts.taken).filter(|(_, taken)| !**taken).map(|(word, _)| word.as_str());
        let rest = rest.collect::<Vec<_>>().join(" ");
        (amounts.target.map(|m| m.to_string()), amounts.price.map(|m| m.to_string()), rest)
    }

    #[test]
    fn targets_are_read_in_the_usual_spellings() {
        for (text, target, rest) in [
            ("build a $500 mrr csv tool", "$500.00", "build a csv tool"),
            ("csv tool $1k mrr", "$1000.00", "csv tool"),
            ("csv tool making $1,000 a month", "$1000.00", "csv tool making"),
            ("csv tool $1.5k/mo", "$1500.00", "csv tool"),
            ("500 usd mrr csv tool", "$500.00", "csv tool"),
            ("€250 per month in recurring revenue csv", "250.00 EUR", "csv"),
            ("500 mrr csv", "$500.00", "csv"),
        ] {
            assert_eq!(read(text), (Some(target.to_owned()), None, rest.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_price_is_not_a_target() {
        let (target, price, rest) = read("rss reader with sync for $3 a month");
        assert_eq!((target, price.as_deref(), rest.as_str()), (None, Some("$3.00"), "rss reader with sync"));
    }

    #[test]
    fn what_is_no_amount_is_left_alone() {
        for text in [
            "3d printing tool",
            "web 2.0 tool",
            "1,00 tool",
            "top 10 list",
            "$ tool",
            "$0 mrr tool",
            "s3/mo x",
        ] {
            let (target, price, _) = read(text);
            assert_eq!((target, price), (None, None), "{text}");
        }
    }
}
