//! A key for each hosted site. Its host signs licences with it, so that the installation's own key never leaves the folder.

use ae_billing::LicenceKey;
use ae_core::{Digest, ErrorKind, Secret};

use super::{Keys, keys::signing_key};
use crate::error::{Error, Result};

/// The beginning of the name under which a host's environment asks for the key of a site.
const HANDLE: &str = "site/";
/// The numbers of sites: number 1 is the installation's, and a sign bit fits nowhere.
const NUMBERS: std::ops::Range<u32> = 2..0x7fff_ffff;

impl Keys {
    /// Reads the key of `site`, making it on first use. Its public half is part of the release, so it stays the same.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn site_key(&self, site: &str) -> Result<LicenceKey> {
        let name = format!("site-{site}");
        let text = self.read(&name).await?;
        signing_key(number(site), &text, &name)
    }

    /// Reads what the environment of a host asks for under `handle`: `site/` and the label of a site, whose key it is, as
    /// a private JWK.
    ///
    /// # Errors
    ///
    /// `NotFound` for another handle; else as [`read`](Self::read).
    pub async fn of_handle(&self, handle: &str) -> Result<Secret<String>> {
        let site = handle.strip_prefix(HANDLE).filter(|site| is_label(site));
        let unknown = || Error::new(ErrorKind::NotFound, format!("there is no key named {handle:?}"));
        Ok(self.site_key(site.ok_or_else(unknown)?).await?.private_jwk())
    }
}

/// Names of files are made of labels only.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The number of the key of a site: fixed by its label, and never the one of the installation's own key.
fn number(site: &str) -> u32 {
    let digest = Digest::of_bytes("site-key/1", site.as_bytes());
    let seed = digest.as_bytes().iter().take(4).fold(0_u32, |seed, byte| (seed << 8) | u32::from(*byte));
    NUMBERS.start + seed % (NUMBERS.end - NUMBERS.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_site_is_fixed_and_not_the_sellers() {
        assert_eq!(number("csv-tidy"), number("csv-tidy"));
        assert_ne!(number("csv-tidy"), number("csv-tidy-2"));
        for site in 0..2_000 {
            assert!(NUMBERS.contains(&number(&site.to_string())));
        }
    }

    #[test]
    fn only_labels_name_files() {
        for bad in ["", "../webhook", "a/b", "A", "a.b"] {
            assert!(!is_label(bad), "{bad}");
        }
        assert!(is_label("csv-tidy-01933c2e"));
    }
}
