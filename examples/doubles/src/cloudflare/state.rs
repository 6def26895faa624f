//! The state of the account.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A file by its hash: its type and its content.
pub(super) type File = (String, Vec<u8>);

#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) annotations: Value,
    /// The hashes of its files by their paths.
    pub(super) files: BTreeMap<String, String>,
    pub(super) config: Value,
    pub(super) modules: Vec<(String, String)>,
}

impl Version {
    pub(super) fn shown(&self) -> Value {
        let (hour, rest) = (self.number / 3600, self.number % 3600);
        let created = format!("2026-11-01T{hour:02}:{:02}:{:02}Z", rest / 60, rest % 60);
        json!({
            "id": self.id, "number": self.number, "metadata": { "created_on": created, "source": "api" },
            "annotations": self.annotations,
        })
    }

    fn is_release(&self) -> bool {
        self.annotations["workers/tag"].is_string()
    }
}

#[derive(Debug, Clone)]
pub(super) struct Switch {
    pub(super) version: String,
    pub(super) annotations: Value,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) tags: Vec<String>,
    /// Oldest first.
    pub(super) versions: Vec<Version>,
    /// Oldest first.
    pub(super) switches: Vec<Switch>,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) enabled: bool,
}

impl Script {
    pub(super) fn active(&self) -> Option<&Version> {
        let id = &self.switches.last()?.version;
        self.versions.iter().find(|version| version.id == *id)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: String,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) token: String,
    pub(super) account: String,
    pub(super) scripts: BTreeMap<String, Script>,
    pub(super) files: BTreeMap<String, File>,
    /// The manifests of upload sessions, by their tokens: hash and size by path.
    pub(super) sessions: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) zones: Vec<Zone>,
    /// The Workers to which names lead.
    pub(super) domains: BTreeMap<String, String>,
    counter: u64,
}

impl State {
    pub(super) fn new(token: &str, account: &str) -> Self {
        Self {
            token: token.to_owned(),
            account: account.to_owned(),
            scripts: BTreeMap::new(),
            files: BTreeMap::new(),
            sessions: BTreeMap::new(),
            zones: Vec::new(),
            domains: BTreeMap::new(),
            counter: 0,
        }
    }

    /// A number that was not used before.
    pub(super) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn add_zone(&mut self, name: &str, status: &str) -> Zone {
        let id = format!("{:032x}", self.count());
        let zone = Zone { id, name: name.to_owned(), status: status.to_owned() };
        self.zones.push(zone.clone());
        zone
    }

    pub(super) fn activate_zone(&mut self, name: &str) {
        for zone in self.zones.iter_mut().filter(|zone| zone.name == name) {
            "active".clone_into(&mut zone.status);
        }
    }

    pub(super) fn add_foreign(&mut self, name: &str) {
        self.scripts.insert(name.to_owned(), Script::default());
    }

    pub(super) fn counts(&self, name: &str) -> (usize, usize) {
        self.scripts.get(name).map_or((0, 0), |script| {
            let releases: Vec<&Version> =
                script.versions.iter().filter(|version| version.is_release()).collect();
            let is_switch = |switch: &&Switch| releases.iter().any(|version| version.id == switch.version);
            (releases.len(), script.switches.iter().filter(is_switch).count())
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.scripts.keys().cloned().collect()
    }

    pub(super) fn modules(&self, name: &str) -> Vec<(String, String)> {
        let active = self.scripts.get(name).and_then(Script::active);
        active.map(|version| version.modules.clone()).unwrap_or_default()
    }

    pub(super) fn variables(&self, name: &str) -> Vec<(String, String)> {
        let secrets = self.scripts.get(name).map(|script| &script.secrets);
        secrets.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Adds a version to a Worker.
    pub(super) fn add_version(&mut self, name: &str, version: Version) -> Version {
        let number = self.count();
        let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
        let version = Version { id, number, ..version };
        if let Some(script) = self.scripts.get_mut(name) {
            script.versions.push(version.clone());
        }
        version
    }
}
