//! Where connections come from.

use std::{
    future::{Future, Ready, ready},
    io,
    net::SocketAddr,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

/// Takes connections, for [`serve_connections`](super::serve_connections).
pub trait Accept: Send {
    /// A connection that is open.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// The work that is left to open a connection, for example a TLS handshake. It is done apart from the other
    /// connections, within the time for the head of a request.
    type Opening: Future<Output = io::Result<Self::Io>> + Send + 'static;

    /// Waits for the next connection. Dropping the future loses none.
    fn accept(&mut self) -> impl Future<Output = io::Result<Self::Opening>> + Send;

    /// The address that it listens at.
    ///
    /// # Errors
    ///
    /// The reason why it can't be found out.
    fn address(&self) -> io::Result<SocketAddr>;
}

impl Accept for TcpListener {
    type Io = TcpStream;
    type Opening = Ready<io::Result<TcpStream>>;

    async fn accept(&mut self) -> io::Result<Self::Opening> {
        let (stream, _) = Self::accept(self).await?;
        // The end of an answer waits for nothing.
        let _ = stream.set_nodelay(true);
        Ok(ready(Ok(stream)))
    }

    fn address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }
}
