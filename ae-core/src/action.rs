//! An effect about to happen, in a form that can be judged, approved and recorded.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Digest, Money, ParseError, ProjectId, Provider, RunId};

/// The kind of an action, by which a gate finds its rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(with = "String"))]
#[non_exhaustive]
pub enum ActionKind {
    /// Run foreign code, or let an agent write and run it.
    ExecuteCode,
    /// Write files inside a workspace with the product's own code; no foreign code runs.
    WriteFiles,
    /// Publish a release.
    Deploy,
    /// Create or change products, prices, payment links, refunds.
    CreateBilling,
    /// Read a secret.
    ReadSecret,
    /// Call a paid model or service.
    CallModel,
    /// Read from the network.
    NetworkAccess,
    /// Delete files.
    DeleteFiles,
    /// A kind that a program adds. Its wire name begins with `other:`, so that a misspelled known kind is never taken
    /// for one of these.
    Other(ActionName),
}

const KINDS: [(ActionKind, &str); 8] = [
    (ActionKind::ExecuteCode, "execute_code"),
    (ActionKind::WriteFiles, "write_files"),
    (ActionKind::Deploy, "deploy"),
    (ActionKind::CreateBilling, "create_billing"),
    (ActionKind::ReadSecret, "read_secret"),
    (ActionKind::CallModel, "call_model"),
    (ActionKind::NetworkAccess, "network_access"),
    (ActionKind::DeleteFiles, "delete_files"),
];

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(name) => write!(f, "other:{name}"),
            known => {
                f.write_str(KINDS.iter().find(|(kind, _)| kind == known).map_or("unknown", |(_, name)| name))
            }
        }
    }
}

const FORM: &str = "a kind of action: use a known one, or other:NAME with 1 to 64 lower-case letters, digits and \
                    underscores";

impl FromStr for ActionKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let kind = match text.strip_prefix("other:") {
            Some(name) => name.parse().ok().map(Self::Other),
            None => KINDS.iter().find(|(_, name)| *name == text).map(|(kind, _)| kind.clone()),
        };
        kind.ok_or_else(|| ParseError::new(text, FORM))
    }
}

crate::serde_text!(ActionKind);

crate::checked_text! {
    /// The name of a kind that a program adds: 1 to 64 lower-case ASCII letters, digits and underscores.
    pub struct ActionName: FORM, |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }
}

crate::wire_enum! {
    /// The separation between running code and the host, as the backend that runs it attests.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum Isolation {
        /// None at all.
        None = "none",
        /// No foreign code runs: the product's own code writes files confined to a workspace. This is not a sandbox.
        Confined = "confined",
        /// A sandboxed process that shares the host's kernel, for example by namespaces and system call filters.
        Process = "process",
        /// A container with its own file system, which shares the host's kernel.
        Container = "container",
        /// A virtual machine with its own kernel on this host.
        MicroVm = "micro_vm",
        /// A machine elsewhere that holds nothing of this host.
        Remote = "remote",
    }
}

impl Isolation {
    /// Whether foreign code may run in it.
    #[must_use]
    pub const fn is_sandbox(self) -> bool {
        !matches!(self, Self::None | Self::Confined)
    }
}

/// The most that an action may cost. There is no third case: an action that does not state it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Spend {
    /// It costs nothing.
    Free,
    /// It costs at most this much.
    AtMost(Money),
}

impl Spend {
    /// The ceiling, or `None` for a free action.
    #[must_use]
    pub const fn ceiling(self) -> Option<Money> {
        match self {
            Self::Free => None,
            Self::AtMost(most) => Some(most),
        }
    }
}

impl fmt::Display for Spend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Free => f.write_str("nothing"),
            Self::AtMost(most) => write!(f, "at most {most}"),
        }
    }
}

/// A typed fact about an action, which a policy can judge where the request's digest says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Attribute {
    /// Plain text.
    Text(String),
    /// A command line: the program, then its arguments.
    Command(Vec<String>),
    /// The name or address of a host that is contacted.
    Host(String),
    /// A path that is read, written or deleted.
    Path(String),
    /// An amount of money that the action is about, for example a price. The action's own cost is its [`Spend`].
    Amount(Money),
    /// Labels, for example of the data that the action carries.
    Labels(Vec<String>),
}

