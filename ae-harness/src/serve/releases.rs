//! A server of releases.

use std::{convert::Infallible, fmt, future::Future, sync::Arc};

use ae_core::{BackendError, ErrorKind, Runtime};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, service::service_fn};

use super::{Accept, ConnectionLimits, body::Whole, serve_connections};
use crate::{ReleaseStore, SiteId};

const NAME: &str = "releases server";

type SiteOf = dyn Fn(&str) -> Option<SiteId> + Send + Sync;

/// How releases are served.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The limits on clients.
    pub limits: ConnectionLimits,
    /// Whether an address that other machines can reach is served too.
    pub public: bool,
    site_of: Arc<SiteOf>,
}

impl ServeOptions {
    /// The default limits, to this machine alone, with `csv-tidy.localhost` for the site `csv-tidy`.
    pub fn new() -> Self {
        let of_localhost = |host: &str| host.strip_suffix(".localhost")?.parse().ok();
        Self { limits: ConnectionLimits::new(), public: false, site_of: Arc::new(of_localhost) }
    }

    /// Sets which site a host name stands for: in lower case, without a port. A request for a name without a site is
    /// refused, so that another origin's page that points its own name here gets nothing.
    #[must_use]
    pub fn with_hosts(mut self, site_of: impl Fn(&str) -> Option<SiteId> + Send + Sync + 'static) -> Self {
        self.site_of = Arc::new(site_of);
        self
    }
}

ae_core::setters! { ServeOptions {
    /// Sets the limits on clients.
    fn with_limits(limits: ConnectionLimits);
    /// Allows an address that other machines can reach.
    fn with_public(public = true);
} }

impl Default for ServeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limits, public, .. } = self;
        f.debug_struct("ServeOptions").field("limits", limits).field("public", public).finish_non_exhaustive()
    }
}

/// Serves the live releases of `store` to the connections of `listener` until `stop` completes, and then until every answer
/// that is under way has ended or the grace is over.
///
/// Each answer is that of [`ReleaseStore::respond`]: whole, from one release, also while a deployer switches. Methods other
/// than GET and HEAD are refused.
///
/// It needs a Tokio runtime.
///
/// # Errors
///
/// `PermissionDenied` when other machines can reach the address and the options do not allow it.
///
/// # Example
///
/// ```no_run
/// use ae_harness::core::Runtime;
/// use ae_harness::{ReleaseStore, ServeOptions, serve_releases};
///
/// # async fn try_it() -> Result<(), Box<dyn std::error::Error>> {
/// let store = ReleaseStore::open("/var/lib/sites")?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:4180").await?;
/// let stop = async { /* … */ };
/// serve_releases(store, listener, ServeOptions::new(), &Runtime::system(), stop).await?;
/// # Ok(()) }
/// ```
pub async fn serve_releases(
    store: ReleaseStore,
    listener: impl Accept,
    options: ServeOptions,
    runtime: &Runtime,
    stop: impl Future<Output = ()>,
) -> Result<(), BackendError> {
    check_reach(&listener, options.public)?;
    let (limits, site_of) = (options.limits, options.site_of);
    let app = service_fn(move |request: Request<Incoming>| {
        let (store, site) = (store.clone(), host(&request).and_then(|host| site_of(&host)));
        async move { Ok::<_, Infallible>(answer(store, site, request).await.map(Whole::new)) }
    });
    serve_connections(listener, app, limits, Arc::clone(&runtime.sleeper), stop).await;
    Ok(())
}

/// Refuses an address that other machines can reach, unless that is allowed.
pub(super) fn check_reach(listener: &impl Accept, public: bool) -> Result<(), BackendError> {
    let address = listener.address().map_err(|cause| {
        let message = "the socket has no address: bind it first";
        BackendError::new(ErrorKind::InvalidInput, NAME, "serve", message).with_source(cause)
    })?;
    if public || address.ip().is_loopback() {
        return Ok(());
    }
    let message =
        format!("{address} can be reached from other machines: bind a loopback address, or allow it");
    Err(BackendError::new(ErrorKind::PermissionDenied, NAME, "serve", message))
}

async fn answer(store: ReleaseStore, site: Option<SiteId>, request: Request<Incoming>) -> Response<Bytes> {
    let Some(site) = site else {
        return refused(StatusCode::MISDIRECTED_REQUEST, "This server does not answer to that name.\n");
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = refused(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    // Files are read and hashed: not where connections wait for each other.
    let reading = tokio::task::spawn_blocking(move || {
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        store.respond(&site, request.uri().path(), known)
    });
    let down = |_| refused(StatusCode::SERVICE_UNAVAILABLE, "This server is stopping.\n");
    reading.await.unwrap_or_else(down)
}

fn refused(status: StatusCode, why: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(why.as_bytes()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The host name that a request is for, in lower case and without its port; a request that names two is for none.
pub(super) fn host<B>(request: &Request<B>) -> Option<String> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => only_host(request.headers())?,
    };
    let has_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let name = authority.rsplit_once(':').map_or(
        authority,
        |(name, port)| {
            if has_port(port) { name } else { authority }
        },
    );
    Some(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase())
}

fn only_host(headers: &HeaderMap) -> Option<&str> {
    let mut named = headers.get_all(header::HOST).iter();
    let (first, second) = (named.next(), named.next());
    first.filter(|_| second.is_none())?.to_str().ok()
}
