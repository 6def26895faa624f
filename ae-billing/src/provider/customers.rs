//! Customers, and the page where they manage what they bought.

use ae_core::{RunId, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use crate::CustomerId;

/// Asks for a customer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewCustomer {
    /// The run that makes it.
    pub run: RunId,
    /// A label, for example `CUST-7`; no personal data.
    pub reference: String,
    /// The address to which the provider sends receipts. It goes to the provider and is kept nowhere here.
    pub email: Option<Secret<String>>,
}

impl NewCustomer {
    /// A customer without an e-mail address.
    pub fn new(run: RunId, reference: impl Into<String>) -> Self {
        Self { run, reference: reference.into(), email: None }
    }
}

ae_core::setters! { NewCustomer {
    /// Sets where the provider sends receipts.
    fn with_email(email: some Secret<String>);
} }

/// A customer at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The run that made it.
    pub run: RunId,
    /// The label.
    pub reference: String,
    /// The time at which it was made.
    pub created_at: Timestamp,
}

impl Customer {
    /// The customer that `request` asks for.
    pub fn new(id: CustomerId, request: &NewCustomer, created_at: Timestamp) -> Self {
        Self { id, run: request.run, reference: request.reference.clone(), created_at }
    }
}

/// Asks for a page where a customer changes or ends what it bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewPortal {
    /// The customer.
    pub customer: CustomerId,
    /// The page to come back to, an `http` or `https` URL.
    pub return_url: String,
}

impl NewPortal {
    /// A page for `customer`.
    pub fn new(customer: CustomerId, return_url: impl Into<String>) -> Self {
        Self { customer, return_url: return_url.into() }
    }
}

/// A page of one customer, open for a short time. Its address gives access, so it is shown to the customer alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Portal {
    /// The page.
    pub url: Secret<String>,
}

impl Portal {
    /// The page at `url`.
    pub const fn new(url: Secret<String>) -> Self {
        Self { url }
    }
}
