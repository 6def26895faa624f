//! A certificate with its key, on disk and in memory.

use std::{fs, io, path::Path, sync::Arc};

use ae_core::{BackendError, ErrorKind, Secret, Timestamp};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use x509_cert::{Certificate, der::Decode as _};

use super::{NAME, failed};
use crate::{
    Domain,
    atomic::{create_dirs, io_error, write_private},
};

/// The account at the authority, which is a secret: its holder may have certificates made for names that were proven.
pub(super) const ACCOUNT: &str = "account.json";
/// Key and chain in one file, so that they never belong to two certificates.
const CERTIFICATE: &str = "certificate.pem";

/// A certificate that can be used.
#[derive(Debug)]
pub(super) struct Stored {
    pem: Secret<String>,
    pub(super) certified: Arc<CertifiedKey>,
    not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// Makes a folder that its owner alone may enter.
pub(super) fn make_folder(folder: &Path) -> Result<(), BackendError> {
    let made = create_dirs(folder).and_then(|()| {
        #[cfg(unix)]
        fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(())
    });
    made.map_err(|error| io_error(NAME, "open", "create", folder, error))
}

/// A private file, `None` when there is none.
pub(super) fn read(folder: &Path, name: &str) -> Result<Option<Secret<String>>, BackendError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(NAME, "read", "read", &path, error)),
    }
}

/// Replaces a private file.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<(), BackendError> {
    let path = folder.join(name);
    write_private(&path, text.as_bytes()).map_err(|error| io_error(NAME, "write", "write", &path, error))
}

impl Stored {
    /// The certificate in `folder`; `None` when there is none, or when it is for other names.
    pub(super) fn read(folder: &Path, names: &[Domain]) -> Result<Option<Self>, BackendError> {
        let Some(pem) = read(folder, CERTIFICATE)? else { return Ok(None) };
        let stored = Self::parse(pem)?;
        Ok(Some(stored).filter(|stored| stored.is_for(names)))
    }

    /// A key and the chain of its certificate.
    pub(super) fn parse(pem: Secret<String>) -> Result<Self, BackendError> {
        let wrong = |what: &str| {
            failed(ErrorKind::Protocol, "read", format!("{what}: remove {CERTIFICATE} to have another made"))
        };
        let text = pem.expose().as_bytes();
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let chain = chain.map_err(|_| wrong("the certificate is damaged"))?;
        let leaf = chain.first().ok_or_else(|| wrong("the certificate is missing"))?;
        let leaf = Certificate::from_der(leaf).map_err(|_| wrong("the certificate is damaged"))?;
        let time = |time: &x509_cert::time::Time| Timestamp::UNIX_EPOCH.checked_add(time.to_unix_duration());
        let validity = &leaf.tbs_certificate.validity;
        let (Ok(not_before), Ok(not_after)) = (time(&validity.not_before), time(&validity.not_after)) else {
            return Err(wrong("the certificate is for no time"));
        };
        let key = PrivateKeyDer::from_pem_slice(text).map_err(|_| wrong("the key is damaged"))?;
        let key = any_supported_type(&key).map_err(|_| wrong("the key can't be used"))?;
        let certified = CertifiedKey::new(chain, key);
        certified.keys_match().map_err(|_| wrong("the key is another certificate's"))?;
        Ok(Self { pem, certified: Arc::new(certified), not_before, not_after })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackendError> {
        write(folder, CERTIFICATE, self.pem.expose())
    }

    /// Whether a third of its life is left.
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        let until = |end: Timestamp, from: Timestamp| end.as_second().saturating_sub(from.as_second());
        until(self.not_after, now) > until(self.not_after, self.not_before) / 3
    }

    fn is_for(&self, names: &[Domain]) -> bool {
        let Some(leaf) = self.certified.cert.first() else { return false };
        let Ok(leaf) = rustls::server::ParsedCertificate::try_from(leaf) else { return false };
        names.iter().all(|name| {
            rustls::pki_types::ServerName::try_from(name.as_str())
                .is_ok_and(|name| rustls::client::verify_server_name(&leaf, &name).is_ok())
        })
    }
}
