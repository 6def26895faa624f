//! Amounts of money as people write them: `$9`, `12 USD`, `€9,99/month`, `$20k`, `-$5`.

use ae_core::{Currency, Money};
use rust_decimal::Decimal;

use super::tokens::Word;

/// A stretch of time after which a price is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Once,
}

impl Period {
    /// The period that a noun, an adverb or an adjective names.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "day" | "daily" => Self::Day,
            "week" | "weekly" | "wk" => Self::Week,
            "month" | "months" | "monthly" | "mo" | "mth" | "m" => Self::Month,
            "quarter" | "quarterly" => Self::Quarter,
            "year" | "years" | "yearly" | "annual" | "annually" | "yr" | "y" | "annum" => Self::Year,
            "once" | "one-time" | "onetime" | "one-off" | "lifetime" | "upfront" => Self::Once,
            _ => return None,
        })
    }
}

/// An amount, without its meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    /// The amount, or the reason why it can't be used.
    pub(super) money: Result<Money, String>,
    /// The number of words that it takes up.
    pub(super) words: usize,
    /// Whether a currency is written.
    pub(super) named: bool,
    /// Whether it ends in `k` or `m`, as revenue does and prices do not.
    pub(super) scaled: bool,
    /// The text after a slash: `month`, `user/month`.
    pub(super) after: Option<String>,
}

/// Currencies with their signs and names; codes that are English words are left out. The yen sign is the yuan's too.
const CURRENCIES: [(&str, &str); 30] = [
    ("USD", "$ usd us$ dollar dollars bucks"),
    ("EUR", "€ eur euro euros"),
    ("GBP", "£ gbp pounds quid"),
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
    ("PLN", "pln zł"),
    ("HUF", "huf"),
    ("AUD", "aud a$ au$"),
    ("NZD", "nzd nz$"),
    ("SGD", "sgd s$"),
    ("BRL", "brl r$"),
    ("CAD", "cad c$ ca$"),
    ("HKD", "hkd hk$"),
    ("MXN", "mxn mx$"),
    ("TWD", "twd nt$"),
];

/// Numbers that people write in words before a currency.
const NUMBERS: [(&str, u32); 17] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("ninety", 90),
];

/// Numbers that people write in words after an amount.
const LARGE: [(&str, u64); 5] =
    [("thousand", 1_000), ("grand", 1_000), ("million", 1_000_000), ("mio", 1_000_000), ("k", 1_000)];

/// The places of a currency after the point.
pub(crate) fn places(currency: Currency) -> u32 {
    if matches!(currency.code(), "JPY" | "KRW" | "VND") { 0 } else { 2 }
}

/// The currency that a word or a sign names.
fn currency(word: &str) -> Option<Currency> {
    let known = |(_, names): &&(&str, &str)| names.split(' ').any(|name| name == word);
    CURRENCIES.iter().find(known)?.0.parse().ok()
}

/// Whether it is one of Unicode's currency signs in use today.
pub(super) const fn is_sign(c: char) -> bool {
    matches!(c, '$' | '¢'..='¥' | '฿' | '\u{20a0}'..='\u{20cf}' | '＄' | '￠' | '￡' | '￥' | '￦')
}

/// The amount that begins at a word, with its currency before or after the number, or in `fallback` without one.
pub(super) fn amount_at(words: &[Word], at: usize, fallback: Currency) -> Option<Amount> {
    let word = words.get(at)?.text.as_str();
    let next = words.get(at + 1).map_or("", |word| word.text.as_str());
    if let Some(known) = currency(word) {
        let found = read(next, fallback, true).filter(|found| found.money.is_err() || !found.named)?;
        return Some(Amount { words: 2, named: true, ..found.in_currency(known) });
    }
    if let Some((_, number)) = NUMBERS.iter().find(|(name, _)| *name == word) {
        let (name, after) = before_slash(next);
        let currency = currency(name)?;
        let money = Money::from_decimal((*number).into(), currency).map_err(|error| error.to_string());
        let before =
            at.checked_sub(1).and_then(|before| words.get(before)).map_or("", |word| word.text.as_str());
        let money = if before == "hundred" || NUMBERS.iter().any(|(name, _)| *name == before) {
            Err(format!("the amount that ends in \"{word} {name}\" can't be read"))
        } else {
            money
        };
        return Some(Amount { money, words: 2, named: true, scaled: false, after });
    }
    let (name, after) = before_slash(next);
    let found = read(word, fallback, currency(name).is_some())?;
    if !found.named && (name == "cents" || name == "cent") {
        let cents = found.money.clone().ok().map(|money| money.to_decimal() / Decimal::ONE_HUNDRED);
        let money = Money::from_decimal(cents?, fallback).map_err(|error| error.to_string());
        return Some(Amount { money, words: 2, named: true, after, ..found });
    }
    if let (true, Some((_, times))) = (found.named, LARGE.iter().find(|(large, _)| *large == name)) {
        let money =
            found.money.and_then(|money| money.checked_mul(*times).map_err(|error| error.to_string()));
        return Some(Amount { money, words: 2, named: true, scaled: true, after });
    }
    // `$1 000` is a thousand.
    if found.named && next.len() == 3 && next.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Amount { words: 2, ..read(&format!("{word}{next}"), fallback, false)? });
    }
    match currency(name) {
        Some(known) if !found.named => {
            Some(Amount { words: 2, named: true, after, ..found.in_currency(known) })
        }
        _ => Some(found),
    }
}

