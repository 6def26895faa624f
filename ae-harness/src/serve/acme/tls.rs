//! Connections under TLS.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc};

use ae_core::{BackendError, ErrorKind};
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Inner, failed};
use crate::serve::Accept;

/// A socket whose connections are under TLS, from [`Certificates::secure`](super::Certificates::secure).
pub struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl TlsListener {
    pub(super) fn new(listener: TcpListener, certificates: Arc<Inner>) -> Result<Self, BackendError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|cause| {
            failed(ErrorKind::Internal, "secure", "TLS can't be set up").with_source(cause)
        })?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(Current(certificates)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl std::fmt::Debug for TlsListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsListener").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl Accept for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Opening = Pin<Box<dyn Future<Output = io::Result<Self::Io>> + Send>>;

    async fn accept(&mut self) -> io::Result<Self::Opening> {
        let (stream, _) = self.listener.accept().await?;
        let _ = stream.set_nodelay(true);
        Ok(Box::pin(self.acceptor.accept(stream)))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The certificate that is there at the moment.
#[derive(Debug)]
struct Current(Arc<Inner>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().as_ref().map(|stored| Arc::clone(&stored.certified))
    }
}
