//! Whether a name says that its value is a secret.

/// The kind of value that a name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announces {
    /// A password: chosen by a person, may be short.
    Password,
    /// A key or token: made by a machine.
    Key,
    /// The words of a wallet.
    Mnemonic,
}

/// The words of a name: split at `_`, `-`, `.`, blanks and where a capital follows a small letter.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let hump = c.is_ascii_uppercase() && before.is_ascii_lowercase();
        if hump || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// After one of these the value is about the secret, not the secret.
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "id", "ids", "name", "names", "url", "uri", "path", "file", "dir", "ttl", "length", "len", "lifetime",
    "seconds", "type", "types", "algorithm", "alg", "count", "policy", "version", "endpoint", "expiry",
    "expires", "expiration", "min", "max", "arn", "region", "enabled", "header", "param", "limit", "format",
    "prefix", "suffix", "ref", "store", "manager", "provider", "rotation", "label", "field", "column",
    "index", "usage", "exists", "required", "reset", "hint", "strength", "hash", "digest", "checksum",
    "fingerprint", "scheme", "issuer", "audience", "scope", "at", "date", "env", "var", "method", "class",
    "size", "budget", "host", "port", "description", "status", "error",
];

#[rustfmt::skip]
const PASSWORDS: &[&str] = &[
    "password", "passwd", "pwd", "passphrase", "pass", "passcode", "dbpassword", "dbpass", "userpassword",
    "pgpassword", "passwort", "rootpassword", "adminpassword", "pw",
];

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "secret", "token", "apikey", "apitoken", "apisecret", "authtoken", "accesstoken", "refreshtoken",
    "clientsecret", "secretkey", "privatekey", "accesskey", "credential", "credentials", "salt", "authkey",
    "appsecret", "webhooksecret", "bearer", "idtoken", "sessiontoken", "pat", "presharedkey", "psk",
    "masterkey", "signature", "sig", "jwt", "otp",
];

/// `key` alone says nothing; after one of these it does.
#[rustfmt::skip]
const OF_KEY: &[&str] = &[
    "api", "access", "secret", "private", "auth", "account", "encryption", "signing", "sign", "master",
    "service", "role", "app", "application", "license", "client", "admin", "server", "storage", "shared",
    "preshared", "hmac", "integration", "live", "write", "ingest", "insert", "deploy", "session", "jwt",
    "personal", "webhook", "subscription", "ssh", "aes", "cipher", "nonce", "in", "host",
];

/// The kind of value that `name` announces, if any.
pub(super) fn announces(name: &str) -> Option<Announces> {
    let words = words(name);
    let last = words.last()?.as_str();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let pairs = |first: &[&str], second: &str| {
        words.windows(2).any(|pair| matches!(pair, [a, b] if first.contains(&a.as_str()) && b == second))
    };
    if has(&["public", "pub", "publishable", "anon", "csrf", "xsrf"]) || ABOUT.contains(&last) {
        return None;
    }
    if has(&["mnemonic"]) || pairs(&["seed", "recovery", "backup", "secret"], "phrase") {
        return Some(Announces::Mnemonic);
    }
    if has(PASSWORDS) {
        return Some(Announces::Password);
    }
    let key = has(KEYS)
        || pairs(OF_KEY, "key")
        || pairs(&["key"], "data")
        || pairs(&["key"], "secret")
        || matches!(words.as_slice(), [only] if only == "auth")
        || last == "key" && words.len() > 1 && is_constant(name);
    key.then_some(Announces::Key)
}

/// `FOO_KEY`, as in an environment.
pub(super) fn is_constant(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
