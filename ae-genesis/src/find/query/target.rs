//! Reads amounts of money out of an intent: a revenue target, or a price.

use ae_core::{Currency, Money};

/// The amounts in an intent, and the words that they take up.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Amounts {
    /// Monthly revenue that is aimed at: `$500 MRR`, `$1k a month`.
    pub(super) target: Option<Money>,
    /// A monthly price for customers: `for $3 a month`.
    pub(super) price: Option<Money>,
    /// An amount of which nothing says whether it is revenue or a price a month: `$5 once`.
    pub(super) other: Option<Money>,
    /// Whether the word at this position belongs to an amount.
    pub(super) taken: Vec<bool>,
}

/// Words that say an amount before them is revenue.
const REVENUE: [&str; 5] = ["mrr", "arr", "revenue", "recurring", "income"];
/// Words between an amount and its meaning.
const PERIOD: [&str; 9] = ["a", "per", "each", "every", "month", "monthly", "mo", "in", "of"];

/// Currencies with their signs and names; codes that are English words are left out. The yen sign is the yuan's too; a
/// sign that is not listed makes no amount, so that a price is never taken for one in another currency.
const CURRENCIES: [(&str, &str); 26] = [
    ("USD", "$ usd dollars bucks"),
    ("EUR", "€ eur euro euros"),
    ("GBP", "£ gbp pounds"),
    ("JPY", "¥ jpy yen"),
    ("CNY", "cny rmb yuan"),
    ("CHF", "chf francs"),
    ("INR", "₹ inr rupees"),
    ("KRW", "₩ krw"),
    ("RUB", "₽"),
    ("TRY", "₺"),
    ("VND", "₫"),
    ("PHP", "₱"),
    ("UAH", "₴"),
    ("ILS", "₪"),
    ("THB", "฿"),
    ("NGN", "₦"),
    ("SEK", "sek"),
    ("NOK", "nok"),
    ("DKK", "dkk"),
    ("CZK", "czk"),
    ("PLN", "pln"),
    ("HUF", "huf"),
    ("AUD", "aud"),
    ("NZD", "nzd"),
    ("SGD", "sgd"),
    ("BRL", "brl"),
];

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
        } else {
            amounts.other = amounts.other.or(Some(found.money));
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

/// The amount that begins at a word: a number with a currency's sign or name before or after it, or a bare one.
fn amount_at(words: &[String], at: usize, fallback: Currency) -> Option<Found> {
    let word = words.get(at)?.as_str();
    if let Some(currency) = named(word) {
        let found = number(words.get(at + 1)?, currency)?;
        return (!found.sign).then_some(Found { words: 2, sign: true, ..found });
    }
    let found = number(word, fallback)?;
    if found.sign || found.monthly {
        return Some(found);
    }
    let next = words.get(at + 1).map_or("", String::as_str);
    let (name, monthly) = before_month(next).unwrap_or((next, false));
    match named(name) {
        Some(currency) => Some(Found { words: 2, sign: true, monthly, ..number(word, currency)? }),
        None => Some(found),
    }
}

/// Splits `$500/month` at the slash; nothing when something else follows it.
fn before_month(word: &str) -> Option<(&str, bool)> {
    match word.split_once('/') {
        Some((amount, "mo" | "month" | "mth" | "m")) => Some((amount, true)),
        Some(_) => None,
        None => Some((word, false)),
    }
}

/// The currency that a word or a sign names.
fn named(word: &str) -> Option<Currency> {
    let known = |(_, names): &&(&str, &str)| names.split(' ').any(|name| name == word);
    CURRENCIES.iter().find(known)?.0.parse().ok()
}

/// A number, with a currency's sign at either end of it, or in `fallback`.
fn number(word: &str, fallback: Currency) -> Option<Found> {
    let (word, monthly) = before_month(word)?;
    let (first, last) = (word.chars().next()?, word.chars().next_back()?);
    let sign = |c: char| named(c.encode_utf8(&mut [0; 4]));
    let (currency, digits) = match (sign(first), sign(last)) {
        (Some(currency), _) => (Some(currency), word.strip_prefix(first)?),
        (None, Some(currency)) => (Some(currency), word.strip_suffix(last)?),
        (None, None) => (None, word),
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
    let money = Money::parse(&plain, currency.unwrap_or(fallback)).ok()?.checked_mul(times).ok()?;
    (!money.is_zero()).then_some(Found { money, words: 1, sign: currency.is_some(), monthly })
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
    fn no_currency_is_taken_for_another() {
        for (text, price) in [
            ("csv tool for ¥500/month", "500.00 JPY"),
            ("csv tool for ₹199 a month", "199.00 INR"),
            ("csv tool for chf 12/month", "12.00 CHF"),
            ("csv tool for 12 chf/month", "12.00 CHF"),
            ("csv tool at 12 chf per month", "12.00 CHF"),
            ("csv tool at 500 yen a month", "500.00 JPY"),
            ("csv tool at 5€ a month", "5.00 EUR"),
            ("csv tool at 5 € a month", "5.00 EUR"),
            ("csv tool at usd 5 a month", "$5.00"),
        ] {
            assert_eq!(read(text), (None, Some(price.to_owned()), "csv tool".to_owned()), "{text}");
        }
        for text in ["csv tool for ₿5/month", "csv tool for r$5/month", "csv tool for 5₿/month"] {
            assert_eq!(read(text), (None, None, text.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_amount_without_a_meaning_is_kept_apart() {
        let words: Vec<String> = "csv tool $5 once".split(' ').map(str::to_owned).collect();
        let amounts = read_amounts(&words, Currency::USD);
        assert_eq!(amounts.other.map(|money| money.to_string()).as_deref(), Some("$5.00"));
        assert_eq!((amounts.target, amounts.price), (None, None));
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
