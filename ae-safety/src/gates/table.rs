//! The gate table: which kind of action meets which gate, as data.

use std::collections::BTreeMap;

use ae_core::{Action, ActionKind, BackendError, Isolation};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Decision, Gate, PolicyGate};

/// The treatment of one kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GateRule {
    /// Allowed, audited before it happens.
    Audit,
    /// Allowed, audited, when the action runs in a sandbox; denied otherwise.
    RequireSandbox,
    /// Allowed, audited, when the action is confined to a workspace or runs in a sandbox; denied otherwise.
    RequireConfined,
    /// A person has to approve.
    AskPerson,
    /// Denied.
    Deny,
}

/// One row of a [`GateTable`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GateRow {
    /// The kind of action.
    pub kind: ActionKind,
    /// The gate's name in answers; [`GateRule::AskPerson`] needs one.
    pub gate: Option<Gate>,
    /// The rule.
    pub rule: GateRule,
}

impl GateRow {
    /// A row for `kind`.
    pub const fn new(kind: ActionKind, gate: Option<Gate>, rule: GateRule) -> Self {
        Self { kind, gate, rule }
    }
}

/// The reason why a table read from data can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateTableError {
    /// Two rows for one kind.
    #[error("{0} has two rows: keep one")]
    Twice(ActionKind),
    /// A person is to be asked, but the row names no gate.
    #[error("the row of {0} asks a person: name its gate")]
    Unnamed(ActionKind),
}

/// The gate table. A kind without a row is denied, so an empty table denies everything.
///
/// As JSON it is a list of rows: `[{"kind":"deploy","gate":"DEPLOY_APPROVAL","rule":"ask_person"}]`.
///
/// The default is:
///
/// | kind | gate | rule |
/// |---|---|---|
/// | `execute_code` | `SANDBOX_REQUIRED` | allowed in a sandbox, else denied |
/// | `write_files` | none | allowed when confined to a workspace or sandboxed, else denied |
/// | `deploy` | `DEPLOY_APPROVAL` | a person approves |
/// | `create_billing` | `BILLING_APPROVAL` | a person approves |
/// | `read_secret` | `SECRET_ACCESS` | allowed, audited before |
/// | `delete_files` | `DELETE_APPROVAL` | a person approves |
/// | `call_model`, `network_access` | none | allowed, audited before |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<GateRow>", into = "Vec<GateRow>")]
pub struct GateTable(BTreeMap<ActionKind, (Option<Gate>, GateRule)>);

impl GateTable {
    /// A table of these rows.
    ///
    /// # Errors
    ///
    /// [`GateTableError`] when a kind has two rows or a row that asks a person names no gate.
    pub fn new(rows: impl IntoIterator<Item = GateRow>) -> Result<Self, GateTableError> {
        let mut table = BTreeMap::new();
        for row in rows {
            if row.rule == GateRule::AskPerson && row.gate.is_none() {
                return Err(GateTableError::Unnamed(row.kind));
            }
            if table.insert(row.kind.clone(), (row.gate, row.rule)).is_some() {
                return Err(GateTableError::Twice(row.kind));
            }
        }
        Ok(Self(table))
    }

    /// The rows, by kind.
    pub fn rows(&self) -> Vec<GateRow> {
        self.0
            .iter()
            .map(|(kind, (gate, rule))| GateRow { kind: kind.clone(), gate: *gate, rule: *rule })
            .collect()
    }

    /// Judges `action` without waiting.
    pub fn judge(&self, action: &Action) -> Decision {
        let Some((gate, rule)) = self.0.get(&action.kind).copied() else {
            return Decision::Deny { gate: None, reason: format!("no gate knows {}", action.kind) };
        };
        let allow = Decision::Allow { gate };
        let deny = |reason: String| Decision::Deny { gate, reason };
        match (rule, gate) {
            (GateRule::Audit, _) => allow,
            (GateRule::RequireSandbox, _) if action.isolation.is_sandbox() => allow,
            (GateRule::RequireSandbox, _) => deny(format!("{} runs only in a sandbox", action.kind)),
            (GateRule::RequireConfined, _) if action.isolation != Isolation::None => allow,
            (GateRule::RequireConfined, _) => deny(format!("{} runs only confined", action.kind)),
            (GateRule::AskPerson, Some(gate)) => Decision::NeedsApproval {
                gate,
                reason: format!("{} of {} needs a person's approval", action.kind, action.target),
            },
            (GateRule::AskPerson, None) => deny(format!("the row of {} names no gate", action.kind)),
            (GateRule::Deny, _) => deny(format!("{} is switched off", action.kind)),
        }
    }
}

