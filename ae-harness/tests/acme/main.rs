//! Certificates from a real authority on this machine: Debian's `pebble`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod pebble;

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use ae_core::{Digest, ErrorKind, IdempotencyKey, RunId, Runtime, Timestamp};
use ae_harness::{
    AcmeOptions, Bundle, Certificates, ConnectionLimits, DeploySpec, Deployer, Domain, LocalDeployer,
    ReleaseStore, ServeOptions, SiteId, serve_releases,
};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::pebble::Pebble;

fn names() -> Vec<Domain> {
    ["shop.example", "www.shop.example"].map(|name| name.parse().unwrap()).to_vec()
}

async fn connect(address: SocketAddr, root: &[u8], name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    let root = <CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(root).unwrap();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

async fn get(
    mut io: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    host: &str,
    path: &str,
) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    io.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let _ = io.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

/// The folder of a store with one site.
async fn published(root: &std::path::Path) -> ReleaseStore {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "for sale").unwrap();
    let local = LocalDeployer::open(root, Runtime::system()).unwrap();
    let bundle = Bundle::scan(folder.path()).unwrap();
    let spec = DeploySpec::new("shop".parse::<SiteId>().unwrap(), "https://shop.example/");
    let plan = local.plan(&bundle, &spec).await.unwrap();
    let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
    local.deploy(&IdempotencyKey::derive(run, "test", "deploy", 0), &plan, &bundle).await.unwrap();
    ReleaseStore::open(root).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_had_used_kept_and_renewed() {
    let challenges = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = challenges.local_addr().unwrap();
    let Some(pebble) = Pebble::start(http.port()).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let open = |runtime: Runtime| {
        let options = AcmeOptions::agreeing_to_the_terms_of(pebble.directory())
            .with_contact("admin@shop.example")
            .with_root(pebble.root());
        Certificates::open(folder.path().join("tls"), names(), options, runtime).unwrap()
    };
    let certificates = open(Runtime::system());
    assert_eq!(certificates.expires_at(), None);
    let answering = certificates.clone();
    tokio::spawn(async move {
        answering.serve_challenges(challenges, ConnectionLimits::new(), std::future::pending()).await;
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let https = listener.local_addr().unwrap();
    let secure = certificates.secure(listener).unwrap();
    let sites = tempfile::tempdir().unwrap();
    let store = published(sites.path()).await;
    let options = ServeOptions::new()
        .with_hosts(|host| host.ends_with("shop.example").then(|| "shop".parse().unwrap()));
    tokio::spawn(async move {
        serve_releases(store, secure, options, &Runtime::system(), std::future::pending()).await.unwrap();
    });
    let before = connect(https, &fs::read(pebble.root()).unwrap(), "shop.example").await;
    assert!(before.is_err(), "without a certificate there is no handshake");

    let until = certificates.ensure().await.unwrap();
    assert_eq!(certificates.expires_at(), Some(until));
    let issuer = pebble.issuer().await;
    for name in ["shop.example", "www.shop.example"] {
        let io = connect(https, issuer.as_bytes(), name).await.unwrap();
        let answer = get(io, name, "/").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("for sale"), "{answer}");
    }
    assert!(connect(https, issuer.as_bytes(), "other.example").await.is_err(), "it is for no other name");

    let moved = get(TcpStream::connect(http).await.unwrap(), "shop.example", "/a?b=c").await;
    assert!(moved.contains("location: https://shop.example/a?b=c\r\n"), "{moved}");
    for (host, path, status) in
        [("evil.example", "/", "421"), ("shop.example", "/.well-known/acme-challenge/unknown", "404")]
    {
        let answer = get(TcpStream::connect(http).await.unwrap(), host, path).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }

    private(&folder.path().join("tls"));
    assert_eq!(certificates.ensure().await.unwrap(), until, "a good certificate is left alone");
    assert_eq!(open(Runtime::system()).ensure().await.unwrap(), until, "after a restart too");
    let account = fs::read(folder.path().join("tls/account.json")).unwrap();

    // A server whose answers the authority does not get: it has no other certificate, and keeps the old one.
    let kept = fs::read(folder.path().join("tls/certificate.pem")).unwrap();
    let late = Timestamp::from_second(until.as_second() - 3600).unwrap();
    let later = Certificates::open(
        folder.path().join("tls"),
        names(),
        AcmeOptions::agreeing_to_the_terms_of(pebble.directory()).with_root(pebble.root()),
        Runtime::new(ae_core::ManualClock::at(late), ae_core::SystemSleeper, ae_core::SystemIds),
    )
    .unwrap();
    let error = later.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(fs::read(folder.path().join("tls/certificate.pem")).unwrap(), kept, "the old one stays");
    assert_eq!(fs::read(folder.path().join("tls/account.json")).unwrap(), account);
}

#[cfg(unix)]
fn private(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    for file in ["account.json", "certificate.pem"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_in_its_last_third() {
    let challenges = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let Some(pebble) = Pebble::start(challenges.local_addr().unwrap().port()).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let clock = ae_core::ManualClock::at(ae_core::Runtime::system().now());
    let runtime = Runtime::new(clock.clone(), ae_core::SystemSleeper, ae_core::SystemIds);
    let options = AcmeOptions::agreeing_to_the_terms_of(pebble.directory()).with_root(pebble.root());
    let certificates = Certificates::open(folder.path(), names(), options, runtime).unwrap();
    let answering = certificates.clone();
    tokio::spawn(async move {
        answering.serve_challenges(challenges, ConnectionLimits::new(), std::future::pending()).await;
    });
    certificates.ensure().await.unwrap();
    let file = folder.path().join("certificate.pem");
    let (first, until) = (fs::read(&file).unwrap(), certificates.expires_at().unwrap());
    let life = until.as_second() - Runtime::system().now().as_second();
    for (passed, renewed) in [(life / 2, false), (life * 3 / 4, true)] {
        let now = until.as_second() - life + passed;
        clock.set(Timestamp::from_second(now).unwrap());
        certificates.ensure().await.unwrap();
        assert_eq!(
            fs::read(&file).unwrap() != first,
            renewed,
            "after {:?}",
            Duration::from_secs(passed.unsigned_abs())
        );
    }
}

#[test]
fn a_damaged_certificate_is_refused_and_other_names_need_another() {
    let folder = tempfile::tempdir().unwrap();
    let open = |names| {
        let options = AcmeOptions::agreeing_to_the_terms_of("https://127.0.0.1:1/dir");
        Certificates::open(folder.path(), names, options, Runtime::system())
    };
    assert_eq!(open(Vec::new()).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(open(names()).unwrap().expires_at(), None);
    for damaged in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(folder.path().join("certificate.pem"), damaged).unwrap();
        let error = open(names()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("certificate.pem")).unwrap(), damaged);
    }
}
