//! Facts put together: what was paid, by whose product, and what of it went back.
//!
//! Pure, and independent of the order of the facts: whatever could be taken first is sorted by its own time and text.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{Currency, Money, MoneyError, RunId, Timestamp};

use super::{
    facts::{Fact as _, Sales, Stated},
    gather::{Facts, place},
    names,
};
use crate::{
    DisputedPayment, EventEffect, FailedPayment, OnSale, PaidInvoice, RefundedPayment, SubscriptionChange,
};

/// A payment in one currency, from all that was stated about it under any of its names.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) provider: String,
    /// The agreement, with the provider's name before it.
    pub(super) agreement: String,
    pub(super) run: Option<RunId>,
    pub(super) invoice: PaidInvoice,
    pub(super) back: Back,
}

/// The part of a payment that went back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Back {
    pub(super) refunded: Money,
    pub(super) disputed: Money,
    /// The latest of it.
    at: Option<Timestamp>,
}

impl Settled {
    /// The time at which all of it had gone back.
    pub(super) fn gone_at(&self) -> Option<Timestamp> {
        let (amount, back) = (self.invoice.amount, &self.back);
        let is_gone = back.refunded.pico().saturating_add(back.disputed.pico()) >= amount.pico();
        back.at.filter(|_| is_gone && !amount.is_zero())
    }
}

/// The sum of the facts.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    pub(super) payments: Vec<Settled>,
    /// Money that went back in a currency in which nothing of its payment came in.
    pub(super) foreign: Vec<(Option<RunId>, Back)>,
    /// Payments that did not come in.
    pub(super) failed: Vec<(Option<RunId>, FailedPayment)>,
    pub(super) disputes: Vec<(Option<RunId>, DisputedPayment)>,
    /// Money that went back of payments that are not known, with the provider's name.
    pub(super) unknown: Vec<(String, EventEffect)>,
    /// The states of the agreements.
    pub(super) changes: BTreeMap<String, Stated<SubscriptionChange>>,
}

/// Everything stated about one payment.
#[derive(Default)]
struct Class<'a> {
    provider: &'a str,
    invoices: Vec<&'a PaidInvoice>,
    refunds: Vec<&'a RefundedPayment>,
    disputes: Vec<&'a DisputedPayment>,
    failures: Vec<&'a FailedPayment>,
}

impl Facts {
    pub(super) fn settle(self) -> Result<Settlement, MoneyError> {
        let classes = self.classes();
        let (runs, sales) = (self.runs_of_agreements(&classes), self.sales_of_agreements(&classes));
        let mut settled = Settlement::default();
        for class in &classes {
            let agreement = |entitlement: &str| place(class.provider, entitlement);
            let failed = class.failures.iter().copied().max_by_key(|failed| failed.failed_at);
            let entitlement = class.entitlement().or_else(|| Some(failed?.owner()));
            let agreement = entitlement.map(agreement);
            let run = class
                .own_run(&self.sales)
                .or_else(|| runs.get(agreement.as_ref()?).copied())
                .or_else(|| class.stated_elsewhere(&self.sales));
            for dispute in &class.disputes {
                settled.disputes.push((dispute.run.or(run), (*dispute).clone()));
            }
            match (&agreement, failed) {
                (Some(agreement), _) if !class.invoices.is_empty() => {
                    let sold = class.own_sale(&self.sales).or_else(|| sales.get(agreement).copied());
                    class.settle(agreement, run, sold, &mut settled)?;
                }
                (_, Some(failed)) => settled.failed.push((run, failed.clone())),
                _ => {}
            }
            if class.invoices.is_empty() {
                let went_back = class
                    .refunds
                    .iter()
                    .map(|refund| EventEffect::Refunded((*refund).clone()))
                    .chain(class.held().map(|dispute| EventEffect::Disputed(dispute.clone())));
                settled.unknown.extend(went_back.map(|effect| (class.provider.to_owned(), effect)));
            }
        }
        settled.changes = self.changes;
        Ok(settled)
    }

