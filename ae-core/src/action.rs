//! What somebody is about to do, in a form that can be judged, approved and recorded.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, DigestWriter, Money, ProjectId, RunId};

/// The kinds of action that a gate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActionKind {
    /// Run code or let an agent write and run it.
    ExecuteCode,
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
}

impl ActionKind {
    /// The wire name, lower snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExecuteCode => "execute_code",
            Self::Deploy => "deploy",
            Self::CreateBilling => "create_billing",
            Self::ReadSecret => "read_secret",
            Self::CallModel => "call_model",
            Self::NetworkAccess => "network_access",
            Self::DeleteFiles => "delete_files",
        }
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What separates running code from the host, as the backend that runs it attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Isolation {
    /// Nothing.
    None,
    /// No foreign code runs: the product's own code writes files confined to a workspace.
    Confined,
    /// A sandbox of the host, or a remote one.
    Sandboxed,
}

/// One concrete action. Its digest binds an approval to exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// Its kind.
    pub kind: ActionKind,
    /// The backend and operation that will perform it, for example `local-deploy/deploy`.
    pub operation: String,
    /// What it acts on: a site, a product, a path.
    pub target: String,
    /// The digest of the exact request that will be sent.
    pub request: Digest,
    /// The most it may cost, or `None` when it can't cost anything.
    pub cost_ceiling: Option<Money>,
    /// What separates it from the host, for code.
    pub isolation: Isolation,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The project it belongs to, if any.
    pub project: Option<ProjectId>,
    /// One line for the person who decides.
    pub summary: String,
}

impl Action {
    /// An action that costs nothing, belongs to no run and runs no code, until said otherwise.
    #[must_use]
    pub fn new(
        kind: ActionKind,
        operation: impl Into<String>,
        target: impl Into<String>,
        request: Digest,
    ) -> Self {
        Self {
            kind,
            operation: operation.into(),
            target: target.into(),
            request,
            cost_ceiling: None,
            isolation: Isolation::None,
            run: None,
            project: None,
            summary: String::new(),
        }
    }

    /// Says whose it is.
    #[must_use]
    pub const fn with_owner(mut self, project: ProjectId, run: RunId) -> Self {
        self.project = Some(project);
        self.run = Some(run);
        self
    }

    /// Says what it may cost at most.
    #[must_use]
    pub const fn with_cost_ceiling(mut self, most: Money) -> Self {
        self.cost_ceiling = Some(most);
        self
    }

    /// Says what separates it from the host.
    #[must_use]
    pub const fn with_isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Says it in one line.
    #[must_use]
    pub fn with_summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// SHA-256 over every field but the summary, each length-prefixed.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let cost = self.cost_ceiling.map(|m| (m.pico().to_be_bytes(), m.currency()));
        let isolation: &[u8] = match self.isolation {
            Isolation::None => b"none",
            Isolation::Confined => b"confined",
            Isolation::Sandboxed => b"sandboxed",
        };
        DigestWriter::new("action/1")
            .field(self.kind.as_str().as_bytes())
            .field(self.operation.as_bytes())
            .field(self.target.as_bytes())
            .field(self.request.as_bytes())
            .field(cost.as_ref().map_or(&[][..], |(pico, _)| &pico[..]))
            .field(cost.as_ref().map_or(&[][..], |(_, currency)| currency.code().as_bytes()))
            .field(isolation)
            .field(self.run.as_ref().map_or(&[][..], |id| &id.as_uuid().as_bytes()[..]))
            .field(self.project.as_ref().map_or(&[][..], |id| &id.as_uuid().as_bytes()[..]))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn every_field_but_the_summary_changes_the_digest() {
        let request = Digest::of_bytes("r", b"1");
        let base = Action::new(ActionKind::Deploy, "local/deploy", "site", request);
        let run = RunId::from_digest(&request);
        let project = ProjectId::from_digest(&request);
        let others = [
            Action::new(ActionKind::CreateBilling, "local/deploy", "site", request),
            Action::new(ActionKind::Deploy, "local/deplo", "ysite", request),
            Action::new(ActionKind::Deploy, "local/deploy", "site2", request),
            Action::new(ActionKind::Deploy, "local/deploy", "site", Digest::of_bytes("r", b"2")),
            base.clone().with_cost_ceiling(Money::zero(Currency::USD)),
            base.clone().with_cost_ceiling(Money::zero(Currency::EUR)),
            base.clone().with_isolation(Isolation::Sandboxed),
            base.clone().with_owner(project, run),
        ];
        let mut digests: Vec<_> = others.iter().map(Action::digest).collect();
        digests.push(base.digest());
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), 9);
        assert_eq!(base.clone().with_summary("words").digest(), base.digest());
    }
}
