//! A small simulator of Netlify: sites of one account, deployments by digests, drafts and switches. It serves what was
//! deployed at `http://<site>.localhost:<port>/`.

#![allow(clippy::indexing_slicing, reason = "a simulator for tests: a defect of its own may end it")]

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use crate::server::{Faults, Handler, Reply, Seen, Server};

/// The running simulator. It knows one token and one account.
#[derive(Debug)]
pub struct Netlify {
    server: Server,
    shared: Shared,
}

impl Netlify {
    /// The token that it accepts.
    pub const TOKEN: &str = "simulated-netlify-token";
    /// The account that it has.
    pub const ACCOUNT: &str = "simulated";

    /// Starts it on `port`, 0 for a free one.
    pub fn start(port: u16) -> io::Result<Self> {
        let shared = Shared::default();
        let own = shared.clone();
        let server = Server::start_with(port, move |url| {
            own.lock().port = url.rsplit(':').next().unwrap_or_default().to_owned();
            own
        })?;
        Ok(Self { server, shared })
    }

    /// The address of its API.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.server.seen()
    }

    /// Its faults.
    pub const fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Lets the next `count` deployments fail.
    pub fn fail_deploys(&self, count: u32) {
        self.shared.lock().failing = count;
    }

    /// Makes a site by other means: of this account, or of another customer.
    pub fn make_site(&self, name: &str, is_ours: bool) {
        let mut state = self.shared.lock();
        let id = state.id("site");
        state.sites.push(Site { id, name: name.to_owned(), mark: None, is_ours, live: None });
    }

    /// The names of the sites of the account.
    pub fn sites(&self) -> Vec<String> {
        self.shared.lock().sites.iter().filter(|one| one.is_ours).map(|one| one.name.clone()).collect()
    }

    /// The number of deployments, whatever their state.
    pub fn deployments(&self) -> usize {
        self.shared.lock().deploys.len()
    }
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct State {
    port: String,
    numbers: u64,
    failing: u32,
    files: BTreeMap<String, Bytes>,
    sites: Vec<Site>,
    deploys: Vec<Deploy>,
}

#[derive(Debug)]
struct Site {
    id: String,
    name: String,
    mark: Option<String>,
    is_ours: bool,
    live: Option<String>,
}

#[derive(Debug)]
struct Deploy {
    id: String,
    number: u64,
    site: String,
    state: &'static str,
    title: String,
    is_draft: bool,
    fails: bool,
    files: BTreeMap<String, String>,
}

#[async_trait]
impl Handler for Shared {
    async fn answer(&self, request: &Seen) -> Reply {
        let host = request.header("host");
        let mut state = self.lock();
        if host.split(':').next().unwrap_or_default().ends_with(".localhost") {
            return state.visit(host, request);
        }
        if request.bearer() != Netlify::TOKEN {
            return refused(401, "Access Denied");
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().skip(2).map(String::as_str).collect();
        state.call(request, &segments)
    }
}

fn refused(code: u16, message: &str) -> Reply {
    Reply::json(code, &json!({ "code": code, "message": message }))
}

impl State {
    fn id(&mut self, kind: &str) -> String {
        self.numbers += 1;
        format!("{kind}-simulated-{:06}", self.numbers)
    }

    fn call(&mut self, request: &Seen, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", ["accounts"]) => Reply::json(200, &json!([{ "id": "1", "slug": Netlify::ACCOUNT }])),
            ("GET", [Netlify::ACCOUNT, "sites"]) => {
                let name = request.param("name").unwrap_or_default();
                let listed = self.sites.iter().filter(|one| one.is_ours && one.name.contains(&name));
                Reply::json(200, &listed.map(|one| self.shown_site(one)).collect())
            }
            ("POST", [Netlify::ACCOUNT, "sites"]) => self.create_site(&request.json()),
            ("PUT", ["deploys", id, "files", path @ ..]) => self.upload(id, &path.join("/"), &request.body),
            (_, ["sites", id, ..]) => match self.sites.iter().position(|one| one.is_ours && one.id == *id) {
                Some(at) => self.of_site(request, at, segments.get(2..).unwrap_or_default()),
                None => refused(404, "Not Found"),
            },
            _ => refused(404, "The simulator has no such call"),
        }
    }

    fn create_site(&mut self, body: &Value) -> Reply {
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        if self.sites.iter().any(|one| one.name == name) {
            return Reply::json(422, &json!({ "errors": { "subdomain": ["must be unique"] } }));
        }
        let (id, mark) = (self.id("site"), body["session_id"].as_str().map(str::to_owned));
        let site = Site { id, name, mark, is_ours: true, live: None };
        let shown = self.shown_site(&site);
        self.sites.push(site);
        Reply::json(201, &shown)
    }

    fn shown_site(&self, one: &Site) -> Value {
        json!({ "id": one.id, "name": one.name, "session_id": one.mark, "ssl_url": "",
            "url": format!("http://{}.localhost:{}", one.name, self.port), "account_slug": Netlify::ACCOUNT,
            "published_deploy": one.live.as_ref().map(|id| json!({ "id": id })) })
    }