impl Amount {
    fn in_currency(mut self, currency: Currency) -> Self {
        self.money = self.money.and_then(|money| {
            Money::from_decimal(money.to_decimal(), currency).map_err(|error| error.to_string())
        });
        self
    }
}

/// Splits `$9/user/month` at the first slash.
fn before_slash(word: &str) -> (&str, Option<String>) {
    match word.split_once('/') {
        Some((amount, after)) => (amount, Some(after.to_owned())),
        None => (word, None),
    }
}

/// Reads one word as an amount; nothing when it is not meant as one. `beside` is whether a currency is written next to it.
fn read(word: &str, fallback: Currency, beside: bool) -> Option<Amount> {
    let (text, after) = before_slash(word);
    let (negative, text) = unsigned(text);
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (before, rest) = text.split_at(start);
    let (negative_inside, before) = match before.strip_suffix(['-', '\u{2212}']) {
        Some(sign) => (true, sign),
        None => (false, before),
    };
    let end = rest.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (digits, tail) = rest.split_at(end);
    let (times, tail) = match tail.chars().next() {
        Some('k') if currency(tail).is_none() => (1_000, tail.get(1..)?),
        Some('m') if currency(tail).is_none() => (1_000_000, tail.get(1..)?),
        _ => (1, tail),
    };
    let tail = tail.trim_end_matches('+');
    let known = match (before, tail) {
        ("", "") => None,
        ("", name) | (name, "") => Some(currency(name).ok_or_else(|| name.to_owned())),
        _ => return None,
    };
    let scaled = times > 1;
    let amount = |money, named| Some(Amount { money, words: 1, named, scaled, after: after.clone() });
    let currency = match known {
        Some(Err(name)) if name.chars().all(is_sign) => {
            return amount(Err(format!("the currency of {word} is not known")), true);
        }
        Some(Err(_)) => return None,
        Some(Ok(currency)) => Some(currency),
        None => None,
    };
    let named = currency.is_some();
    let value = match number(digits, named || beside, scaled) {
        Some(value) => value,
        None if named || beside => return amount(Err(format!("{word} is not payable as it stands")), true),
        None => return None,
    };
    if !named && (negative || negative_inside) {
        return None;
    }
    let value =
        value * Decimal::from(times) * Decimal::from(if negative || negative_inside { -1 } else { 1 });
    let money = Money::from_decimal(value, currency.unwrap_or(fallback));
    amount(money.map_err(|error| format!("{word}: {error}")), named)
}

fn unsigned(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Digits with points and commas as thousands or decimals; nothing when it could be either.
fn number(digits: &str, named: bool, scaled: bool) -> Option<Decimal> {
    if digits.len() > 15 {
        return None;
    }
    let grouped = |text: &str, by: char| {
        let mut groups = text.split(by);
        let head = groups.next().is_some_and(|head| (1..=3).contains(&head.len()));
        head && text.contains(by) && groups.all(|group| group.len() == 3)
    };
    let decimals = |text: &str| (1..=2).contains(&text.len());
    let plain = match (digits.rsplit_once('.'), digits.rsplit_once(',')) {
        (None, None) => digits.to_owned(),
        (None, Some(_)) if grouped(digits, ',') => digits.replace(',', ""),
        (None, Some((whole, part))) if named && decimals(part) => format!("{whole}.{part}"),
        (Some((_, part)), None) if decimals(part) || scaled => digits.to_owned(),
        (Some((whole, part)), Some(_)) if grouped(whole, ',') && decimals(part) => digits.replace(',', ""),
        (Some(_), Some((whole, part))) if grouped(whole, '.') && decimals(part) => {
            format!("{}.{part}", whole.replace('.', ""))
        }
        _ => return None,
    };
    let valid =
        plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && plain.matches('.').count() <= 1;
    if valid { Decimal::from_str_exact(&plain).ok() } else { None }
}
