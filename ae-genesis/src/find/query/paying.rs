//! How and how often a product is paid, apart from the amount.

use ae_core::{BillingInterval, Currency, IntervalUnit};

use super::{money::Period, price::among, tokens::Word};

pub(super) fn interval(period: Period) -> BillingInterval {
    let every = |count: u16, unit| match count.try_into() {
        Ok(count) => BillingInterval::Every { count, unit },
        Err(_) => BillingInterval::MONTH,
    };
    match period {
        Period::Once => BillingInterval::OneTime,
        Period::Day => every(1, IntervalUnit::Day),
        Period::Week => every(1, IntervalUnit::Week),
        Period::Month => BillingInterval::MONTH,
        Period::Quarter => every(3, IntervalUnit::Month),
        Period::Year => BillingInterval::YEAR,
    }
}

/// A unit of everyday prices in `currency`, so that a price is not a thousandth of the intended one.
pub(crate) fn scale(currency: Currency) -> u64 {
    match currency.code() {
        "JPY" => 100,
        "KRW" | "VND" => 1_000,
        "INR" | "HUF" => 50,
        "SEK" | "NOK" | "DKK" | "CZK" => 10,
        _ => 1,
    }
}

/// Takes out words about the way of paying, such as `with a monthly subscription`, and says how often it is paid.
pub(super) fn model(words: &mut [Word]) -> Option<BillingInterval> {
    const ENDS: &str =
        "subscription subscriptions payment payments fee purchase licence license pricing price plan plans";
    const FORMS: &str = "app site service saas product business model website platform based software";
    let mut found = None;
    for at in 0..words.len() {
        let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
        let word = text(at).to_owned();
        let previous = at.checked_sub(1).map_or("", text).to_owned();
        let period = Period::named(&word).filter(|_| word.len() > 3);
        let last = at + 1 == words.len() || words.get(at).is_some_and(|word| word.ends);
        let next = text(at + 1).to_owned();
        let form = among(FORMS, &next);
        let mut take = |range: std::ops::Range<usize>| {
            words.get_mut(range).into_iter().flatten().for_each(|word| word.taken = true);
        };
        if period == Some(Period::Once) || (previous == "pay" && word == "once") {
            found = Some(BillingInterval::OneTime);
            let more = usize::from(matches!(next.as_str(), "access" | "deal" | "membership"));
            take(at..at + 1 + more);
        } else if word == "time" && previous == "one" {
            found = Some(BillingInterval::OneTime);
            take(at - 1..at + 1);
        } else if among(ENDS, &word) && (Period::named(&previous).is_some() || previous == "time") {
            found = found.or(Period::named(&previous).map(interval));
            take(at - 1..at + 1);
        } else if among(ENDS, &word)
            && last
            && matches!(previous.as_str(), "with" | "as" | "on" | "by" | "via" | "a" | "through" | "paid")
        {
            take(at - 1..at + 1);
        } else if word == "subscription-based" || (word == "subscription" && form) {
            take(at..at + 1);
        }
    }
    found
}
