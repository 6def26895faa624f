//! Sites, keys and deployers of the tests.

use std::{fs, path::Path};

use ae_core::{BackendError, Cancel, Digest, IdempotencyKey, Mode, RunId, Runtime, Secret, Timestamp};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, Function, NewSite, ReadyWait, SecretReader, Site, SiteId,
    Vercel, VercelConfig,
};
use tempfile::TempDir;

/// A key for `step`.
pub(crate) fn key(step: &str) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"hosts")), step, "deploy", 0)
}

/// Time that is slept through at once.
pub(crate) fn manual() -> Runtime {
    Runtime::manual(Timestamp::from_second(1_790_000_000).unwrap(), 1)
}

pub(crate) fn site() -> SiteId {
    "csv-tidy".parse().unwrap()
}

/// A site that answers with `text` and has a page, a script, its own 404 and a binary file.
pub(crate) fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("index.html", format!("<!doctype html><title>Site</title><p>{text}").as_bytes());
    write("pricing.html", b"<!doctype html><title>Prices</title>");
    write("thanks/index.html", b"<!doctype html><title>Thanks</title>");
    write("404.html", b"<!doctype html><title>Missing</title>");
    write("assets/app.js", b"export const a = 1;\n");
    write("assets/again.js", b"export const a = 1;\n");
    write("assets/pixel.png", &[0x89, b'P', b'N', b'G', 0, 255, 254, 10]);
    folder
}

pub(crate) fn function() -> Function {
    let source = "export default async (request, env) => {\n  const body = request.method === \"POST\" ? await \
                  request.json() : null;\n  const { searchParams } = new URL(request.url);\n  return \
                  Response.json({ method: request.method, tier: searchParams.get(\"tier\"), body, greeting: \
                  env.GREETING, key: env.SITE_KEY?.length ?? 0 });\n};\n";
    Function::new("api/echo", source)
}

pub(crate) fn bundle(folder: &Path) -> Bundle {
    Bundle::scan(folder).unwrap().with_functions(vec![function()])
}

/// A deployer for the simulator at `url`, which can read one secret.
pub(crate) fn vercel(url: &str, runtime: Runtime) -> Vercel {
    let token = Secret::new(doubles::vercel::Vercel::TOKEN.to_owned());
    let secrets = SecretReader::new(async |handle| {
        assert_eq!(handle.as_str(), "site-key");
        Ok::<_, BackendError>(Secret::new("a-private-key".to_owned()))
    });
    let config = VercelConfig::new(token, doubles::vercel::Vercel::TEAM)
        .with_api_url(url)
        .with_mode(Mode::Test)
        .with_secrets(secrets);
    Vercel::new(config, runtime).unwrap()
}

pub(crate) async fn made(deployer: &dyn Deployer) -> Site {
    deployer.ensure_site(&key("site"), &NewSite::new(site(), &deployer.info())).await.unwrap()
}

pub(crate) async fn planned(deployer: &dyn Deployer, bundle: &Bundle, site: &Site) -> DeployPlan {
    deployer.plan(bundle, &DeploySpec::new(site.id.clone(), &site.url)).await.unwrap()
}

pub(crate) fn wait(runtime: &Runtime) -> ReadyWait {
    ReadyWait::new(runtime.clone(), Cancel::new())
}
