//! Visiting a release before it goes live.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ae_core::Digest;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::{body::Incoming, client, server, service::service_fn};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::deploy::{
    release::Record,
    store::{RELEASE_PATH, respond_from},
};

/// How long the whole visit may take.
const VISIT_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves the release in `files` on a free loopback port and fetches it: `/` and every file answer 200 with exactly the
/// bytes of the record, a missing page answers 404, and the release says its own id.
pub(super) async fn check(files: &Path, record: &Arc<Record>) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| format!("no loopback port is free: {error}"))?;
    let address =
        listener.local_addr().map_err(|error| format!("the loopback port has no address: {error}"))?;
    let serving = tokio::spawn(serve_one(listener, files.to_path_buf(), Arc::clone(record)));
    // The server ends with this function, cancelled or not.
    let _server = AbortOnDrop(serving);
    timeout(VISIT_TIMEOUT, visit(address, record))
        .await
        .map_err(|_| format!("it did not answer within {} s", VISIT_TIMEOUT.as_secs()))?
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers one connection: the visitor's.
async fn serve_one(listener: TcpListener, files: PathBuf, record: Arc<Record>) {
    let Ok((stream, _)) = listener.accept().await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let response: Response<Bytes> = respond_from(&files, &record, request.uri().path(), known);
        async move { Ok::<_, Infallible>(response.map(Full::new)) }
    });
    // A broken connection shows at the visitor's end, with a reason.
    let _ = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn visit(address: SocketAddr, record: &Record) -> Result<(), String> {
    let stream =
        TcpStream::connect(address).await.map_err(|error| format!("it can't be reached: {error}"))?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| format!("it does not speak HTTP: {error}"))?;
    let _connection = AbortOnDrop(tokio::spawn(async move {
        // Its failure shows in the requests below.
        let _ = connection.await;
    }));
    let mut visitor = Visitor { sender: &mut sender, address };
    let said = visitor.get(RELEASE_PATH, StatusCode::OK).await?;
    if said != format!("{}\n", record.release).as_bytes() {
        return Err(format!("{RELEASE_PATH} does not name the new release"));
    }
    visitor.get("/", StatusCode::OK).await?;
    visitor.get("/no-such-page-of-this-release", StatusCode::NOT_FOUND).await?;
    for file in &record.files {
        let body = visitor.get(&format!("/{}", file.path), StatusCode::OK).await?;
        if Digest::from_bytes(Sha256::digest(&body).into()) != file.sha256 {
            return Err(format!("/{} answers other bytes than were planned", file.path));
        }
    }
    Ok(())
}

struct Visitor<'a> {
    sender: &'a mut client::conn::http1::SendRequest<Empty<Bytes>>,
    address: SocketAddr,
}

impl Visitor<'_> {
    async fn get(&mut self, path: &str, wanted: StatusCode) -> Result<Bytes, String> {
        let request = Request::get(path)
            .header(header::HOST, self.address.to_string())
            .body(Empty::new())
            .map_err(|error| format!("{path} is no address: {error}"))?;
        let failed = |error: hyper::Error| format!("GET {path} failed: {error}");
        self.sender.ready().await.map_err(failed)?;
        let response = self.sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        if status != wanted {
            return Err(format!("GET {path} answered {status}, not {wanted}"));
        }
        Ok(response.into_body().collect().await.map_err(failed)?.to_bytes())
    }
}
