//! The clauses of [`Registrar`]. They buy: run them against a test account only.
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{
    ErrorKind, Money,
    conformance::{Ran, held, holds, key, refused, same},
};

use super::{Availability, Contact, Domain, Order, OrderState, Purchase, Quote, Registrar, RegistrarInfo};

/// How often a pending order is looked at before the suite gives up.
const LOOKS_MAX: usize = 20;

/// Runs every clause that the registrar announces; `one` and `two` are names that can be bought, and `contact` is the one
/// to buy them for.
pub async fn run_all(registrar: &dyn Registrar, one: &Domain, two: &Domain, contact: &Contact) -> Ran {
    let suite = Suite { registrar, info: registrar.info(), one, two, contact };
    let (buys, rehearses) = (suite.info.buys, suite.info.buys && suite.info.dry_run);
    let asks = buys && suite.info.needs_contact;
    let mut ran = Ran::default();
    ran.clause("C1", suite.c1_looking_buys_nothing()).await;
    ran.clause_if("C2", buys, suite.c2_quoting_buys_nothing()).await;
    ran.clause_if("C3", buys, suite.c3_another_price_is_refused()).await;
    ran.clause_if("C7", asks, suite.c7_a_missing_contact_is_refused()).await;
    ran.clause_if("C8", rehearses, suite.c8_rehearsing_buys_nothing()).await;
    // A name can't be given back, so one purchase serves three clauses.
    let mut bought = None;
    ran.clause_if("C4", buys, async { bought = Some(suite.c4_buying_happens_once().await) }).await;
    match bought {
        Some(order) => {
            ran.clause("C5", suite.c5_a_domain_bought_is_taken(&order)).await;
            ran.clause("C6", suite.c6_orders_are_found(&order)).await;
        }
        None => ran.skipped.extend(["C5", "C6"]),
    }
    ran
}

struct Suite<'a> {
    registrar: &'a dyn Registrar,
    info: RegistrarInfo,
    one: &'a Domain,
    two: &'a Domain,
    contact: &'a Contact,
}

impl Suite<'_> {
    fn purchase(&self, quote: Quote) -> Purchase {
        Purchase::new(quote).with_contact(self.contact.clone())
    }

    async fn is_taken(&self, clause: &str, domain: &Domain) -> bool {
        held(clause, self.registrar.search(std::slice::from_ref(domain)).await) == [Availability::Taken]
    }

    /// The quote of a name with the price, or the renewal price, of one cent more.
    async fn dearer(&self, clause: &str, renewal: bool) -> Quote {
        let mut quote = held(clause, self.registrar.quote(self.one, 1).await);
        let part = if renewal { &mut quote.renewal } else { &mut quote.price };
        let cent = held(clause, Money::from_minor(1, 2, part.currency()));
        *part = held(clause, part.checked_add(cent));
        quote
    }

    async fn c1_looking_buys_nothing(&self) {
        for _ in 0..2 {
            let asked = [self.two.clone(), self.one.clone()];
            let asked = asked.get(..self.info.names_max.min(2)).unwrap_or_default();
            let found = held("C1", self.registrar.search(asked).await);
            same("C1: an answer for every name", &found.len(), &asked.len());
            holds("C1", !found.contains(&Availability::Taken), "looking bought a name");
        }
        let many = vec![self.one.clone(); self.info.names_max.saturating_add(1)];
        refused("C1", self.registrar.search(&many).await, ErrorKind::InvalidInput);
    }

    async fn c2_quoting_buys_nothing(&self) {
        let quote = held("C2", self.registrar.quote(self.one, 1).await);
        same("C2: the quote", &(&quote.domain, quote.years), &(self.one, 1));
        holds("C2", !self.is_taken("C2", self.one).await, "quoting bought the name");
        for years in [0, self.info.years_max.saturating_add(1)] {
            refused("C2", self.registrar.quote(self.one, years).await, ErrorKind::InvalidInput);
        }
    }

    async fn c3_another_price_is_refused(&self) {
        for renewal in [false, true] {
            let quote = self.dearer("C3", renewal).await;
            let answer = self.registrar.buy(&key("C3", u32::from(renewal)), &self.purchase(quote)).await;
            refused("C3", answer, ErrorKind::Conflict);
            holds("C3", !self.is_taken("C3", self.one).await, "a refusal bought the name");
        }
    }

    async fn c4_buying_happens_once(&self) -> Order {
        let purchase = self.purchase(held("C4", self.registrar.quote(self.one, 1).await));
        let other = self.purchase(held("C4", self.registrar.quote(self.two, 1).await));
        let order = held("C4", self.registrar.buy(&key("C4", 0), &purchase).await);
        same("C4: the order", &(&order.domain, order.price), &(self.one, purchase.quote.price));
        let again = held("C4", self.registrar.buy(&key("C4", 0), &purchase).await);
        same("C4: the same order", &(&again.id, &again.domain), &(&order.id, &order.domain));
        refused("C4", self.registrar.buy(&key("C4", 0), &other).await, ErrorKind::Conflict);
        let order = self.done("C4", again).await;
        refused("C4", self.registrar.buy(&key("C4", 1), &purchase).await, ErrorKind::Conflict);
        order
    }

    /// The order once it is no longer pending.
    async fn done(&self, clause: &str, mut order: Order) -> Order {
        for _ in 0..LOOKS_MAX {
            if order.state != OrderState::Pending {
                break;
            }
            order = held(clause, self.registrar.order(&order.id).await);
        }
        same("C4: it is registered in the end", &order.state, &OrderState::Registered);
        order
    }

    async fn c5_a_domain_bought_is_taken(&self, order: &Order) {
        holds("C5", !order.auto_renew, "it renews by itself");
        holds("C5", self.is_taken("C5", &order.domain).await, "it is not taken");
        refused("C5", self.registrar.quote(&order.domain, 1).await, ErrorKind::Conflict);
    }

    async fn c6_orders_are_found(&self, order: &Order) {
        same("C6: found by id", &held("C6", self.registrar.order(&order.id).await), order);
        refused("C6", self.registrar.order("no-such-order").await, ErrorKind::NotFound);
    }

    async fn c7_a_missing_contact_is_refused(&self) {
        let purchase = Purchase::new(held("C7", self.registrar.quote(self.one, 1).await));
        refused("C7", self.registrar.buy(&key("C7", 0), &purchase).await, ErrorKind::InvalidInput);
        holds("C7", !self.is_taken("C7", self.one).await, "a refusal bought the name");
    }

    async fn c8_rehearsing_buys_nothing(&self) {
        let purchase = self.purchase(held("C8", self.registrar.quote(self.one, 1).await));
        held("C8", self.registrar.rehearse(&purchase).await);
        holds("C8", !self.is_taken("C8", self.one).await, "rehearsing bought the name");
        let dearer = self.purchase(self.dearer("C8", false).await);
        refused("C8", self.registrar.rehearse(&dearer).await, ErrorKind::Conflict);
    }
}
