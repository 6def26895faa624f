//! DNS records of a domain at Porkbun.

use ae_core::{BackendError, ErrorKind, IdempotencyKey};

use super::{NAME, PorkbunRegistrar, answer, request};
use crate::{DnsRecord, registrar::Domain};

/// The content of the records with which Porkbun parks a new name.
const PARKING: &str = "pixie.porkbun.com";

impl PorkbunRegistrar {
    /// The DNS records of a domain of the account, with whole names.
    ///
    /// # Errors
    ///
    /// `NotFound` when the domain is not in the account.
    pub async fn records(&self, domain: &Domain) -> Result<Vec<DnsRecord>, BackendError> {
        let found = answer::records(&self.repeat(&request::records(&self.access, domain)?).await?)?;
        Ok(found.into_iter().map(|record| DnsRecord::new(record.kind, record.name, record.content)).collect())
    }

    /// Makes sure that a domain of the account has these records. Records that it has stay, except those with which
    /// Porkbun parks a new name; a `CNAME` of the domain itself becomes an `ALIAS`. A repeat changes nothing.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a record of another domain, `NotFound` when the domain is not in the account. The records
    /// before the one that failed are there.
    pub async fn ensure_records(
        &self,
        key: &IdempotencyKey,
        domain: &Domain,
        records: &[DnsRecord],
    ) -> Result<(), BackendError> {
        let wanted: Vec<_> =
            records.iter().map(|record| relative(domain, record)).collect::<Result<_, _>>()?;
        let found = answer::records(&self.repeat(&request::records(&self.access, domain)?).await?)?;
        for (number, (name, record)) in wanted.iter().enumerate() {
            let same = |found: &&answer::Record| found.name.eq_ignore_ascii_case(&record.name);
            if found
                .iter()
                .filter(same)
                .any(|found| found.kind == record.kind && found.content == record.value)
            {
                continue;
            }
            for parked in found.iter().filter(same).filter(|found| found.content == PARKING) {
                self.repeat(&request::delete_record(&self.access, domain, &parked.id)?).await?;
            }
            // Every record has a key of its own, the same at a repeat.
            let key = format!("{key}-{number}");
            self.repeat(&request::create_record(&self.access, &key, domain, name, record)?).await?;
        }
        Ok(())
    }
}

/// The part of a record's name before the domain, and the record as Porkbun takes it.
fn relative(domain: &Domain, record: &DnsRecord) -> Result<(String, DnsRecord), BackendError> {
    let name = record.name.to_ascii_lowercase();
    let Some(before) = name.strip_suffix(domain.as_str()) else { return Err(foreign(domain, record)) };
    let mut record = record.clone();
    if before.is_empty() {
        if record.kind == "CNAME" {
            "ALIAS".clone_into(&mut record.kind);
        }
        return Ok((String::new(), record));
    }
    let before = before.strip_suffix('.').ok_or_else(|| foreign(domain, &record))?;
    Ok((before.to_owned(), record))
}

fn foreign(domain: &Domain, record: &DnsRecord) -> BackendError {
    let message = format!("the record of {} does not belong to {domain}", record.name);
    BackendError::new(ErrorKind::InvalidInput, NAME, "ensure_records", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_and_an_apex_has_an_alias() {
        let domain: Domain = "csv-tidy.com".parse().unwrap();
        let of = |kind: &str, name: &str| relative(&domain, &DnsRecord::new(kind, name, "x"));
        let (name, record) = of("CNAME", "csv-tidy.com").unwrap();
        assert_eq!((name.as_str(), record.kind.as_str()), ("", "ALIAS"));
        let (name, record) = of("CNAME", "www.CSV-tidy.com").unwrap();
        assert_eq!((name.as_str(), record.kind.as_str()), ("www", "CNAME"));
        for foreign in ["other.com", "evilcsv-tidy.com", "com"] {
            assert!(of("A", foreign).is_err(), "{foreign}");
        }
    }
}
