//! The pages of the offline ledger.

mod form_id;
mod page;

pub use form_id::{FormId, ParseFormIdError};
pub use page::{PayPageContext, pay_page, receipt_page};
