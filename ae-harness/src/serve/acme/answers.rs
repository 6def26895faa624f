//! The server at port 80: answers for the authority, and the way to HTTPS for all others.

use std::{convert::Infallible, future::Future, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::{body::Incoming, service::service_fn};

use super::{Certificates, Inner};
use crate::serve::{Accept, ConnectionLimits, body::Whole, releases::host, serve_connections};

const CHALLENGES: &str = "/.well-known/acme-challenge/";

impl Certificates {
    /// Answers the authority's questions at `listener`, and sends visitors of the names to HTTPS, until `stop` completes. The
    /// listener is reached at port 80 of the names.
    pub async fn serve_challenges(
        &self,
        listener: impl Accept,
        limits: ConnectionLimits,
        stop: impl Future<Output = ()>,
    ) {
        let inner = Arc::clone(&self.inner);
        let app = service_fn(move |request: Request<Incoming>| {
            let answer = inner.answer(&request).map(Whole::new);
            async move { Ok::<_, Infallible>(answer) }
        });
        serve_connections(listener, app, limits, Arc::clone(&self.inner.runtime.sleeper), stop).await;
    }
}

impl Inner {
    fn answer<B>(&self, request: &Request<B>) -> Response<Bytes> {
        let answer = |status: StatusCode, text: String| {
            let mut response = Response::new(Bytes::from(text));
            *response.status_mut() = status;
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        };
        if let Some(token) = request.uri().path().strip_prefix(CHALLENGES) {
            return match self.challenges().get(token) {
                Some(text) => answer(StatusCode::OK, text.clone()),
                None => answer(StatusCode::NOT_FOUND, "Not found.\n".to_owned()),
            };
        }
        let known = host(request).filter(|host| self.names.iter().any(|name| name.as_str() == host));
        let Some(host) = known else {
            let text = "This server does not answer to that name.\n".to_owned();
            return answer(StatusCode::MISDIRECTED_REQUEST, text);
        };
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let mut response = answer(StatusCode::PERMANENT_REDIRECT, "Moved.\n".to_owned());
        if let Ok(target) = HeaderValue::from_str(&format!("https://{host}{path}")) {
            response.headers_mut().insert(header::LOCATION, target);
        }
        response
    }
}