impl Default for GateTable {
    fn default() -> Self {
        let row = |gate, rule| (gate, rule);
        Self(BTreeMap::from([
            (ActionKind::ExecuteCode, row(Some(Gate::SandboxRequired), GateRule::RequireSandbox)),
            (ActionKind::WriteFiles, row(None, GateRule::RequireConfined)),
            (ActionKind::Deploy, row(Some(Gate::DeployApproval), GateRule::AskPerson)),
            (ActionKind::CreateBilling, row(Some(Gate::BillingApproval), GateRule::AskPerson)),
            (ActionKind::ReadSecret, row(Some(Gate::SecretAccess), GateRule::Audit)),
            (ActionKind::DeleteFiles, row(Some(Gate::DeleteApproval), GateRule::AskPerson)),
            (ActionKind::CallModel, row(None, GateRule::Audit)),
            (ActionKind::NetworkAccess, row(None, GateRule::Audit)),
        ]))
    }
}

impl TryFrom<Vec<GateRow>> for GateTable {
    type Error = GateTableError;

    fn try_from(rows: Vec<GateRow>) -> Result<Self, GateTableError> {
        Self::new(rows)
    }
}

impl From<GateTable> for Vec<GateRow> {
    fn from(table: GateTable) -> Self {
        table.rows()
    }
}

#[async_trait]
impl PolicyGate for GateTable {
    fn name(&self) -> &str {
        "gate-table"
    }

    async fn decide(&self, action: &Action) -> Result<Decision, BackendError> {
        Ok(self.judge(action))
    }
}

#[cfg(test)]
mod tests {
    use ae_core::Digest;

    use super::*;

    fn action(kind: ActionKind) -> Action {
        Action::new(kind, "x/y", "target", Digest::of_bytes("r", b"1"))
    }

    #[test]
    fn the_default_table_is_the_promised_one() {
        let table = GateTable::default();
        let ask = |kind: ActionKind| match table.judge(&action(kind.clone())) {
            Decision::NeedsApproval { gate, .. } => gate,
            other => panic!("{kind}: {other:?}"),
        };
        assert_eq!(ask(ActionKind::Deploy), Gate::DeployApproval);
        assert_eq!(ask(ActionKind::CreateBilling), Gate::BillingApproval);
        assert_eq!(ask(ActionKind::DeleteFiles), Gate::DeleteApproval);
        for (kind, gate) in [
            (ActionKind::ReadSecret, Some(Gate::SecretAccess)),
            (ActionKind::CallModel, None),
            (ActionKind::NetworkAccess, None),
        ] {
            assert_eq!(table.judge(&action(kind.clone())), Decision::Allow { gate }, "{kind}");
        }
    }

    #[test]
    fn code_runs_only_behind_a_wall() {
        let table = GateTable::default();
        let judge = |isolation| table.judge(&action(ActionKind::ExecuteCode).with_isolation(isolation));
        let writes = |isolation| table.judge(&action(ActionKind::WriteFiles).with_isolation(isolation));
        assert!(matches!(writes(Isolation::None), Decision::Deny { .. }));
        assert!(matches!(writes(Isolation::Confined), Decision::Allow { .. }));
        let gate = Some(Gate::SandboxRequired);
        assert!(matches!(judge(Isolation::None), Decision::Deny { gate: g, .. } if g == gate));
        assert!(matches!(judge(Isolation::Confined), Decision::Deny { gate: g, .. } if g == gate));
        assert!(matches!(judge(Isolation::Process), Decision::Allow { gate: g, .. } if g == gate));
    }

    #[test]
    fn what_has_no_row_is_denied() {
        let empty = GateTable::new([]).unwrap();
        for row in GateTable::default().rows() {
            let decision = empty.judge(&action(row.kind).with_isolation(Isolation::Process));
            assert!(matches!(decision, Decision::Deny { gate: None, .. }), "{decision:?}");
        }
    }

    #[test]
    fn the_table_is_data() {
        let json = serde_json::to_string(&GateTable::default()).unwrap();
        assert_eq!(serde_json::from_str::<GateTable>(&json).unwrap(), GateTable::default());
        let twice =
            r#"[{"kind":"deploy","gate":null,"rule":"audit"},{"kind":"deploy","gate":null,"rule":"deny"}]"#;
        for bad in [
            twice,
            r#"[{"kind":"deploy","gate":null,"rule":"ask_person"}]"#,
            r#"[{"kind":"fly","gate":null,"rule":"audit"}]"#,
            r#"[{"kind":"deploy","gate":null,"rule":"audit","if":"x"}]"#,
        ] {
            assert!(serde_json::from_str::<GateTable>(bad).is_err(), "{bad}");
        }
    }
}
