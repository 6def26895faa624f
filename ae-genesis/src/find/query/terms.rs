//! The price and the revenue target of an intent.

use ae_core::{BillingInterval, Money};
use rust_decimal::Decimal;

use super::{
    money::{self, Period},
    paying::{interval, scale},
    price::Phrase,
};

/// The money in an intent.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Terms {
    /// Monthly revenue that is aimed at.
    pub(super) target: Option<Money>,
    /// The price for customers.
    pub(super) price: Option<Money>,
    /// How often the price is charged, if the intent says so.
    pub(super) interval: Option<BillingInterval>,
    /// Remarks on what was not used, or was converted.
    pub(super) notes: Vec<String>,
    /// The question about an amount that can't be used.
    pub(super) question: Option<String>,
}

impl Terms {
    /// Adds an amount as what it means.
    pub(super) fn add(&mut self, phrase: &Phrase) {
        let shown = &phrase.shown;
        let money = match &phrase.amount.money {
            Ok(money) => *money,
            Err(why) => return self.ask(format!("{why}: write one amount, for example \"at $9 a month\"")),
        };
        if phrase.other && !phrase.revenue {
            return self
                .notes
                .push(format!("{shown} is neither a price nor a revenue target: it was not used"));
        }
        if money.pico() <= 0 {
            return self.ask(format!("{shown} is not above zero: which price or revenue is meant?"));
        }
        if let Some(unit) = &phrase.by_use {
            return self.ask(format!("{shown} per {unit} is a price by use, which is not possible yet: which price a month or once is meant?"));
        }
        let once = matches!(phrase.period, Some(Period::Once));
        let large = money.to_decimal() >= Decimal::from(1_000 * scale(money.currency()));
        let income = phrase.period.is_some() && !once && !phrase.priced && (large || phrase.amount.scaled);
        if phrase.revenue || income {
            return self.add_target(phrase, money);
        }
        if money.to_minor(money::places(money.currency())).is_none() {
            return self
                .ask(format!("{shown} is not payable: it is not a whole number of the smallest coins; which price is meant?"));
        }
        if let Some(price) = self.price {
            return self.notes.push(format!("{shown} was not used: one price is planned, {price}"));
        }
        if !phrase.priced
            && phrase.period == Some(Period::Month)
            && money.to_decimal() >= Decimal::from(100 * scale(money.currency()))
        {
            self.notes
                .push(format!("{shown} a month was read as the price; a target is written \"{shown} MRR\""));
        }
        if let Some(unit) = &phrase.unit {
            self.notes.push(format!("a price per {unit} is not planned: {money} is charged per customer"));
        }
        self.price = Some(money);
        self.interval = phrase.period.map(interval);
    }

    fn add_target(&mut self, phrase: &Phrase, money: Money) {
        let shown = &phrase.shown;
        let yearly = phrase.yearly_revenue || phrase.period == Some(Period::Year);
        let monthly = if yearly { a_twelfth(money) } else { Some(money) };
        match (self.target, monthly) {
            (Some(target), _) => {
                self.notes.push(format!("{shown} was not used: the target is {target} a month"))
            }
            (None, None) => self.notes.push(format!("{shown} was not used: it is out of range")),
            (None, Some(target)) => {
                if yearly {
                    self.notes.push(format!("{shown} a year was read as a target of {target} a month"));
                } else if !phrase.revenue {
                    self.notes.push(format!(
                        "{shown} was read as a revenue target; a price is written \"at {shown} a month\""
                    ));
                }
                self.target = Some(target);
            }
        }
    }

    fn ask(&mut self, question: String) {
        self.question = self.question.take().or(Some(question));
    }
}

/// A twelfth, rounded to the currency's places.
fn a_twelfth(money: Money) -> Option<Money> {
    let twelfth = (money.to_decimal() / Decimal::from(12)).round_dp(money::places(money.currency()));
    Money::from_decimal(twelfth, money.currency()).ok().filter(|money| money.pico() > 0)
}
