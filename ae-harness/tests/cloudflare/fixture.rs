//! Sites, keys and the deployer of the tests.

use std::{collections::BTreeSet, fs, path::Path};

use ae_core::{BackendError, Digest, IdempotencyKey, Mode, RunId, Runtime, Secret, Timestamp};
use ae_core_http::{Answer, Client, Limits, Request};
use ae_harness::{
    Bundle, Cloudflare, CloudflareConfig, DeployPlan, DeploySpec, Deployer, Function, NewSite, SecretReader,
    Site, conformance::deployer::Fetched,
};
use doubles::{cloudflare::Cloudflare as Simulator, server::Server};
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "token";
pub(crate) const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn key(step: &str) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"cloudflare")), step, "deploy", 0)
}

/// A site with `text` on its page, a page of its own for 404 and a binary file; two files have one content.
pub(crate) fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &[u8]| fs::write(folder.path().join(path), content).unwrap();
    write("index.html", format!("<!doctype html>{text}").as_bytes());
    write("about.html", b"about");
    write("404.html", b"lost");
    write("a.js", b"export const a = 1;\n");
    write("b.js", b"export const a = 1;\n");
    write("pixel.png", &[0x89, b'P', b'N', b'G', 0, 255, 254, 10]);
    folder
}

pub(crate) fn function() -> Function {
    let source = "export default async (request, env) => {\n  const body = request.method === \"POST\" ? await \
                  request.json() : null;\n  return Response.json({ tier: new URL(request.url).searchParams.get(\"tier\"), \
                  body, greeting: env.GREETING });\n};\n";
    Function::new("api/echo", source)
}

pub(crate) fn bundle(folder: &Path) -> Bundle {
    Bundle::scan(folder).unwrap().with_functions(vec![function()])
}

pub(crate) async fn planned(
    deployer: &dyn Deployer,
    bundle: &Bundle,
    site: &Site,
    env: BTreeSet<String>,
) -> DeployPlan {
    let spec = DeploySpec::new(site.id.clone(), &site.url).with_env(env);
    deployer.plan(bundle, &spec).await.unwrap()
}

/// A deployer of a process of its own.
pub(crate) fn deployer(server: &Server) -> Cloudflare {
    let secrets = SecretReader::new(async |handle| {
        assert_eq!(handle.as_str(), "site-key");
        Ok::<_, BackendError>(Secret::new("a-private-key".to_owned()))
    });
    let config = CloudflareConfig::new(Secret::new(TOKEN.to_owned()), ACCOUNT)
        .with_api_url(format!("{}/client/v4", server.url()))
        .with_mode(Mode::Test)
        .with_secrets(secrets);
    let start = Timestamp::from_second(1_790_000_000).unwrap();
    Cloudflare::new(config, Runtime::manual(start, 1)).unwrap()
}

/// A deployer in front of a simulator.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) deployer: Cloudflare,
    pub(crate) double: Simulator,
    pub(crate) server: Server,
}

impl Rig {
    pub(crate) fn start() -> Self {
        let double = Simulator::new(TOKEN, ACCOUNT);
        let server = Server::start(double.clone()).unwrap();
        Self { deployer: deployer(&server), double, server }
    }

    pub(crate) async fn site(&self) -> Site {
        let new = NewSite::new("csv-tidy".parse().unwrap(), &self.deployer.info());
        self.deployer.ensure_site(&key("site"), &new).await.unwrap()
    }

    /// The bodies of the uploads, as texts.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let seen = self.server.seen();
        let uploads = seen.iter().filter(|seen| seen.path.ends_with("/assets/upload"));
        uploads.map(|seen| String::from_utf8_lossy(&seen.body).into_owned()).collect()
    }
}

/// Asks an address below `localhost`, whatever the resolver of this machine knows.
pub(crate) async fn visited(url: &str) -> Answer {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let port = host.rsplit(':').next().unwrap();
    let client = Client::new("visitor", &format!("http://127.0.0.1:{port}"), Limits::default()).unwrap();
    let request = Request::get("visit", path.split('/')).with_header("host", host).unwrap();
    client.send(&request).await.unwrap()
}

pub(crate) fn fetch(url: &str) -> Fetched {
    let url = url.to_owned();
    Box::pin(async move {
        let answer = visited(&url).await;
        (answer.status(), answer.into_body())
    })
}
