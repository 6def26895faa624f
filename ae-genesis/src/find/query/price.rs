//! The meaning of amounts: a price, revenue that is aimed at, or neither.

use ae_core::{BillingInterval, Currency};

use super::{
    money::{Amount, Period, amount_at},
    paying::model,
    terms::Terms,
    tokens::Word,
};

/// Words that say an amount next to them is revenue.
const REVENUE: &str = "mrr arr revenue revenues income turnover profit";
/// Verbs before an amount that is revenue.
const EARNING: &str = "make makes making earn earns earning reach reaches reaching hit hits hitting generate generates \
    generating bring brings bringing goal target grow growing aim aims aiming";
/// Words before an amount that say it is the price.
const PRICED: &str = "for at cost costs costing priced price pricing charge charges charging pay pays paying fee payment \
    payments subscription subscriptions plan purchase licence license only just sold sells billed deal one-time onetime \
    one-off lifetime monthly yearly annual weekly";
/// Words that may stand between those and the amount, and mean nothing alone.
const BETWEEN: &str = "access a an the of is that to in with one time off single recurring flat about around approximately from \
    starting least more over than";
/// Words after an amount that say it is the price.
const PRICED_AFTER: &str =
    "subscription subscriptions fee payment payments plan price purchase licence license tier membership";
/// Words by which an amount is neither price nor revenue.
const OTHER: &str = "budget under below less max maximum within spend spending raise raised raising funding investment valuation \
    save saves saving lose losing worth owe above exceeding cheaper instead";
/// Verbs by which an amount a few words later is what customers save.
const SAVED: &str = "save saves saving lose loses losing owe owes";
/// The units of a price per person or thing.
const UNITS: &str =
    "user users seat person customer client member team device site copy download lesson head";
/// The units of a price by use, which a plan can not have.
const USES: &str = "request call minute hour page document file gb order booking transaction message query image credit token mile";

pub(super) fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

/// Takes the money out of `words` and says what it means. `once` is whether products of this form are usually paid once.
pub(super) fn take(words: &mut [Word], fallback: Currency, once: bool) -> Terms {
    let mut terms = Terms::default();
    let mut at = 0;
    while at < words.len() {
        match amount_at(words, at, fallback).and_then(|amount| Phrase::around(words, at, amount)) {
            Some(phrase) => {
                at = phrase.end;
                words
                    .get_mut(phrase.first..phrase.end)
                    .into_iter()
                    .flatten()
                    .for_each(|word| word.taken = true);
                terms.add(&phrase);
            }
            None => at += 1,
        }
    }
    let hint = model(words);
    if terms.interval.is_none() && (terms.price.is_none() || hint.is_some()) {
        terms.interval = hint;
    }
    if terms.interval.is_none() {
        let interval = if once { BillingInterval::OneTime } else { BillingInterval::MONTH };
        if let Some(price) = terms.price {
            let words = interval.words();
            terms.notes.push(format!("the intent does not say how often {price} is due: read as {words}"));
        }
        terms.interval = once.then_some(interval);
    }
    terms
}

/// An amount with the words around it that belong to it.
pub(super) struct Phrase {
    pub(super) amount: Amount,
    pub(super) shown: String,
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) period: Option<Period>,
    pub(super) revenue: bool,
    pub(super) yearly_revenue: bool,
    pub(super) priced: bool,
    pub(super) other: bool,
    pub(super) unit: Option<String>,
    pub(super) by_use: Option<String>,
}

impl Phrase {
    fn around(words: &[Word], at: usize, amount: Amount) -> Option<Self> {
        let end = at + amount.words;
        let shown: Vec<&str> = words.get(at..end)?.iter().map(|word| word.typed.as_str()).collect();
        let mut phrase = Self {
            shown: shown.join(" "),
            first: at,
            end,
            period: None,
            revenue: false,
            yearly_revenue: false,
            priced: false,
            other: false,
            unit: None,
            by_use: None,
            amount,
        };
        for part in phrase.amount.after.clone().iter().flat_map(|after| after.split('/')) {
            phrase.period = phrase.period.or(Period::named(part));
            phrase.unit = phrase.unit.take().or_else(|| among(UNITS, part).then(|| part.to_owned()));
            phrase.by_use = phrase.by_use.take().or_else(|| among(USES, part).then(|| part.to_owned()));
        }
        let unreadable = phrase.amount.after.is_some()
            && phrase.period.is_none()
            && phrase.unit.is_none()
            && phrase.by_use.is_none();
        if unreadable && !phrase.amount.named {
            return None;
        }
        if !words.get(end - 1)?.ends {
            phrase.read_after(words);
        }
        phrase.read_before(words, at);
        let bare =
            phrase.revenue || (phrase.period.is_some() && (phrase.priced || phrase.amount.after.is_some()));
        (phrase.amount.named || bare).then_some(phrase)
    }

