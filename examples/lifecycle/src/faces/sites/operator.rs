//! The operator's page, at a port of its own: payments and refunds. Without the operator code it shows nothing, for who
//! knows the name of an order sees its licence.

use ae_billing::{OperatorAction, OperatorPageContext, operator_page};
use ae_core::ErrorKind;
use axum::{
    extract::{Form, Query, State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use maud::html;
use serde::Deserialize;

use super::{
    Shared,
    answers::{failure, from_elsewhere, html_page, page as small_page, refused},
};
use crate::error::{Error, Result};

/// Which pages of the lists are shown.
#[derive(Debug, Deserialize)]
pub(super) struct Older {
    open: Option<String>,
    paid: Option<String>,
}

/// `GET /`: asks for the operator code. The form goes to the page's own address.
pub(super) async fn door() -> Response {
    let body = html! {
        h1 { "Payments" }
        form method="post" {
            label for="operator_code" { "Operator code" }
            input #operator_code type="password" name="operator_code" required autocomplete="off";
            button type="submit" { "Show the orders" }
        }
    };
    small_page(StatusCode::OK, "Payments", &body)
}

/// The operator's form.
#[derive(Deserialize)]
pub(super) struct OperatorForm {
    operator_code: String,
    /// The button that was pressed; none only shows the orders.
    action: Option<String>,
}

/// `POST /`: does what a button says, and shows the orders. Only the operator may; everybody else is refused.
pub(super) async fn act(
    State(sale): State<Shared>,
    Query(older): Query<Older>,
    headers: HeaderMap,
    form: Result<Form<OperatorForm>, FormRejection>,
) -> Response {
    if from_elsewhere(&headers) {
        return refused(StatusCode::FORBIDDEN, "This form may only be sent from its own page.");
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            let text =
                "The form is not complete or can't be read; nothing was recorded. Open the page again.";
            return refused(rejection.status(), text);
        }
    };
    if !sale.is_operator(form.operator_code.trim()) {
        return refused(StatusCode::UNAUTHORIZED, "The operator code is wrong; nothing was recorded.");
    }
    let shown = async {
        let message = match &form.action {
            Some(action) => Some(perform(&sale, action).await?),
            None => None,
        };
        let (open, paid) = sale.orders(older.open, older.paid).await?;
        let orders = format!("{}/order/", sale.base_url());
        let mut context = OperatorPageContext::new(sale.installation().runtime.now(), orders);
        context.message = message;
        Ok(operator_page(&open, &paid, &context))
    };
    match shown.await {
        Ok(page) => html_page(StatusCode::OK, page),
        Err(error) => failure(&error),
    }
}

/// Does what a button says. A button that is pressed twice acts once.
async fn perform(sale: &Shared, action: &str) -> Result<String> {
    let unknown =
        || Error::new(ErrorKind::InvalidInput, "That is not a button of this page; nothing was recorded.");
    let action: OperatorAction = action.parse().map_err(|_| unknown())?;
    let view = sale.order(action.order()).await?.ok_or_else(unknown)?;
    let (order, name) = (&view.order.id, &view.product.name);
    Ok(match action {
        OperatorAction::Paid { number, .. } => {
            let paid = sale.record_payment(&view, number).await?;
            let later = if paid.delivered {
                ""
            } else {
                " Its event is delivered later, and the licence is there then."
            };
            format!(
                "{} recorded for {order} of {name}, {}.{later}",
                paid.payment.amount, paid.payment.invoice
            )
        }
        OperatorAction::Refund { number, .. } => {
            let refund = sale.record_refund(&view, number).await?;
            format!("{} given back for {order} of {name}.", refund.amount)
        }
        _ => return Err(unknown()),
    })
}