    fn of_site(&mut self, request: &Seen, at: usize, rest: &[&str]) -> Reply {
        let site = self.sites[at].id.clone();
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::json(200, &self.shown_site(&self.sites[at])),
            ("DELETE", []) => {
                self.sites.remove(at);
                self.deploys.retain(|one| one.site != site);
                Reply::new(204, "text/plain", "")
            }
            ("POST", ["deploys"]) => self.create_deploy(request, site),
            ("GET", ["deploys"]) => {
                let number = |name: &str| request.param(name).and_then(|text| text.parse::<usize>().ok());
                let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(100));
                let all = self.deploys.iter().rev().filter(|one| one.site == site);
                let page = all.skip((page.max(1) - 1) * size).take(size);
                Reply::json(200, &page.map(|one| self.shown(one)).collect())
            }
            ("GET", ["deploys", id]) => {
                match self.deploys.iter().position(|one| one.site == site && one.id == *id) {
                    Some(found) => {
                        self.advance(found, at);
                        Reply::json(200, &self.shown(&self.deploys[found]))
                    }
                    None => refused(404, "Not Found"),
                }
            }
            ("POST", ["deploys", id, "restore"]) => {
                match self.deploys.iter().find(|one| one.site == site && one.id == *id) {
                    Some(one) if one.state == "ready" => {
                        let shown = self.shown(one);
                        self.sites[at].live = Some((*id).to_owned());
                        Reply::json(201, &shown)
                    }
                    Some(_) => refused(422, "The deploy is not ready"),
                    None => refused(404, "Not Found"),
                }
            }
            _ => refused(404, "The simulator has no such call"),
        }
    }

    fn create_deploy(&mut self, request: &Seen, site: String) -> Reply {
        let body = request.json();
        let files = body["files"].as_object().into_iter().flatten();
        let files: BTreeMap<String, String> = files
            .map(|(path, sha)| {
                (path.trim_start_matches('/').to_owned(), sha.as_str().unwrap_or_default().to_owned())
            })
            .collect();
        let deploy = Deploy {
            id: self.id("deploy"),
            number: self.numbers,
            site,
            state: "uploading",
            title: request.param("title").unwrap_or_default(),
            is_draft: body["draft"] == true,
            fails: self.failing > 0,
            files,
        };
        self.failing = self.failing.saturating_sub(1);
        let shown = self.shown(&deploy);
        self.deploys.push(deploy);
        Reply::json(200, &shown)
    }

    fn missing(&self, one: &Deploy) -> Vec<String> {
        let mut missing: Vec<String> =
            one.files.values().filter(|sha| !self.files.contains_key(*sha)).cloned().collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// A deployment goes on with each look at it.
    fn advance(&mut self, found: usize, site: usize) {
        let lacks = !self.missing(&self.deploys[found]).is_empty();
        let one = &mut self.deploys[found];
        match one.state {
            "uploading" if !lacks => one.state = "processing",
            "processing" if one.fails => one.state = "error",
            "processing" => {
                one.state = "ready";
                if !one.is_draft {
                    self.sites[site].live = Some(one.id.clone());
                }
            }
            _ => {}
        }
    }

    fn shown(&self, one: &Deploy) -> Value {
        let own = format!("http://{}.localhost:{}", one.id, self.port);
        json!({ "id": one.id, "site_id": one.site, "state": one.state, "title": one.title, "draft": one.is_draft,
            "required": self.missing(one), "deploy_url": own, "deploy_ssl_url": "",
            "created_at": format!("2026-01-01T00:{:02}:{:02}.000Z", one.number / 60 % 60, one.number % 60),
            "error_message": (one.state == "error").then_some("the simulator lets this one fail") })
    }

    fn upload(&mut self, id: &str, path: &str, body: &Bytes) -> Reply {
        let sha = digest(&SHA1_FOR_LEGACY_USE_ONLY, body);
        let sha: String = sha.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        match self.deploys.iter().find(|one| one.id == id).and_then(|one| one.files.get(path)) {
            Some(wanted) if *wanted == sha => {
                self.files.insert(sha.clone(), body.clone());
                Reply::json(200, &json!({ "id": path, "path": path, "sha": sha, "size": body.len() }))
            }
            Some(_) => refused(422, "The digest is another one"),
            None => refused(404, "Not Found"),
        }
    }

    fn visit(&self, host: &str, request: &Seen) -> Reply {
        let name = host.split('.').next().unwrap_or_default();
        let own = self.deploys.iter().find(|one| one.id == name && one.state == "ready");
        let live = || {
            let id = self.sites.iter().find(|one| one.name == name)?.live.as_ref()?;
            self.deploys.iter().find(|one| one.id == *id)
        };
        let Some(deploy) = own.or_else(live) else {
            return Reply::new(404, "text/plain", "Not Found - simulator\n");
        };
        let path = request.segments().join("/");
        let index = if path.is_empty() { "index.html".to_owned() } else { format!("{path}/index.html") };
        let names = [path.clone(), index, format!("{path}.html")];
        let content = |name: &String| deploy.files.get(name).and_then(|sha| self.files.get(sha)).cloned();
        let found = names.iter().filter(|name| *name != "_headers").find_map(content);
        let mut reply = match found {
            Some(content) => Reply::html(200, content),
            None => Reply::html(404, content(&"404.html".to_owned()).unwrap_or_default()),
        };
        let headers = content(&"_headers".to_owned()).unwrap_or_default();
        for line in String::from_utf8_lossy(&headers).lines().skip(1) {
            if let Some((name, value)) = line.trim().split_once(": ") {
                reply = reply.with_header(name, value);
            }
        }
        reply
    }
}
