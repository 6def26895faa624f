//! Checks that a price stands next to the name of its tier.

use std::ops::Range;

use super::{
    Verdict, content,
    document::{Page, is_within, lineage},
    pages::Site,
};
use crate::{
    acceptance::TierPrice,
    phrase::{amounts, names, places},
    text::folded,
};

/// The most places of a tier's name that are looked at on one page.
const NAMES_MAX: usize = 1_000;

/// The price of the tier stands in a marked element, and next to the tier's name.
pub(super) fn check(site: &Site, criterion: &str, tier: &str, tiers: &[TierPrice]) -> Verdict {
    let Some((at, wanted)) = tiers.iter().enumerate().find(|(_, known)| known.id == tier) else {
        return Err(format!("the price list of the spec has no tier {tier:?}: correct the criterion"));
    };
    let price = format!("{} {}", wanted.amount, wanted.interval);
    let found = content::phrases(site, criterion, std::slice::from_ref(&price))?;
    if site.reached().any(|page| Reading::of(page, tiers).is_next_to(at, &price)) {
        return Ok(format!("{found}, next to the name of its tier"));
    }
    Err(format!(
        "site/index.html: the price {price:?} does not stand next to the name of its tier {:?}: put the two, visibly, into \
         one element of their own, such as a card, a row or a section",
        wanted.name
    ))
}

/// The places of names and amounts on a page.
struct Reading<'a> {
    page: &'a Page,
    tiers: Vec<Tier>,
    amounts: Vec<Range<usize>>,
}

struct Tier {
    names: Vec<Range<usize>>,
    amount: String,
    prices: Vec<Range<usize>>,
}

impl<'a> Reading<'a> {
    fn of(page: &'a Page, tiers: &[TierPrice]) -> Self {
        let text = page.text();
        let mut found: Vec<Tier> = tiers
            .iter()
            .map(|tier| {
                let amount = folded(&tier.amount);
                Tier { names: names(text, &folded(&tier.name)), prices: places(text, &amount), amount }
            })
            .collect();
        // "Starter" inside "Starter, yearly" is not a name of its own.
        let all: Vec<Range<usize>> = found.iter().flat_map(|tier| tier.names.clone()).collect();
        for tier in &mut found {
            tier.names.retain(|name| !all.iter().any(|other| other != name && is_within(name, other)));
        }
        let codes: Vec<String> = found
            .iter()
            .map(|tier| tier.amount.chars().filter(char::is_ascii_alphabetic).collect::<String>())
            .filter(|code| !code.is_empty())
            .collect();
        Self { page, tiers: found, amounts: amounts(text, &codes) }
    }

    /// Whether the price stands next to the name of this tier at least once.
    fn is_next_to(&self, at: usize, price: &str) -> bool {
        let Some(tier) = self.tiers.get(at) else { return false };
        let prices = places(self.page.text(), &folded(price));
        tier.names.iter().take(NAMES_MAX).any(|name| {
            let Some(around) = self.smallest_with_money(name) else { return false };
            let holds = |places: &[Range<usize>]| places.iter().any(|place| is_within(place, &around));
            let others = self.tiers.iter().filter(|other| other.amount != tier.amount);
            holds(&prices) && !others.into_iter().any(|other| holds(&other.names) && holds(&other.prices))
        })
    }

    /// The text of the smallest element that holds the name and an amount of money outside of it.
    fn smallest_with_money(&self, name: &Range<usize>) -> Option<Range<usize>> {
        let holding = self.page.elements().filter(|element| is_within(name, &self.page.place(element)));
        let innermost = holding.last()?;
        let mut around = lineage(&innermost).map(|element| self.page.place(&element));
        around.find(|around| {
            self.amounts.iter().any(|amount| is_within(amount, around) && !is_within(amount, name))
        })
    }
}
