//! The requests to Vercel's registrar.

use ae_core::{BackendError, ErrorKind, Money, Secret};
use ae_core_http::Request;
use serde::Serialize;
use serde_json::value::RawValue;

use super::NAME;
use crate::registrar::{Contact, Domain, Purchase};

/// The rights of every request.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) token: Secret<String>,
    pub(super) team_id: Option<String>,
}

impl Access {
    fn with(&self, request: Request) -> Result<Request, BackendError> {
        // A personal token without a team acts on the personal account.
        let request = match &self.team_id {
            Some(team) => request.with_query("teamId", team),
            None => request,
        };
        request.with_bearer(&self.token)
    }
}

#[derive(Serialize)]
struct Search<'a> {
    domains: &'a [Domain],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Buy<'a> {
    auto_renew: bool,
    years: u8,
    expected_price: Box<RawValue>,
    contact_information: Wire<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    phone: &'a str,
    address1: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address2: Option<&'a str>,
    city: &'a str,
    state: &'a str,
    zip: &'a str,
    country: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<&'a str>,
}

impl<'a> From<&'a Contact> for Wire<'a> {
    fn from(contact: &'a Contact) -> Self {
        let [first_name, last_name, email, phone, address1, city, state, zip, country] = contact.expose();
        let (address2, company_name) = (contact.expose_street_more(), contact.expose_company());
        Self {
            first_name,
            last_name,
            email,
            phone,
            address1,
            address2,
            city,
            state,
            zip,
            country,
            company_name,
        }
    }
}

pub(super) fn search(access: &Access, domains: &[Domain]) -> Result<Request, BackendError> {
    let path = ["v1", "registrar", "domains", "search"];
    access.with(Request::post("search", path).with_json(&Search { domains })?)
}

pub(super) fn supported(access: &Access) -> Result<Request, BackendError> {
    access.with(Request::get("search", ["v1", "registrar", "tlds", "supported"]))
}

pub(super) fn price(access: &Access, domain: &Domain, years: u8) -> Result<Request, BackendError> {
    let path = ["v1", "registrar", "domains", domain.as_str(), "price"];
    access.with(Request::get("quote", path).with_query("years", years.to_string()))
}

pub(super) fn owned(access: &Access, domain: &Domain) -> Result<Request, BackendError> {
    access.with(Request::get("buy", ["v5", "domains", domain.as_str()]))
}

pub(super) fn order(access: &Access, id: &str) -> Result<Request, BackendError> {
    access.with(Request::get("order", ["v1", "registrar", "orders", id]))
}

/// A purchase, for which Vercel has no idempotency key.
pub(super) fn buy(access: &Access, purchase: &Purchase) -> Result<Request, BackendError> {
    let quote = &purchase.quote;
    let missing = || BackendError::new(ErrorKind::InvalidInput, NAME, "buy", "the purchase has no contact");
    let body = Buy {
        auto_renew: purchase.auto_renew,
        years: quote.years,
        expected_price: number(quote.price)?,
        contact_information: purchase.contact.as_ref().ok_or_else(missing)?.into(),
    };
    let path = ["v1", "registrar", "domains", quote.domain.as_str(), "buy"];
    access.with(Request::post("buy", path).with_json(&body)?)
}

/// The amount as a JSON number, written from its digits.
fn number(price: Money) -> Result<Box<RawValue>, BackendError> {
    RawValue::from_string(price.to_decimal().to_string()).map_err(|cause| {
        BackendError::new(ErrorKind::Internal, NAME, "buy", "the price can't be written as a number")
            .with_source(cause)
    })
}
