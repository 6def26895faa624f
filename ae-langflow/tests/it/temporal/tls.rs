//! Encrypted connections: a server behind a proxy that ends TLS.
#![allow(clippy::disallowed_methods, reason = "the test makes certificates with what is installed")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use ae_core::{ErrorKind, Secret};
use ae_langflow::temporal::{ConnectOptions, RunOptions, TemporalClient, TemporalError, TemporalWorker, Tls};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use super::{
    questions::asking,
    server::{Server, until, work},
};
use crate::support::{Log, done};

const KEY: &str = "a-key-that-must-not-go-in-the-clear";

/// A certificate authority and a certificate of it for `localhost`, as files `ca.crt`, `server.crt` and `server.key`.
const CERTIFICATES: &str = r#"
    cd "$1"
    key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl req -x509 $key -keyout ca.key -out ca.crt -subj /CN=tests -days 2 &&
    openssl req $key -keyout server.key -out server.csr -subj /CN=localhost &&
    echo subjectAltName=DNS:localhost >names &&
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt
"#;

fn certificates(folder: &Path) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", CERTIFICATES, "certificates"]).arg(folder);
    let made = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let made = made.is_ok_and(|status| status.success());
    let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(made || !required, "no certificates: install OpenSSL");
    if !made {
        eprintln!("skipped: OpenSSL is missing");
    }
    made
}

/// Takes connections, notes how each begins, and passes those that speak TLS on to the server. Its port.
async fn proxy(server: u16, folder: &Path, begins: &Arc<Mutex<Vec<Vec<u8>>>>) -> u16 {
    let certificates = CertificateDer::pem_file_iter(folder.join("server.crt")).unwrap();
    let certificates = certificates.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let begins = Arc::clone(begins);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (acceptor, begins) = (acceptor.clone(), Arc::clone(&begins));
            tokio::spawn(async move {
                let mut begin = vec![0; 4096];
                let length = client.peek(&mut begin).await.unwrap_or(0);
                begin.truncate(length);
                begins.lock().unwrap().push(begin);
                // Those that do not speak TLS, or do not trust us, are gone.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_over_an_encrypted_connection_and_a_key_never_over_a_plain_one() {
    let Some(server) = Server::shared().await else { return };
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        return;
    }
    let begins = Arc::default();
    let port = proxy(server.port(), folder.path(), &begins).await;
    let root = std::fs::read(folder.path().join("ca.crt")).unwrap();
    let trusting = || Tls::new().with_root_certificate(root.clone());
    let key = || Secret::new(KEY.to_owned());
    let connect = |options: ConnectOptions| TemporalClient::connect(options, "tls");

    let plain = format!("http://localhost:{port}");
    for options in [
        ConnectOptions::new(&plain).with_api_key(key()),
        ConnectOptions::new(&plain).with_tls(trusting()),
        ConnectOptions::new(&plain).with_tls(trusting()).with_api_key(key()),
    ] {
        let refused = connect(options).await.unwrap_err();
        let TemporalError::Server(error) = &refused else { panic!("{refused:?}") };
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(
            refused.to_string().contains("use https://") && !refused.to_string().contains(KEY),
            "{refused}"
        );
    }
    assert_eq!(begins.lock().unwrap().len(), 0, "nothing was sent at all");

    let encrypted = format!("https://localhost:{port}");
    for options in [
        ConnectOptions::new(&encrypted),
        ConnectOptions::new(&encrypted).with_api_key(key()),
        ConnectOptions::new(format!("localhost:{port}")).with_api_key(key()),
    ] {
        // The operating system does not trust the authority of this test.
        let refused = format!("{:?}", connect(options).await.unwrap_err());
        assert!(refused.contains("UnknownIssuer"), "{refused}");
    }

    let graph = asking(0);
    for (thread, options) in [
        ("tls-1", ConnectOptions::new(&encrypted).with_tls(trusting())),
        ("tls-2", ConnectOptions::new(&encrypted).with_tls(trusting()).with_api_key(key())),
        ("tls-3", ConnectOptions::new(format!("localhost:{port}")).with_tls(trusting()).with_api_key(key())),
    ] {
        let client = connect(options.with_identity("test")).await.unwrap();
        client.start(&graph, thread, Log::default(), &RunOptions::new()).await.unwrap();
        let worker = work(TemporalWorker::new(&client).graph(&graph));
        until("it asks", || async {
            client.state::<Log>(thread).await.ok().filter(|standing| !standing.questions.is_empty())
        })
        .await;
        let answer = super::questions::answer("send it?", &serde_json::json!(thread));
        client.answer(thread, vec![answer]).await.unwrap();
        assert_eq!(done(client.result::<Log>(thread).await.unwrap()).log, [thread]);
        worker.stop().await;
    }
    let begins = begins.lock().unwrap();
    assert!(begins.len() >= 6 && begins.iter().all(|begin| begin.first() == Some(&22)), "a handshake each");
    let seen = begins.iter().any(|begin| begin.windows(KEY.len()).any(|bytes| bytes == KEY.as_bytes()));
    assert!(!seen, "the key is in none of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_connection_needs_neither_key_nor_scheme() {
    let Some(server) = Server::shared().await else { return };
    for address in [format!("http://127.0.0.1:{}", server.port()), format!("127.0.0.1:{}", server.port())] {
        let client = TemporalClient::connect(ConnectOptions::new(address), "plain").await.unwrap();
        let missing = client.cancel("plain", "").await;
        assert!(matches!(missing, Err(TemporalError::ThreadNotFound { .. })), "{missing:?}");
    }
}