    /// The payments; each under all its names.
    fn classes(&self) -> Vec<Class<'_>> {
        let mut roots = Roots::default();
        let mut others = BTreeSet::new();
        for stated in self.aliases.values() {
            let alias = stated.fact();
            roots.join(&place(&stated.provider, &alias.payment), &place(&stated.provider, &alias.alias));
            others.insert((&*stated.provider, &*alias.alias));
        }
        let mut classes: BTreeMap<String, Class<'_>> = BTreeMap::new();
        let class = |provider: &str, payment: &str| roots.of(&place(provider, payment));
        macro_rules! sort_in {
            ($rows:ident, $part:ident) => {
                for stated in self.$rows.values() {
                    for fact in stated.all() {
                        let class = classes.entry(class(&stated.provider, &fact.payment)).or_default();
                        class.provider = &stated.provider;
                        class.$part.push(fact);
                    }
                }
            };
        }
        sort_in!(paid, invoices);
        sort_in!(refunds, refunds);
        sort_in!(disputes, disputes);
        sort_in!(failures, failures);
        let mut classes: Vec<_> = classes.into_values().collect();
        for class in &mut classes {
            let provider = class.provider;
            // The id under which a payment is booked comes before its other ids.
            class.invoices.sort_by_cached_key(|invoice| {
                (others.contains(&(provider, &*invoice.payment)), invoice.rank())
            });
        }
        classes
    }

    /// The runs of agreements: what their states say, else what the earliest payment with a run says.
    fn runs_of_agreements(&self, classes: &[Class<'_>]) -> BTreeMap<String, RunId> {
        let mut runs = BTreeMap::new();
        for (agreement, stated) in &self.changes {
            let of_price = |change: &SubscriptionChange| self.sales.run(&stated.provider, &change.price, "");
            let run = stated.all().find_map(|change| change.run);
            if let Some(run) = run.or_else(|| stated.all().find_map(of_price)) {
                runs.insert(agreement.clone(), run);
            }
        }
        let mut paid: Vec<_> = classes
            .iter()
            .filter_map(|class| {
                let first = class.invoices.first()?;
                Some((first.rank(), place(class.provider, class.entitlement()?), class.own_run(&self.sales)?))
            })
            .collect();
        paid.sort();
        for (_, agreement, run) in paid {
            runs.entry(agreement).or_insert(run);
        }
        runs
    }

    /// The prices of agreements: what their states say, else the latest price that one of their payments names.
    fn sales_of_agreements(&self, classes: &[Class<'_>]) -> BTreeMap<String, &OnSale> {
        let mut paid: Vec<_> = classes
            .iter()
            .filter_map(|class| {
                let first = class.invoices.first()?;
                let sale = class.own_sale(&self.sales)?;
                Some((first.rank(), place(class.provider, class.entitlement()?), sale))
            })
            .collect();
        paid.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut sales: BTreeMap<_, _> =
            paid.into_iter().map(|(_, agreement, sale)| (agreement, sale)).collect();
        for (agreement, stated) in &self.changes {
            let sale = |change: &SubscriptionChange| self.sales.sale(&stated.provider, &change.price, "");
            if let Some(sale) = stated.all().find_map(sale) {
                sales.insert(agreement.clone(), sale);
            }
        }
        sales
    }
}

impl<'a> Class<'a> {
    /// The agreement that it belongs to: the first that is named, else the payment is one of its own.
    fn entitlement(&self) -> Option<&'a str> {
        let named = self.invoices.iter().map(|invoice| &*invoice.entitlement).find(|name| !name.is_empty());
        named.or_else(|| Some(self.invoices.first()?.owner()))
    }

    /// The price that its own statements name, else the only price of the link.
    fn own_sale<'s>(&self, sales: &'s Sales) -> Option<&'s OnSale> {
        let invoices = || self.invoices.iter();
        let of_price = invoices().find_map(|invoice| sales.sale(self.provider, &invoice.price, ""));
        of_price.or_else(|| invoices().find_map(|invoice| sales.sale(self.provider, "", &invoice.link)))
    }

    /// The run that its own statements name, directly or by what was sold.
    fn own_run(&self, sales: &Sales) -> Option<RunId> {
        let invoices = || self.invoices.iter();
        invoices()
            .find_map(|invoice| invoice.run)
            .or_else(|| invoices().find_map(|invoice| sales.run(self.provider, &invoice.price, "")))
            .or_else(|| invoices().find_map(|invoice| sales.run(self.provider, "", &invoice.link)))
    }

    /// The run that refunds, disputes and failures name: the smallest, should they differ.
    fn stated_elsewhere(&self, sales: &Sales) -> Option<RunId> {
        let refunds = self.refunds.iter().filter_map(|refund| refund.run);
        let disputes = self.disputes.iter().filter_map(|dispute| dispute.run);
        let failures = self.failures.iter();
        let failures =
            failures.filter_map(|failed| failed.run.or_else(|| sales.run(self.provider, &failed.price, "")));
        refunds.chain(disputes).chain(failures).min()
    }

    fn settle(
        &self,
        agreement: &str,
        run: Option<RunId>,
        sold: Option<&OnSale>,
        settled: &mut Settlement,
    ) -> Result<(), MoneyError> {
        let mut merged: BTreeMap<Currency, PaidInvoice> = BTreeMap::new();
        for one in &self.invoices {
            let whole = merged.entry(one.amount.currency()).or_insert_with(|| self.common(one, sold));
            if one.amount.pico() > whole.amount.pico() {
                whole.amount = one.amount;
            }
            whole.paid_at = whole.paid_at.min(one.paid_at);
            whole.period_end = whole.period_end.max(one.period_end);
        }
        for currency in self.back_in().filter(|currency| !merged.contains_key(currency)) {
            settled.foreign.push((run, self.back(currency, None)?));
        }
        for invoice in merged.into_values() {
            settled.payments.push(Settled {
                provider: self.provider.to_owned(),
                agreement: agreement.to_owned(),
                run,
                back: self.back(invoice.amount.currency(), Some(invoice.amount))?,
                invoice,
            });
        }
        Ok(())
    }

    /// The texts that the first statement with one has, else what was put on sale says.
    fn common(&self, one: &PaidInvoice, sold: Option<&OnSale>) -> PaidInvoice {
        let first = |text: fn(&PaidInvoice) -> &String| {
            self.invoices.iter().map(|invoice| text(invoice)).find(|text| !text.is_empty()).cloned()
        };
        let price = sold.map(|sale| &sale.price);
        let own = first(|invoice| &invoice.price);
        // Marks of a subscription keep the tier that it began with: the price that was paid knows better.
        let paid_for = price.filter(|price| own.as_deref() == Some(price.id.as_str()));
        let interval = self.invoices.iter().find_map(|invoice| invoice.interval);
        PaidInvoice {
            payment: first(|invoice| &invoice.payment).unwrap_or_default(),
            entitlement: self.entitlement().unwrap_or_default().to_owned(),
            price: own.or_else(|| price.map(|price| price.id.to_string())).unwrap_or_default(),
            link: first(|invoice| &invoice.link).unwrap_or_default(),
            tier: paid_for
                .map(|price| price.tier.clone())
                .or_else(|| first(|invoice| &invoice.tier))
                .or_else(|| price.map(|price| price.tier.clone()))
                .unwrap_or_default(),
            interval: interval.or_else(|| price.map(|price| price.interval)),
            customer: first(|invoice| &invoice.customer).unwrap_or_default(),
            ..one.clone()
        }
    }

    /// The currencies in which something went back.
    fn back_in(&self) -> impl Iterator<Item = Currency> {
        let refunds = self.refunds.iter().map(|refund| refund.refunded.currency());
        refunds
            .chain(self.held().map(|dispute| dispute.amount.currency()))
            .collect::<BTreeSet<_>>()
            .into_iter()
    }

    /// The disputes that hold money.
    fn held(&self) -> impl Iterator<Item = &DisputedPayment> {
        self.disputes.iter().copied().filter(|dispute| dispute.state.holds_money())
    }

    /// The part that went back in `currency`, of `paid` at most.
    fn back(&self, currency: Currency, paid: Option<Money>) -> Result<Back, MoneyError> {
        let zero = Money::zero(currency);
        let at_most = |amount: Money, most: Option<Money>| match most {
            Some(most) if most.pico() < amount.pico() => most,
            _ => amount,
        };
        let (mut total, mut at) = (zero, None);
        let mut single: BTreeMap<&str, &RefundedPayment> = BTreeMap::new();
        for refund in self.refunds.iter().filter(|refund| refund.refunded.currency() == currency) {
            if refund.refund.is_empty() {
                let (high, time) = (refund.refunded.pico(), refund.refunded_at);
                if high > total.pico() || (high == total.pico() && at.is_none_or(|at| time < at)) {
                    (total, at) = (refund.refunded, Some(time));
                }
                continue;
            }
            let known = single.entry(&refund.refund).or_insert(refund);
            let rank = |refund: &RefundedPayment| (refund.refunded_at, refund.refunded.pico());
            if rank(refund) > rank(known) {
                *known = refund;
            }
        }
        let mut sum = zero;
        for refund in single.values() {
            sum = sum.checked_add(refund.refunded)?;
        }
        // A total that was stated before a refund was taken back still has it in it: then the single ones count alone.
        let is_taken_back = single.values().any(|refund| refund.refunded.is_zero());
        if is_taken_back || sum.pico() > total.pico() {
            let counted = single.values().filter(|refund| !refund.refunded.is_zero());
            (total, at) = (sum, counted.map(|refund| refund.refunded_at).max());
        }
        let refunded = at_most(total, paid);
        let left = paid.map(|paid| paid.checked_sub(refunded)).transpose()?;
        let mut disputed = zero;
        for dispute in self.held().filter(|dispute| dispute.amount.currency() == currency) {
            disputed = disputed.checked_add(dispute.amount)?;
            at = at.max(Some(dispute.at));
        }
        Ok(Back { refunded, disputed: at_most(disputed, left), at })
    }
}

impl Sales {
    /// The sale of the price, else of the link, where that sells one price alone.
    fn sale(&self, provider: &str, price: &str, link: &str) -> Option<&OnSale> {
        if !price.is_empty() {
            return self.prices.get(&names::of("price", provider, price));
        }
        match self.links.get(&names::of("link", provider, link))?.prices.as_slice() {
            [price] => self.prices.get(&names::of("price", provider, price.as_str())),
            _ => None,
        }
    }

    /// The run of the price, else of the link.
    fn run(&self, provider: &str, price: &str, link: &str) -> Option<RunId> {
        if price.is_empty() {
            return self.links.get(&names::of("link", provider, link)).map(|at| at.run);
        }
        self.prices.get(&names::of("price", provider, price)).map(|sale| sale.run)
    }
}

/// Names that were found to be one: each leads to the smallest of them.
#[derive(Default)]
struct Roots(BTreeMap<String, String>);

impl Roots {
    fn of(&self, name: &str) -> String {
        let mut root = name;
        while let Some(next) = self.0.get(root) {
            root = next;
        }
        root.to_owned()
    }

    fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.of(one), self.of(other));
        if one < other {
            self.0.insert(other, one);
        } else if other < one {
            self.0.insert(one, other);
        }
    }
}
