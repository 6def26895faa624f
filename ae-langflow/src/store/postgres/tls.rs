//! Encrypted connections, with the server's certificate checked.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresOptions, errors::unusable};

pub(super) fn connector(options: &PostgresOptions) -> Result<MakeRustlsConnect, BackendError> {
    let roots = match &options.root_certificates {
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        Some(pem) => read(pem)?,
    };
    // The provider is named, because the process may have another one, or several.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(ErrorKind::Internal, "no protocol versions").with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read(pem: &[u8]) -> Result<RootCertStore, BackendError> {
    let invalid = || unusable(ErrorKind::InvalidInput, "the root certificates are not PEM certificates");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| invalid().with_source(error))?;
        roots.add(certificate).map_err(|error| invalid().with_source(error))?;
    }
    if roots.is_empty() { Err(invalid()) } else { Ok(roots) }
}
