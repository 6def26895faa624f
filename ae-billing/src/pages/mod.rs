//! The pages of the offline ledger: for buyers the pay page and the page of an order, for the operator the page of
//! payments. Whole HTML pages without scripts and without requests to anywhere else.

mod look;
mod operator;
mod order;
mod pay;

pub use operator::{OperatorAction, OperatorPageContext, operator_page};
pub use order::{OrderPageContext, order_page};
pub use pay::{PayPageContext, new_form, pay_page};
