//! Abilities that a host may have, and what it says when it lacks them.

use std::collections::BTreeSet;

use ae_core::{ErrorKind, conformance::refused};

use super::*;
use crate::deploy::{DeployTarget, EnvValue, EnvVar, Function};

const FUNCTION: &str = "export default async () => new Response('ok')";

impl Suite<'_> {
    pub(super) async fn c14_variables_are_set_apart(&self) {
        let planned = self.planned("C14", "a").await;
        let live = self.deployed("C14", 0, &planned).await;
        let plain = |name: &str| EnvVar::new(name, EnvValue::Plain("test".to_owned()));
        let mut env = vec![plain("AE_CONFORMANCE"), plain("AE_CONFORMANCE_2")];
        if let Some((handle, _)) = &self.means.secret {
            env.push(EnvVar::new("AE_CONFORMANCE_KEY", EnvValue::Secret(handle.clone())));
        }
        for sequence in [1, 1, 2] {
            held("C14", self.deployer.set_env(&key("C14", sequence), &live.site, &env).await);
        }
        env.push(EnvVar::new("not a name", EnvValue::Plain("plain-value-7".to_owned())));
        let answer = self.deployer.set_env(&key("C14", 3), &live.site, &env).await;
        let error = format!("{:?}", refused("C14", answer, ErrorKind::InvalidInput));
        let secret = self.means.secret.as_ref().map(|(_, secret)| secret.expose().as_str());
        for value in std::iter::once("plain-value-7").chain(secret) {
            assert!(!error.contains(value), "C14: the error holds a value");
        }
        self.is_live("C14", &live, "a").await;
    }

    pub(super) async fn c15_a_domain_is_of_one_site(&self) {
        let ours = || "ae-conformance.example".parse::<Domain>();
        let domain = self.means.domain.clone().unwrap_or_else(|| held("C15", ours()));
        let (one, two) = (self.site("C15", "c15").await, self.site("C15", "c15-other").await);
        let first = held("C15", self.deployer.ensure_domain(&key("C15", 0), &one.id, &domain).await);
        same("C15: the domain that was asked for", &first.domain, &domain);
        let ready = first.verified && first.resolves;
        assert!(ready || !first.needed.is_empty(), "C15: {domain} is not ready and nothing is missing");
        for sequence in [0, 1] {
            let repeat = self.deployer.ensure_domain(&key("C15", sequence), &one.id, &domain).await;
            same("C15: a repeat", &held("C15", repeat), &first);
        }
        let stolen = self.deployer.ensure_domain(&key("C15", 2), &two.id, &domain).await;
        refused("C15", stolen, ErrorKind::Conflict);
    }

    pub(super) async fn c16_what_is_not_announced_is_refused(&self) {
        let site = self.site("C16", "c16").await;
        let folder = self.folder("c16", "a");
        let bundle = held("C16", Bundle::scan(&folder));
        let spec = DeploySpec::new(site.id, site.url);
        let with_function = bundle.clone().with_functions(vec![Function::new("api/test", FUNCTION)]);
        let named = spec.clone().with_env(BTreeSet::from(["AE_CONFORMANCE".to_owned()]));
        let preview = spec.clone().with_target(DeployTarget::Preview);
        for (announced, bundle, spec) in [
            (self.info.functions, &with_function, &spec),
            (self.info.env, &bundle, &named),
            (self.info.previews, &bundle, &preview),
        ] {
            if !announced {
                refused("C16", self.deployer.plan(bundle, spec).await, ErrorKind::Unsupported);
            }
        }
        if self.info.needs_index {
            fs::remove_file(folder.join("index.html")).expect("the scratch folder can be written");
            let without = held("C16", Bundle::scan(&folder));
            refused("C16", self.deployer.plan(&without, &spec).await, ErrorKind::InvalidInput);
        }
    }

    pub(super) async fn c17_a_preview_is_apart(&self) {
        let planned = self.planned("C17", "a").await;
        let live = self.deployed("C17", 0, &planned).await;
        let bundle = held("C17", Bundle::scan(&self.folder("c17", "b")));
        let spec = DeploySpec::new(live.site.clone(), live.url.clone()).with_target(DeployTarget::Preview);
        let plan = held("C17", self.deployer.plan(&bundle, &spec).await);
        let preview = self.deployed("C17", 1, &(plan, bundle)).await;
        let said = (preview.state, preview.active, preview.url != live.url);
        same("C17: ready, not active, elsewhere", &said, &(DeploymentStatus::Ready, false, true));
        self.shows("C17", &preview.url, &page("c17", "b")).await;
        self.is_live("C17", &live, "a").await;
    }
}
