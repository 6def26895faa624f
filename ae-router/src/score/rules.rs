//! The words that move a score or mark a risk. Each phrase is matched in whole words; the lists leave out words
//! that often mean something else (`root`, `token`, `live`, `drop`, `prod`).

use std::sync::LazyLock;

use super::words::Phrases;
use crate::Risk;

/// Every phrase of every rule.
pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let scores = SCORES.iter().flat_map(|rule| rule.phrases);
    Phrases::new(scores.chain(RISKS.iter().flat_map(|rule| rule.phrases)).copied())
});

/// Moves the score once when one of its phrases is found.
#[derive(Debug)]
pub(super) struct ScoreRule {
    pub(super) name: &'static str,
    pub(super) points: i32,
    pub(super) phrases: &'static [&'static str],
}

/// Marks a risk when one of its phrases is found.
#[derive(Debug)]
pub(super) struct RiskRule {
    pub(super) name: &'static str,
    pub(super) risk: Risk,
    pub(super) phrases: &'static [&'static str],
}

pub(super) const SCORES: &[ScoreRule] = &[
    ScoreRule {
        name: "concurrency",
        points: 2,
        phrases: &[
            "race condition",
            "race conditions",
            "deadlock",
            "deadlocks",
            "concurrency",
            "data race",
            "lock free",
        ],
    },
    ScoreRule {
        name: "distributed system",
        points: 2,
        phrases: &[
            "distributed system",
            "distributed transaction",
            "consensus",
            "eventual consistency",
            "microservices",
            "sharding",
        ],
    },
    ScoreRule {
        name: "system design",
        points: 2,
        phrases: &["system design", "architecture", "architect", "data model", "trade off", "trade offs"],
    },
    ScoreRule {
        name: "hard programming",
        points: 1,
        phrases: &[
            "compiler",
            "parser",
            "protocol",
            "algorithm",
            "state machine",
            "memory leak",
            "cryptography",
        ],
    },
    ScoreRule {
        name: "wide change",
        points: 1,
        phrases: &[
            "refactor",
            "rewrite",
            "across the codebase",
            "schema migration",
            "database migration",
            "backwards compatible",
            "backward compatible",
        ],
    },
    ScoreRule {
        name: "performance",
        points: 1,
        phrases: &["performance", "latency", "throughput", "optimize", "optimise", "profiling"],
    },
    ScoreRule {
        name: "small edit",
        points: -2,
        phrases: &[
            "typo",
            "typos",
            "trailing whitespace",
            "white space",
            "whitespace",
            "indentation",
            "spelling",
            "sort imports",
            "import order",
        ],
    },
    ScoreRule {
        name: "mechanical change",
        points: -1,
        phrases: &[
            "rename",
            "reformat",
            "lint",
            "linter",
            "bump the version",
            "update the changelog",
            "prettier",
            "rustfmt",
        ],
    },
];

pub(super) const RISKS: &[RiskRule] = &[
    RiskRule {
        name: "secrets",
        risk: Risk::Sensitive,
        phrases: &[
            "password",
            "passwords",
            "credential",
            "credentials",
            "private key",
            "private keys",
            "secret key",
            "secret keys",
            "api key",
            "api keys",
            "access token",
            "access tokens",
            "auth token",
            "bearer token",
            "session token",
        ],
    },
    RiskRule {
        name: "accounts and access",
        risk: Risk::Sensitive,
        phrases: &[
            "authentication",
            "authorization",
            "authorisation",
            "oauth",
            "oauth2",
            "jwt",
            "single sign on",
            "access control",
            "privilege escalation",
            "login system",
            "sign in flow",
            "as root",
            "root access",
            "sudo",
        ],
    },
    RiskRule {
        name: "attack or defence",
        risk: Risk::Sensitive,
        phrases: &[
            "vulnerability",
            "vulnerabilities",
            "sql injection",
            "xss",
            "csrf",
            "ssrf",
            "remote code execution",
            "security audit",
            "security review",
            "penetration test",
            "encrypt",
            "encryption",
            "decrypt",
            "decryption",
            "cve",
        ],
    },
    RiskRule {
        name: "payments",
        risk: Risk::Sensitive,
        phrases: &[
            "credit card",
            "credit cards",
            "card number",
            "card numbers",
            "payment processing",
            "process payments",
            "take payments",
            "refund",
            "refunds",
            "payout",
            "payouts",
            "webhook signature",
            "pci",
        ],
    },
    RiskRule {
        name: "personal data",
        risk: Risk::Sensitive,
        phrases: &["personal data", "pii", "gdpr", "medical records", "social security number"],
    },
    RiskRule {
        name: "stored data",
        risk: Risk::Moderate,
        phrases: &[
            "drop table",
            "drop the table",
            "drop database",
            "drop the database",
            "delete user",
            "delete users",
            "delete all",
            "truncate table",
            "schema migration",
            "database migration",
            "rm rf",
        ],
    },
    RiskRule {
        name: "release",
        risk: Risk::Moderate,
        phrases: &[
            "production",
            "in prod",
            "to prod",
            "deploy",
            "deployment",
            "roll back",
            "rollback",
            "dns",
        ],
    },
];
