//! Secrets known by the form around them: key blocks, signed tokens, URLs, headers, command lines.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Finding,
    values::{is_password, is_placeholder},
};

struct Form {
    kind: &'static str,
    /// Without this, in small letters, the pattern can't match.
    needle: &'static str,
    /// Group 1, or the whole match, is the secret.
    pattern: Regex,
    check: fn(&str) -> bool,
}

fn any(_: &str) -> bool {
    true
}

fn literal(value: &str) -> bool {
    value.len() >= 3 && !is_placeholder(value)
}

fn long_literal(value: &str) -> bool {
    value.len() >= 8 && literal(value)
}

fn password(value: &str) -> bool {
    is_password(value, true)
}

#[rustfmt::skip]
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let form = |kind, needle, pattern: &str, check| Form {
        kind,
        needle,
        pattern: Regex::new(pattern).expect("the patterns are fixed and tested"),
        check,
    };
    vec![
        // RFC 7515 compact form: header and payload are JSON objects, so both begin with `eyJ`.
        form("JWT_TOKEN", "eyj", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?", any),
        form("JWT_TOKEN", "eyj", r"eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", any),
        // RFC 3986 user information.
        form("URL_PASSWORD", "://", r#"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/?#@"'<>\[\]{}$]{0,100}:([^\s/?#@"'<>{}$\[\]]{3,400})@[A-Za-z0-9\[_-]"#, literal),
        form("URL_PASSWORD", "://", r#"https?://([A-Za-z0-9_-]{20,200})@[A-Za-z0-9]"#, long_literal),
        // HTTP headers.
        form("BEARER_TOKEN", "bearer", r#"(?i)\bbearer\s+([A-Za-z0-9._~+/=:|-]{16,4096})"#, long_literal),
        form("BASIC_AUTH", "authorization", r#"(?i)authorization["'\\]*\s*[:=]\s*["'\\]*basic\s+([A-Za-z0-9+/=_-]{8,4096})"#, literal),
        form("GENERIC_API_KEY", "authorization", r#"(?i)authorization["'\\]*\s*[:=]\s*["'\\]*(?:token|apikey|api-key|digest|aws4-hmac-sha256|key|splunk|ssws|genie-?key)\s+["']?([^\s"'\\,]{12,4096})"#, long_literal),
        form("SESSION_COOKIE", "=", r#"(?i)(?:connect\.sid|[a-z0-9_.-]{0,40}(?:sess(?:ion)?(?:_?id|_token)?|phpsessid|jsessionid|sid|remember_token|auth_token|_identity)|laravel_session|\.aspxauth|sb-[a-z0-9-]+-auth-token)=([A-Za-z0-9._%~+/:|!-]{16,4096}=*)"#, long_literal),
        // Signed URLs.
        form("URL_SIGNATURE", "sig", r"(?i)[?&](?:amp;)?(?:sig|signature|x-amz-signature|x-goog-signature|x-oss-signature)=([A-Za-z0-9%+/=_-]{20,700})", any),
        form("URL_SIGNATURE", "x-amz-security-token", r"(?i)[?&](?:amp;)?x-amz-security-token=([A-Za-z0-9%+/=_-]{40,4096})", any),
        form("TOTP_SECRET", "otpauth://", r"otpauth://[^\s]{1,200}[?&]secret=([A-Za-z2-7=]{8,200})", any),
        // Links that let everybody write who has them.
        form("WEBHOOK_URL", "hooks.slack", r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,200}", any),
        form("WEBHOOK_URL", "discord", r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{15,22}/[A-Za-z0-9_-]{50,100}", any),
        form("WEBHOOK_URL", "hooks.zapier", r"https://hooks\.zapier\.com/hooks/catch/\d+/[A-Za-z0-9]+(?:/[A-Za-z0-9]+)?/?", any),
        form("WEBHOOK_URL", "webhook.office", r"https://[a-z0-9-]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/_-]{40,300}", any),
        form("WEBHOOK_URL", ".make.com", r"https://hook\.[a-z0-9]+\.make\.com/[a-z0-9]{20,60}", any),
        form("WEBHOOK_URL", "chat.googleapis", r"https://chat\.googleapis\.com/v1/spaces/[A-Za-z0-9_-]+/messages\?[A-Za-z0-9=&%_-]{40,400}", any),
        // Tokens without a prefix that have a shape.
        form("TELEGRAM_TOKEN", ":a", r"\b\d{8,10}:A[A-Za-z0-9_-]{34}\b", any),
        form("DISCORD_TOKEN", ".", r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}", any),
        form("TERRAFORM_TOKEN", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,80}", any),
        form("AZURE_SECRET", "q~", r"\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", any),
        form("AZURE_STORAGE_KEY", "key=", r"(?i)(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,90}={0,2})", any),
        form("MAILCHIMP_KEY", "-us", r"\b[0-9a-f]{32}-us\d{1,2}\b", any),
        form("TWILIO_KEY", "sk", r"\bSK[0-9a-f]{32}\b", any),
        form("PASSWORD_HASH", "$", r"\$(?:2[aby]\$\d\d\$[A-Za-z0-9./]{53}|argon2(?:id|i|d)\$v=\d+\$[a-z0-9=,]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+|[56]\$(?:rounds=\d+\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{43,86})", any),
        form("GENERIC_API_KEY", "django-insecure-", r"django-insecure-[^\s\x22']{30,80}", any),
        // Command lines.
        form("PASSWORD", "sshpass", r#"\bsshpass\s+-p\s*["']?([^\s"']{3,200})"#, literal),
        form("PASSWORD", "-p", r#"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|;&]{0,200}?\s-p["']?([^\s"']{3,200})"#, literal),
        form("PASSWORD", "login", r#"\b(?:docker|podman|helm|oc|az|skopeo|nerdctl|buildah|crane|oras)\s[^\n|;&]{0,40}?login\b[^\n|;&]{0,200}?\s(?:-p|--password)[\s=]+(?:'([^'\n]{3,200})'|"([^"\n]{3,200})"|([^\s"']{3,200}))"#, literal),
        form("PASSWORD", "-", r#"\b(?:curl|wget|http|https|xh)\b[^\n]{0,400}?\s(?:-u|--user|--proxy-user|-U|-a|--auth)[\s=]+["']?[^\s:"']{1,100}:([^\s"']{3,200})"#, literal),
        form("PASSWORD", "redis-cli", r#"\bredis-cli\b[^\n|;&]{0,200}?\s(?:-a|--pass)\s+["']?([^\s"']{3,200})"#, literal),
        form("PASSWORD", "-", r#"\b(?:mongosh?|mongodump|mongorestore|sqlcmd|bcp|ldapsearch|smbclient|7z|unzip|zip|keytool|openssl)\b[^\n|;&]{0,200}?\s(?:-p|-P|-w|-storepass|-keypass)\s+["']?([^\s"'-][^\s"']{4,200})"#, password),
        form("PASSWORD", "pass:", r"-pass(?:in|out)?\s+pass:([^\s]{3,200})", literal),
        form("PASSWORD", "echo", r#"\becho\s+(?:-n\s+)?["']?([^\s"'|$]{6,200})["']?\s*\|\s*(?:sudo\s+-S|(?:docker|podman|helm|gh|npm|vault|kubectl|az|glab|wrangler)\s+[^\n]{0,80}(?:--password-stdin|--with-token|login|secret))"#, password),
        // SQL.
        form("PASSWORD", "'", r"(?i)\b(?:identified\s+(?:with\s+\S+\s+)?by|(?:with\s+)?(?:encrypted\s+)?password)\s*=?\s+'([^'\n]{3,200})'", literal),
        form("PASSWORD", "password", r"(?i)\bset\s+password\b[^\n']{0,80}'([^'\n]{3,200})'", literal),
        // Files of credentials.
        form("PASSWORD", "machine", r"\bmachine\s+\S+\s+(?:login\s+\S+\s+)?password\s+(\S{3,200})", literal),
        form("PASSWORD", ":", r"(?m)^[A-Za-z0-9.*_-]+:(?:\d{2,5}|\*):[A-Za-z0-9.*_-]+:[A-Za-z0-9.*_-]+:(\S{3,200})$", literal),
        form("BASIC_AUTH", "auth", r#"["'\\]auth["'\\]+\s*:\s*["'\\]+([A-Za-z0-9+/]{12,400}={0,2})"#, literal),
        form("PRIVATE_KEY", "client-key-data", r"(?i)client-key-data:\s*([A-Za-z0-9+/]{40,}={0,2})", any),
        form("GENERIC_API_KEY", "_auth", r"(?m)_auth(?:Token)?\s*=\s*([A-Za-z0-9+/_=-]{8,400})", literal),
    ]
});

/// The private members of a JSON Web Key (RFC 7518 section 6).
static JWK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["'\\]+(?:d|p|q|dp|dq|qi|k)["'\\]+\s*:\s*["'\\]+([A-Za-z0-9_-]{20,2000})"#)
        .expect("fixed and tested")
});
/// Entries of a Kubernetes Secret.
static SECRET_DATA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s{1,8}[A-Za-z0-9._-]{1,100}:\s+([A-Za-z0-9+/]{8,}={0,2})\s*$")
        .expect("fixed and tested")
});
static KEY_BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-----BEGIN (?:[A-Z0-9 ]{0,30} )?PRIVATE KEY(?: BLOCK)?-----").expect("fixed and tested")
});
static KEY_BLOCK_END: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-----END (?:[A-Z0-9 ]{0,30} )?PRIVATE KEY(?: BLOCK)?-----").expect("fixed and tested")
});
/// The longest private key that is taken for one block.
const KEY_BYTES_MAX: usize = 32 * 1024;

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let lower = text.to_ascii_lowercase();
    for form in FORMS.iter().filter(|form| lower.contains(form.needle)) {
        for groups in form.pattern.captures_iter(text) {
            let whole = groups.get(0);
            let group = groups.iter().skip(1).flatten().next().or(whole);
            if let Some(secret) = group.filter(|secret| (form.check)(secret.as_str())) {
                found.push(Finding { start: secret.start(), end: secret.end(), kind: form.kind });
            }
        }
    }
    if text.contains("kty") {
        let members = JWK.captures_iter(text).filter_map(|groups| groups.get(1));
        found.extend(members.map(|m| Finding { start: m.start(), end: m.end(), kind: "PRIVATE_KEY" }));
    }
    if text.contains("kind: Secret") || text.contains("type: Opaque") || text.contains("type: kubernetes.io/")
    {
        let data = text.find("data:").unwrap_or(text.len());
        let entries = SECRET_DATA.captures_iter(text).filter_map(|groups| groups.get(1));
        let entries = entries.filter(|entry| entry.start() > data && entry.len() % 4 == 0);
        found.extend(entries.map(|m| Finding { start: m.start(), end: m.end(), kind: "GENERIC_API_KEY" }));
    }
    key_blocks(text, found);
}

/// Private keys in PEM (RFC 7468): up to their end line, or as far as a block can reach when that is missing.
fn key_blocks(text: &str, found: &mut Vec<Finding>) {
    let mut begin = KEY_BLOCK.find(text);
    let ends: Vec<usize> = match begin {
        Some(_) => KEY_BLOCK_END.find_iter(text).map(|end| end.end()).collect(),
        None => return,
    };
    while let Some(header) = begin {
        let start = header.end();
        let mut limit = (start + KEY_BYTES_MAX).min(text.len());
        while !text.is_char_boundary(limit) {
            limit -= 1;
        }
        let next = ends.get(ends.partition_point(|end| *end <= start)).filter(|end| **end <= limit);
        let end = match next {
            Some(end) => *end,
            None => start + unfinished(text.get(start..limit).unwrap_or_default()),
        };
        found.push(Finding { start: header.start(), end, kind: "PRIVATE_KEY" });
        begin = KEY_BLOCK.find_at(text, end);
    }
}

/// How far a block without an end line reaches: to the first line without a long run of key material.
fn unfinished(block: &str) -> usize {
    let is_material = |line: &str| {
        line.trim().is_empty()
            || line
                .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
                .any(|run| run.len() >= 16)
    };
    let lines = block.split_inclusive('\n');
    // The first piece is the rest of the BEGIN line.
    let first = block.split_inclusive('\n').next().map_or(0, str::len);
    first + lines.skip(1).take_while(|line| is_material(line)).map(str::len).sum::<usize>()
}
