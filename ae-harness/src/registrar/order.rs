//! The types of buying a domain name.

#[cfg(any(feature = "porkbun", feature = "vercel"))]
use ae_core::Digest;
use ae_core::{BackendError, ErrorKind, Money};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

use super::{Contact, Domain, Quote, RegistrarInfo};

/// A purchase to be made.
///
/// Serialised, for approvals and records, it names the domain, the years, the exact price, the renewal price, whether it
/// renews by itself and the SHA-256 of the contact; the contact itself and the time of the quote are left out, so that an
/// approval holds as long as the numbers do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Purchase {
    /// The numbers to be paid.
    pub quote: Quote,
    /// The person or company to whom the name will belong, where the registrar asks for it.
    pub contact: Option<Contact>,
    /// Whether it renews by itself, and costs money again each year.
    pub auto_renew: bool,
}

impl Purchase {
    /// The purchase of what was quoted; it does not renew by itself.
    pub const fn new(quote: Quote) -> Self {
        Self { quote, contact: None, auto_renew: false }
    }

    /// Refuses a purchase that `info` excludes before anything is sent: for implementations of
    /// [`Registrar`](super::Registrar).
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a number of years that is not sold, a contact that is missing or malformed.
    pub fn check(&self, info: &RegistrarInfo) -> Result<(), BackendError> {
        let refused = |message: String| {
            Err(BackendError::new(ErrorKind::InvalidInput, info.provider.name.clone(), "buy", message))
        };
        check_years(info, self.quote.years, "buy")?;
        match &self.contact {
            Some(contact) => contact.check(),
            None if info.needs_contact => refused(format!(
                "{} asks to whom {} will belong: add a contact",
                info.provider.name, self.quote.domain
            )),
            None => Ok(()),
        }
    }
}

ae_core::setters! { Purchase {
    /// Sets to whom the name will belong.
    fn with_contact(contact: some Contact);
    /// Sets whether it renews by itself.
    fn with_auto_renew(auto_renew: bool);
} }

impl Serialize for Purchase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Purchase", 6)?;
        fields.serialize_field("domain", &self.quote.domain)?;
        fields.serialize_field("years", &self.quote.years)?;
        fields.serialize_field("price", &self.quote.price)?;
        fields.serialize_field("renewal", &self.quote.renewal)?;
        fields.serialize_field("auto_renew", &self.auto_renew)?;
        fields.serialize_field("contact", &self.contact.as_ref().map(Contact::digest))?;
        fields.end()
    }
}

/// Refuses a number of years that `info` excludes.
pub(super) fn check_years(
    info: &RegistrarInfo,
    years: u8,
    operation: &'static str,
) -> Result<(), BackendError> {
    if (1..=info.years_max).contains(&years) {
        return Ok(());
    }
    let message = format!("a name is bought for 1 to {} years, not for {years}", info.years_max);
    Err(BackendError::new(ErrorKind::InvalidInput, info.provider.name.clone(), operation, message))
}

/// Refuses more names than `info` takes.
pub(super) fn check_names(info: &RegistrarInfo, domains: &[Domain]) -> Result<(), BackendError> {
    if domains.len() <= info.names_max {
        return Ok(());
    }
    let message =
        format!("{} names at once, of {} that are taken: ask in parts", domains.len(), info.names_max);
    Err(BackendError::new(ErrorKind::InvalidInput, info.provider.name.clone(), "search", message))
}

/// The digest of a purchase, by which a registrar knows it again.
#[cfg(any(feature = "porkbun", feature = "vercel"))]
pub(super) fn digest(backend: &'static str, purchase: &Purchase) -> Result<Digest, BackendError> {
    Digest::of_json("purchase/1", purchase).map_err(|cause| {
        let message = "the purchase can't be written as JSON";
        BackendError::new(ErrorKind::Internal, backend, "buy", message).with_source(cause)
    })
}

ae_core::wire_enum! {
    /// The state of an order.
    #[non_exhaustive]
    pub enum OrderState {
        /// Accepted, not registered yet.
        Pending = "pending",
        /// Registered.
        Registered = "registered",
        /// It was not registered.
        Failed = "failed",
    }
}

/// An order at its registrar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Order {
    /// Its id at the registrar.
    pub id: String,
    /// The name.
    pub domain: Domain,
    /// The price that was paid.
    pub price: Money,
    /// Its state.
    pub state: OrderState,
    /// Whether it renews by itself.
    pub auto_renew: bool,
    /// The vendor's code for the reason of a failure.
    #[serde(default)]
    pub error: Option<String>,
}

impl Order {
    /// The order `id` of `domain` at `price`, which does not renew by itself.
    pub fn new(id: impl Into<String>, domain: Domain, price: Money, state: OrderState) -> Self {
        Self { id: id.into(), domain, price, state, auto_renew: false, error: None }
    }
}

ae_core::setters! { Order {
    /// Sets the state.
    fn with_state(state: OrderState);
    /// Sets whether it renews by itself.
    fn with_auto_renew(auto_renew: bool);
    /// Sets the vendor's code for the reason of a failure.
    fn with_error(error: some into String);
} }
