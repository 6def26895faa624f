//! Sites: their addresses, their end, and that they are apart.

use ae_core::{ErrorKind, conformance::refused};

use super::*;

impl Suite<'_> {
    pub(super) async fn c10_removal_is_complete(&self) {
        let planned = self.planned("C10", "a").await;
        let live = self.deployed("C10", 0, &planned).await;
        for _ in 0..2 {
            held("C10", self.deployer.remove(&key("C10", 1), &live.site).await);
            refused("C10", self.deployer.status(&live.site, &live.id).await, ErrorKind::NotFound);
            if self.info.listing {
                let left = held("C10", self.deployer.list(&live.site).await);
                assert!(left.is_empty(), "C10: {left:?} is left");
            }
            self.shows_nothing("C10", &live.url).await;
        }
        let planned = self.planned("C10", "a").await;
        let again = self.deployed("C10", 2, &planned).await;
        if self.info.keys {
            held("C10", self.deployer.remove(&key("C10", 1), &live.site).await);
        }
        self.is_live("C10", &again, "a").await;
    }

    pub(super) async fn c11_sites_are_apart(&self) {
        let one = self.planned_for("C11", "c11-one", "a").await;
        let two = self.planned_for("C11", "c11-two", "a").await;
        let one = self.deployed("C11", 0, &one).await;
        let two = self.deployed("C11", 1, &two).await;
        self.is_live("C11", &one, "a").await;
        held("C11", self.deployer.remove(&key("C11", 2), &one.site).await);
        match self.deployer.status(&two.site, &two.id).await {
            Ok(_) => self.is_live("C11", &two, "a").await,
            Err(error) => panic!("C11: the other site is gone: {error:?}"),
        }
    }

    pub(super) async fn c13_a_site_has_an_address_before_it_has_pages(&self) {
        let new = NewSite::new(held("C13", "c13".parse::<SiteId>()), &self.info);
        let site = held("C13", self.deployer.ensure_site(&key("C13", 0), &new).await);
        let absolute = site.url.starts_with("http://") || site.url.starts_with("https://");
        assert!(absolute && site.url.ends_with('/'), "C13: {:?} is not an address", site.url);
        same("C13: the site that was asked for", &site.id, &new.site);
        self.shows_nothing("C13", &site.url).await;
        if self.info.listing {
            let listed = held("C13", self.deployer.list(&site.id).await);
            assert!(listed.is_empty(), "C13: {listed:?} is published");
        }
        for sequence in [0, 1] {
            let repeat = held("C13", self.deployer.ensure_site(&key("C13", sequence), &new).await);
            same("C13: a repeat", &repeat, &site);
        }
        let other = self.site("C13", "c13-other").await;
        assert!(other.url != site.url, "C13: two sites have the address {}", site.url);
        let planned = self.planned("C13", "a").await;
        let live = self.deployed("C13", 2, &planned).await;
        same("C13: it is published there", &live.url, &site.url);
        let repeat = held("C13", self.deployer.ensure_site(&key("C13", 0), &new).await);
        same("C13: a repeat", &repeat, &site);
        self.is_live("C13", &live, "a").await;
    }
}
