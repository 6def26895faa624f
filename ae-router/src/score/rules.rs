//! The words that move a score or mark a risk. Each phrase is matched in whole words, with or without an `s` at its
//! end; the lists leave out words that often mean something else (`root`, `token`, `live`, `drop`, `prod`).

use std::{collections::HashMap, sync::LazyLock};

use super::words::Sentence;
use crate::Risk;

/// Every phrase of every rule.
pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let of = |rule, phrases: &'static str| phrases.split(", ").map(move |text| Phrase { text, rule });
    let scores = SCORES.iter().enumerate().flat_map(|(at, rule)| of(RuleAt::Score(at), rule.phrases));
    let risks = RISKS.iter().enumerate().flat_map(|(at, rule)| of(RuleAt::Risk(at), rule.phrases));
    Phrases::new(scores.chain(risks))
});

#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub(super) text: &'static str,
    pub(super) rule: RuleAt,
}

/// The place of a rule in [`SCORES`] or [`RISKS`].
#[derive(Debug, Clone, Copy)]
pub(super) enum RuleAt {
    Score(usize),
    Risk(usize),
}

/// Phrases to look for, by their first word.
#[derive(Debug)]
pub(super) struct Phrases(HashMap<&'static str, Vec<Phrase>>);

impl Phrases {
    fn new(phrases: impl Iterator<Item = Phrase>) -> Self {
        let mut by_first: HashMap<_, Vec<_>> = HashMap::new();
        for phrase in phrases {
            by_first.entry(phrase.text.split(' ').next().unwrap_or_default()).or_default().push(phrase);
        }
        Self(by_first)
    }

    /// All phrases.
    pub(super) fn all(&self) -> impl Iterator<Item = &Phrase> {
        self.0.values().flatten()
    }

    /// The first words of the phrases.
    pub(super) fn firsts(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }

    /// The phrases that stand at `at`, within a clause.
    pub(super) fn at<'a>(&'a self, sentence: &'a Sentence, at: usize) -> impl Iterator<Item = Phrase> + 'a {
        let word = sentence.word(at);
        let of = |word: &str| self.0.get(word).into_iter().flatten().copied();
        let all = of(word).chain(of(word.strip_suffix('s').unwrap_or_default()));
        all.filter(move |phrase| stands_at(sentence, at, phrase.text))
    }
}

fn stands_at(sentence: &Sentence, at: usize, phrase: &str) -> bool {
    let last = phrase.split(' ').count().saturating_sub(1);
    phrase.split(' ').enumerate().all(|(ahead, part)| {
        let word = sentence.word(at + ahead);
        let plural = ahead == last && word.strip_suffix('s') == Some(part);
        (word == part || plural) && sentence.clause(at + ahead) == sentence.clause(at)
    })
}

/// Moves the score once, or marks a risk, when one of its phrases is found.
#[derive(Debug)]
pub(super) struct Rule<E> {
    pub(super) name: &'static str,
    pub(super) effect: E,
    /// With commas between them.
    phrases: &'static str,
}

pub(super) const SCORES: [Rule<i32>; 8] = [
    Rule {
        name: "concurrency",
        effect: 2,
        phrases: "race condition, deadlock, concurrency, data race, lock free",
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
        phrases: "system design, architecture, architect, data model, trade off",
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
        phrases: "typo, trailing whitespace, white space, whitespace, indentation, spelling, sort \
                  imports, import order",
    },
    Rule {
        name: "mechanical change",
        effect: -1,
        phrases: "rename, reformat, lint, linter, bump the version, update the changelog, prettier, rustfmt",
    },
];

pub(super) const RISKS: [Rule<Risk>; 7] = [
    Rule {
        name: "secrets",
        effect: Risk::Sensitive,
        phrases: "password, passphrase, passwordless login, magic link, credential, private key, secret key, signing \
                  key, encryption key, ssh key, api key, api secret, client secret, secret manager, secrets \
                  manager, access token, refresh token, auth token, bearer token, session token, reset token, \
                  session cookie, committed secret, leaked secret, the secret",
    },
    Rule {
        name: "accounts and access",
        effect: Risk::Sensitive,
        phrases: "auth, authentication, authenticate, authorization, authorisation, oauth, oauth2, openid, saml, sso, jwt, \
                  single sign on, access control, access right, permission, unauthorized access, role based \
                  access, row level security, privilege escalation, login, log in with, sign in with, sign in \
                  flow, sign in page, users log in, users sign in, two factor, 2fa, mfa, totp, passkey, webauthn, as \
                  root, root access, sudo, admin right, identity provider",
    },
    Rule {
        name: "attack or defence",
        effect: Risk::Sensitive,
        phrases: "vulnerability, vulnerabilities, vulnerable to, sql injection, command injection, code \
                  injection, injection attack, path traversal, directory traversal, open redirect, brute force \
                  attack, xss, csrf, ssrf, remote code execution, security audit, security review, security \
                  problem, security issue, security bug, security hole, security fix, security patch, \
                  penetration test, encrypt, encrypted, encryption, unencrypted, decrypt, decryption, tls \
                  certificate, ssl certificate, certificate validation, cve, exploit",
    },
    Rule {
        name: "payments",
        effect: Risk::Sensitive,
        phrases: "credit card, card number, payment, refund, payout, webhook signature, pci, bank account",
    },
    Rule {
        name: "personal data",
        effect: Risk::Sensitive,
        phrases: "personal data, personally identifiable, pii, gdpr, medical record, health record, patient \
                  record, social security number",
    },
    Rule {
        name: "stored data",
        effect: Risk::Moderate,
        phrases: "drop table, drop the table, drop database, drop the database, delete user, delete all, \
                  truncate table, schema migration, database migration, rm rf",
    },
    Rule {
        name: "release",
        effect: Risk::Moderate,
        phrases: "production, in prod, to prod, deploy, deployment, roll back, rollback, dns",
    },
];
