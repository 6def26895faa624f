//! Advice about a domain, which buys nothing.

use std::fmt;

use ae_core::BackendError;
use serde::{Deserialize, Serialize};

use super::{Availability, Domain, Quote, Registrar};
use crate::DnsRecord;

/// The steps that a person can take for a domain: the default of a run, which buys nothing. `Display` writes them as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DomainAdvice {
    /// The domain.
    pub domain: Domain,
    /// Whether it could be bought.
    pub availability: Availability,
    /// Its price, where the registrar quotes.
    pub quote: Option<Quote>,
    /// The DNS records that lead it to the site.
    pub records: Vec<DnsRecord>,
}

/// Asks `registrar` about `domain` and writes down what is to be done by hand. Nothing is bought or changed.
///
/// # Errors
///
/// Those of [`Registrar::search`]. A name that can't be quoted has no quote.
pub async fn advise(
    registrar: &dyn Registrar,
    domain: &Domain,
    records: Vec<DnsRecord>,
) -> Result<DomainAdvice, BackendError> {
    let found = registrar.search(std::slice::from_ref(domain)).await?;
    let availability = found.first().copied().unwrap_or(Availability::Unknown);
    let quote = match availability {
        Availability::MaybeFree if registrar.info().buys => registrar.quote(domain, 1).await.ok(),
        _ => None,
    };
    Ok(DomainAdvice { domain: domain.clone(), availability, quote, records })
}

impl fmt::Display for DomainAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = &self.domain;
        match (self.availability, &self.quote) {
            (Availability::Taken, _) => writeln!(f, "{domain} is registered: it serves if it is yours.")?,
            (Availability::Unknown, _) => {
                writeln!(f, "Whether {domain} is registered is not known: ask a registrar.")?;
            }
            (Availability::MaybeFree, None) => {
                writeln!(f, "{domain} is perhaps free: nothing was bought, register it where you like.")?;
            }
            (Availability::MaybeFree, Some(quote)) => writeln!(
                f,
                "{domain} is perhaps free: {} for {} year(s), then {} a year. Nothing was bought.",
                quote.price, quote.years, quote.renewal
            )?,
        }
        if !self.records.is_empty() {
            writeln!(f, "Enter where the DNS of {domain} is kept:")?;
        }
        for record in &self.records {
            writeln!(f, "  {} {} {}", record.name, record.kind, record.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, Money, Runtime, Timestamp};

    use super::*;
    use crate::MemoryRegistrar;

    #[tokio::test]
    async fn advice_quotes_and_buys_nothing() {
        let yearly = Money::parse("12", Currency::USD).unwrap();
        let registrar = MemoryRegistrar::new(yearly, Runtime::manual(Timestamp::UNIX_EPOCH, 1));
        let domain: Domain = "csv-tidy.example".parse().unwrap();
        let records = vec![DnsRecord::new("A", "csv-tidy.example", "192.0.2.1")];
        let advice = advise(&registrar, &domain, records).await.unwrap();
        let text = advice.to_string();
        assert!(text.contains("$12.00 for 1 year(s)") && text.contains("Nothing was bought"), "{text}");
        assert!(text.contains("csv-tidy.example A 192.0.2.1"), "{text}");
        let found = registrar.search(&[domain]).await.unwrap();
        assert_eq!(found, [Availability::MaybeFree]);
    }
}