    fn read_after(&mut self, words: &[Word]) {
        let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
        while let Some(word) = words.get(self.end) {
            let next = text(self.end + 1);
            let taken = match word.text.as_str() {
                "a" | "an" | "per" | "each" | "every" | "/" if among(UNITS, next) => {
                    self.unit = Some(next.to_owned());
                    2
                }
                "a" | "an" | "per" | "each" | "every" | "/" if among(USES, next) => {
                    self.by_use = Some(next.to_owned());
                    2
                }
                "a" | "an" | "per" | "each" | "every" | "/" if Period::named(next).is_some() => {
                    self.period = self.period.or(Period::named(next));
                    2
                }
                "one" if next == "time" || next == "off" => {
                    self.period = Some(Period::Once);
                    2
                }
                "for" if next == "life" || next == "lifetime" => {
                    self.period = Some(Period::Once);
                    2
                }
                "in" | "of" | "as" | "recurring"
                    if among(REVENUE, next) || matches!(next, "monthly" | "annual" | "recurring") =>
                {
                    1
                }
                word if among(REVENUE, word) => {
                    self.revenue = true;
                    self.yearly_revenue |= word == "arr";
                    1
                }
                word if among(PRICED_AFTER, word) => {
                    self.priced = true;
                    1
                }
                word if among("budget funding investment valuation", word) => {
                    self.other = true;
                    1
                }
                word if word.len() > 1
                    && Period::named(word).is_some()
                    && !matches!(word, "months" | "years") =>
                {
                    self.period = self.period.or(Period::named(word));
                    1
                }
                _ => break,
            };
            self.end = (self.end + taken).min(words.len());
            if words.get(self.end - 1).is_some_and(|last| last.ends) {
                break;
            }
        }
    }

    fn read_before(&mut self, words: &[Word], at: usize) {
        let mut first = at;
        while let Some(word) = first.checked_sub(1).and_then(|before| words.get(before)) {
            let text = word.text.as_str();
            let known = [REVENUE, EARNING, PRICED, BETWEEN, OTHER].iter().any(|list| among(list, text));
            // `MRR: $500` is one phrase; `make a $9 tool` states no wish to earn.
            let one = !word.ends || (first == at && (among(REVENUE, text) || text == "price"));
            let article =
                words.get(first).is_some_and(|next| matches!(next.text.as_str(), "a" | "an" | "the"));
            if !known || word.taken || !one || (article && among(EARNING, text)) {
                break;
            }
            first -= 1;
        }
        // Outer words that mean nothing alone stay where they are.
        let meaningless = |word: &Word| among(BETWEEN, &word.text);
        while first < at && words.get(first).is_some_and(meaningless) {
            first += 1;
        }
        for word in words.get(first..at).unwrap_or_default() {
            let text = word.text.as_str();
            self.revenue |= among(REVENUE, text) || among(EARNING, text);
            self.yearly_revenue |= text == "arr";
            self.priced |= among(PRICED, text);
            self.other |= among(OTHER, text);
            self.period = self.period.or(Period::named(text).filter(|_| text.len() > 3));
        }
        let before = words.get(first..at).unwrap_or_default();
        if before.windows(2).any(|pair| matches!(pair, [one, time] if one.text == "one" && matches!(time.text.as_str(), "time" | "off"))) {
            self.period = Some(Period::Once);
        }
        // `saves accountants $500`
        let near = words.get(first.saturating_sub(3)..first).unwrap_or_default();
        self.other |= near.iter().any(|word| !word.ends && among(SAVED, &word.text));
        self.first = first;
    }
}