/// One concrete action. Its digest binds an approval to exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// Its kind.
    pub kind: ActionKind,
    /// The backend that performs it. A guard fills it in, and refuses an action that names another.
    pub provider: Option<Provider>,
    /// The operation, for example `ensure_price`.
    pub operation: String,
    /// The object that it acts on: a site, a product, a path.
    pub target: String,
    /// The digest of the exact request that is sent.
    pub request: Digest,
    /// The most it may cost. `None` means that it was not stated, which is refused.
    pub spend: Option<Spend>,
    /// The separation from the host, for code.
    pub isolation: Isolation,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The project it belongs to, if any.
    pub project: Option<ProjectId>,
    /// Facts that a policy judges, by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    /// One line for the approver; not part of the digest.
    pub summary: String,
}

impl Action {
    /// An action of no stated provider and cost, which belongs to no run and runs no code.
    pub fn new(
        kind: ActionKind,
        operation: impl Into<String>,
        target: impl Into<String>,
        request: Digest,
    ) -> Self {
        Self {
            kind,
            provider: None,
            operation: operation.into(),
            target: target.into(),
            request,
            spend: None,
            isolation: Isolation::None,
            run: None,
            project: None,
            attributes: BTreeMap::new(),
            summary: String::new(),
        }
    }

    /// Sets the project and the run it belongs to.
    #[must_use]
    pub const fn with_owner(mut self, project: ProjectId, run: RunId) -> Self {
        self.project = Some(project);
        self.run = Some(run);
        self
    }

    /// Adds a fact for the policy; a second one of the same name replaces the first.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: Attribute) -> Self {
        self.attributes.insert(name.into(), value);
        self
    }

    /// SHA-256 over every field but the summary, each length-prefixed.
    ///
    /// # Panics
    ///
    /// Never: every field has a JSON form.
    pub fn digest(&self) -> Digest {
        let judged = (
            (&self.kind, &self.provider, &self.operation, &self.target, &self.request),
            (&self.spend, self.isolation, self.run, self.project, &self.attributes),
        );
        Digest::of_json("action/2", &judged).expect("ids, text, money and ordered maps have a JSON form")
    }
}

crate::setters! { Action {
    /// Sets the backend that performs it.
    fn with_provider(provider: some Provider);
    /// Sets the most it may cost.
    fn with_spend(spend: some Spend);
    /// Sets the separation from the host.
    fn with_isolation(isolation: Isolation);
    /// Sets the line that the approver reads.
    fn with_summary(summary: into String);
} }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Mode};

    #[test]
    fn every_field_but_the_summary_changes_the_digest() {
        let request = Digest::of_bytes("r", b"1");
        let base = Action::new(ActionKind::Deploy, "deploy", "site", request);
        let run = RunId::from_digest(&request);
        let project = ProjectId::from_digest(&request);
        let zero = |currency| Spend::AtMost(Money::zero(currency));
        let others = [
            base.clone(),
            Action::new(ActionKind::CreateBilling, "deploy", "site", request),
            Action::new(ActionKind::Deploy, "deplo", "ysite", request),
            Action::new(ActionKind::Deploy, "deploy", "site2", request),
            Action::new(ActionKind::Deploy, "deploy", "site", Digest::of_bytes("r", b"2")),
            base.clone().with_provider(Provider::new("local", Mode::Offline)),
            base.clone().with_provider(Provider::new("local", Mode::Live)),
            base.clone().with_spend(Spend::Free),
            base.clone().with_spend(zero(Currency::USD)),
            base.clone().with_spend(zero(Currency::EUR)),
            base.clone().with_isolation(Isolation::Process),
            base.clone().with_owner(project, run),
            base.clone().with_attribute("host", Attribute::Host("example.com".into())),
            base.clone().with_attribute("host", Attribute::Text("example.com".into())),
        ];
        let digests: std::collections::BTreeSet<_> = others.iter().map(Action::digest).collect();
        assert_eq!(digests.len(), others.len());
        assert_eq!(base.clone().with_summary("words").digest(), base.digest());
    }

    #[test]
    fn kinds_round_trip_and_a_misspelled_one_is_refused() {
        let other = ActionKind::Other("send_mail".parse().unwrap());
        for kind in KINDS.iter().map(|(kind, _)| kind).chain([&other]) {
            assert_eq!(kind.to_string().parse::<ActionKind>().as_ref(), Ok(kind));
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(serde_json::from_str::<ActionKind>(&json).unwrap(), *kind);
        }
        for wrong in ["deplyo", "other:", "other:Send", "", "other:a b"] {
            assert!(wrong.parse::<ActionKind>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_sandboxes_are_sandboxes() {
        assert!(!Isolation::None.is_sandbox() && !Isolation::Confined.is_sandbox());
        for kind in [Isolation::Process, Isolation::Container, Isolation::MicroVm, Isolation::Remote] {
            assert!(kind.is_sandbox());
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
