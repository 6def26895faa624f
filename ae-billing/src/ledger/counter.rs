//! The rules for orders.

use ae_core::{BackendError, BillingInterval, ErrorKind, IdempotencyKey};

use super::order::{NewOrder, Order, OrderQuery, OrderView};
use crate::{
    Ensured, NewPayment, OrderId, Page, Payment, PaymentLink, Price, Product,
    provider::rules::{Terms, claim, needed},
    store::records::{Find, Records, Table, bad, error, load, load_all, parse, save},
};

/// Where an order stands in the lists of orders.
const OPEN: &str = "open";
const PAID: &str = "paid";
const EXPIRED: &str = "expired";
/// How many closed orders are taken off the list of open ones whenever an order is placed. More than one, so that the
/// list gets shorter when fewer are placed than expire.
const SWEPT: u32 = 32;

impl Terms<'_> {
    pub(crate) fn place_order(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        new: &NewOrder,
    ) -> Result<Ensured<Order>, BackendError> {
        const OPERATION: &str = "place_order";
        let id = OrderId::of_key(key);
        let link: PaymentLink = needed(records, Table::Links, new.link.as_str(), OPERATION)?;
        let run = link.run.to_string();
        if claim(records, key, OPERATION, &run, new)? {
            return Ok(Ensured::Found(needed(records, Table::Orders, id.as_str(), OPERATION)?));
        }
        if !link.prices.contains(&new.price) {
            return bad(OPERATION, format!("{} is not sold at {}", new.price, new.link));
        }
        let price: Price = needed(records, Table::Prices, new.price.as_str(), OPERATION)?;
        let product: Product = needed(records, Table::Products, price.product.as_str(), OPERATION)?;
        if !(link.active && price.active && product.active) {
            let message = format!("{} is no longer sold at {}", new.price, new.link);
            return Err(error(ErrorKind::Conflict, OPERATION, message));
        }
        self.sweep(records, &run)?;
        let most = self.provider.caps.open_orders_per_run_max;
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let open = Find { owner: Some(OPEN), limit, ..Find::of_run(&run) };
        if records.find(Table::Orders, open)?.len() >= most {
            let message = format!(
                "{most} orders of this product wait for their payment, the cap: try again later, or record those that \
                 were paid"
            );
            return Err(error(ErrorKind::QuotaExceeded, OPERATION, message));
        }
        let order = Order::new(id, link.id, &price, self.now);
        save(records, Table::Orders, (order.id.as_str(), &run, OPEN), &order)?;
        Ok(Ensured::Created(order))
    }

    /// Takes the oldest orders that have expired off the list of open ones. They stay on record.
    fn sweep(self, records: &mut dyn Records, run: &str) -> Result<(), BackendError> {
        let oldest = Find { owner: Some(OPEN), limit: SWEPT, ..Find::of_run(run) };
        for (_, mut row) in records.find(Table::Orders, oldest)? {
            let order: Order = parse(Table::Orders, &row)?;
            if order.open_until() <= self.now {
                EXPIRED.clone_into(&mut row.owner);
                records.put(Table::Orders, row)?;
            }
        }
        Ok(())
    }

    pub(crate) fn order(
        self,
        records: &dyn Records,
        id: &OrderId,
    ) -> Result<Option<OrderView>, BackendError> {
        load::<Order>(records, Table::Orders, id.as_str())?
            .map(|order| self.order_view(records, order))
            .transpose()
    }

    pub(crate) fn orders(
        self,
        records: &dyn Records,
        query: &OrderQuery,
    ) -> Result<Page<OrderView>, BackendError> {
        const OPERATION: &str = "orders";
        if !(1..=100).contains(&query.limit) {
            return bad(OPERATION, "a page has 1 to 100 orders");
        }
        let after = match query.after.as_deref().map(str::parse::<u64>) {
            None => 0,
            Some(Ok(position)) => position,
            Some(Err(_)) => return bad(OPERATION, "that page marker is not from this ledger"),
        };
        let run = query.run.map(|run| run.to_string());
        let find = Find {
            run: run.as_deref(),
            owner: Some(if query.paid { PAID } else { OPEN }),
            after,
            limit: query.limit.saturating_add(1),
            newest_first: true,
        };
        let mut rows = records.find(Table::Orders, find)?;
        let whole = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > whole;
        rows.truncate(whole);
        let next = rows.last().filter(|_| has_more).map(|(position, _)| position.to_string());
        let mut items = Vec::with_capacity(rows.len());
        for (_, row) in &rows {
            let order: Order = parse(Table::Orders, row)?;
            if query.paid || order.open_until() > self.now {
                items.push(self.order_view(records, order)?);
            }
        }
        // The newest come first: after an order that has expired there is none that is open.
        let next = next.filter(|_| items.len() == whole);
        Ok(Page::new(items, next))
    }

    fn order_view(self, records: &dyn Records, order: Order) -> Result<OrderView, BackendError> {
        const OPERATION: &str = "order";
        let link: PaymentLink = needed(records, Table::Links, order.link.as_str(), OPERATION)?;
        let price: Price = needed(records, Table::Prices, order.price.as_str(), OPERATION)?;
        let product = needed(records, Table::Products, price.product.as_str(), OPERATION)?;
        let (mut payments, mut refunds) = (Vec::with_capacity(order.payments.len()), Vec::new());
        for payment in &order.payments {
            payments.push(needed(records, Table::Payments, payment.as_str(), OPERATION)?);
            refunds.extend(load_all(records, Table::Credits, Find::of_owner(payment.as_str()))?);
        }
        let entitlement = self.entitlement_of(records, &order)?;
        Ok(OrderView { order, link: self.shown(link), product, price, payments, refunds, entitlement })
    }

    /// The order that `new` pays, checked; `None` when it names none.
    pub(super) fn payable(
        self,
        records: &dyn Records,
        new: &NewPayment,
        operation: &'static str,
    ) -> Result<Option<Order>, BackendError> {
        let Some(id) = &new.order else { return Ok(None) };
        let order: Order = needed(records, Table::Orders, id.as_str(), operation)?;
        if order.link != new.link || order.price != new.price {
            return bad(operation, format!("{id} is an order of another price or link"));
        }
        if order.interval == BillingInterval::OneTime && !order.payments.is_empty() {
            let view = self.order_view(records, order)?;
            if !view.takes_payment() {
                let message = format!("{id} is paid already: give that payment back first");
                return Err(error(ErrorKind::Conflict, operation, message));
            }
            return Ok(Some(view.order));
        }
        Ok(Some(order))
    }
}

/// Keeps with its order that `payment` is on record.
pub(super) fn pay(
    records: &mut dyn Records,
    mut order: Order,
    payment: &Payment,
) -> Result<(), BackendError> {
    order.payments.push(payment.id.clone());
    save(records, Table::Orders, (order.id.as_str(), &order.run.to_string(), PAID), &order)
}
