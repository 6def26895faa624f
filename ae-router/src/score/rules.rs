//! The words that move a score or mark a risk. Each phrase is matched in whole words; the lists leave out words
//! that often mean something else (`root`, `token`, `live`, `drop`, `prod`).

use std::sync::LazyLock;

use super::words::Phrases;
use crate::Risk;

/// Every phrase of every rule.
pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let scores = SCORES.iter().flat_map(Rule::phrases);
    Phrases::new(scores.chain(RISKS.iter().flat_map(Rule::phrases)))
});

/// Moves the score once, or marks a risk, when one of its phrases is found.
#[derive(Debug)]
pub(super) struct Rule<E> {
    pub(super) name: &'static str,
    pub(super) effect: E,
    /// With commas between them.
    phrases: &'static str,
}

impl<E> Rule<E> {
    pub(super) fn phrases(&self) -> impl Iterator<Item = &'static str> + use<E> {
        self.phrases.split(", ")
    }
}

pub(super) const SCORES: &[Rule<i32>] = &[
    Rule {
        name: "concurrency",
        effect: 2,
        phrases: "race condition, race conditions, deadlock, deadlocks, concurrency, data race, lock free",
    },
    Rule {
        name: "distributed system",
        effect: 2,
        phrases: "distributed system, distributed transaction, consensus, eventual consistency, microservices, \
                  sharding",
    },
    Rule {
        name: "system design",
        effect: 2,
        phrases: "system design, architecture, architect, data model, trade off, trade offs",
    },
    Rule {
        name: "hard programming",
        effect: 1,
        phrases: "compiler, parser, protocol, algorithm, state machine, memory leak, cryptography",
    },
    Rule {
        name: "wide change",
        effect: 1,
        phrases: "refactor, rewrite, across the codebase, schema migration, database migration, backwards \
                  compatible, backward compatible",
    },
    Rule {
        name: "performance",
        effect: 1,
        phrases: "performance, latency, throughput, optimize, optimise, profiling",
    },
    Rule {
        name: "small edit",
        effect: -2,
        phrases: "typo, typos, trailing whitespace, white space, whitespace, indentation, spelling, sort \
                  imports, import order",
    },
    Rule {
        name: "mechanical change",
        effect: -1,
        phrases: "rename, reformat, lint, linter, bump the version, update the changelog, prettier, rustfmt",
    },
];

pub(super) const RISKS: &[Rule<Risk>] = &[
    Rule {
        name: "secrets",
        effect: Risk::Sensitive,
        phrases: "password, passwords, credential, credentials, private key, private keys, secret key, secret \
                  keys, api key, api keys, access token, access tokens, auth token, bearer token, session \
                  token",
    },
    Rule {
        name: "accounts and access",
        effect: Risk::Sensitive,
        phrases: "authentication, authorization, authorisation, oauth, oauth2, jwt, single sign on, access \
                  control, privilege escalation, login system, sign in flow, as root, root access, sudo",
    },
    Rule {
        name: "attack or defence",
        effect: Risk::Sensitive,
        phrases: "vulnerability, vulnerabilities, sql injection, xss, csrf, ssrf, remote code execution, \
                  security audit, security review, penetration test, encrypt, encryption, decrypt, decryption, \
                  cve",
    },
    Rule {
        name: "payments",
        effect: Risk::Sensitive,
        phrases: "credit card, credit cards, card number, card numbers, payment processing, process payments, \
                  take payments, refund, refunds, payout, payouts, webhook signature, pci",
    },
    Rule {
        name: "personal data",
        effect: Risk::Sensitive,
        phrases: "personal data, pii, gdpr, medical records, social security number",
    },
    Rule {
        name: "stored data",
        effect: Risk::Moderate,
        phrases: "drop table, drop the table, drop database, drop the database, delete user, delete users, \
                  delete all, truncate table, schema migration, database migration, rm rf",
    },
    Rule {
        name: "release",
        effect: Risk::Moderate,
        phrases: "production, in prod, to prod, deploy, deployment, roll back, rollback, dns",
    },
];
