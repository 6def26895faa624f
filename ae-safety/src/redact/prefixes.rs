//! Tokens that name their vendor: a public prefix and a tail of known length and alphabet.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{Finding, boundary::starts_fresh, values::looks_random};

/// The characters of a tail.
#[derive(Debug, Clone, Copy)]
enum Tail {
    /// `0-9 a-f`.
    Hex,
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Letters, digits, `_`, `-` and `.`.
    Dotted,
    /// Letters, digits, `+ / = _ -`.
    Base64,
}

impl Tail {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-'),
        }
    }
}

struct Rule {
    /// The prefixes, with blanks between them.
    prefixes: &'static str,
    kind: &'static str,
    tail: Tail,
    min: usize,
    max: usize,
}

const fn rule(prefixes: &'static str, kind: &'static str, tail: Tail, min: usize, max: usize) -> Rule {
    Rule { prefixes, kind, tail, min, max }
}

/// Public formats: the vendors' own documentation of their tokens.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    // Clouds.
    rule("AKIA ASIA ABIA ACCA", "AWS_ACCESS_KEY", Tail::Alnum, 16, 16),
    rule("ABSK", "AWS_SECRET_KEY", Tail::Base64, 100, 160),
    rule("bedrock-api-key-", "AWS_SECRET_KEY", Tail::Base64, 40, 4096),
    rule("AIza", "GOOGLE_API_KEY", Tail::Word, 35, 35),
    rule("AQ.Ab8RN6", "GOOGLE_API_KEY", Tail::Word, 30, 60),
    rule("GOCSPX-", "GOOGLE_API_KEY", Tail::Word, 28, 28),
    rule("ya29.", "GOOGLE_API_KEY", Tail::Dotted, 30, 2048),
    rule("GOOG1", "GOOGLE_API_KEY", Tail::Alnum, 50, 60),
    rule("LTAI", "ALIBABA_KEY", Tail::Alnum, 12, 30),
    rule("AKID", "TENCENT_KEY", Tail::Alnum, 13, 40),
    rule("AQVN", "YANDEX_KEY", Tail::Word, 35, 38),
    rule("t1.", "YANDEX_KEY", Tail::Dotted, 80, 600),
    rule("y0_", "YANDEX_KEY", Tail::Word, 50, 70),
    rule("dop_v1_ doo_v1_ dor_v1_", "DIGITALOCEAN_TOKEN", Tail::Hex, 64, 64),
    rule("HRKU-", "HEROKU_KEY", Tail::Word, 36, 80),
    rule("fo1_", "FLY_TOKEN", Tail::Word, 43, 43),
    rule("fm1r_ fm1a_ fm2_", "FLY_TOKEN", Tail::Base64, 80, 2048),
    rule("vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_", "VERCEL_TOKEN", Tail::Word, 24, 80),
    rule("nfp_ nfc_ nfo_ nfu_", "NETLIFY_TOKEN", Tail::Alnum, 36, 40),
    rule("rnd_", "RENDER_KEY", Tail::Alnum, 28, 40),
    rule("tk-us-", "SCALINGO_TOKEN", Tail::Word, 48, 48),
    rule("sha256~", "OPENSHIFT_TOKEN", Tail::Word, 43, 43),
    rule("pul-", "PULUMI_TOKEN", Tail::Hex, 40, 40),
    rule("tskey-", "TAILSCALE_KEY", Tail::Word, 20, 100),
    rule("hvs. hvb. hvr.", "VAULT_TOKEN", Tail::Word, 24, 400),
    rule("dp.pt. dp.ct. dp.sa. dp.scim. dp.audit. dp.said.", "DOPPLER_TOKEN", Tail::Alnum, 40, 44),
    rule("dp.st.", "DOPPLER_TOKEN", Tail::Dotted, 40, 90),
    rule("ops_eyJ", "ONEPASSWORD_TOKEN", Tail::Base64, 200, 4096),
    rule("A3-", "ONEPASSWORD_KEY", Tail::Word, 32, 40),
    // Source and packages.
    rule("ghp_ gho_ ghu_ ghr_", "GITHUB_TOKEN", Tail::Alnum, 36, 255),
    rule("ghs_", "GITHUB_TOKEN", Tail::Dotted, 36, 1024),
    rule("github_pat_", "GITHUB_TOKEN", Tail::Word, 50, 255),
    rule("glpat- gldt- glptt- glrt- glrtr- glcbt- glft- glimt- glsoat- glffct- glagent- gloas-", "GITLAB_TOKEN", Tail::Dotted, 20, 320),
    rule("GR1348941", "GITLAB_TOKEN", Tail::Word, 20, 40),
    rule("_gitlab_session=", "GITLAB_TOKEN", Tail::Hex, 32, 32),
    rule("ATATT3xFfGF0 ATCTT3xFfGN0", "ATLASSIAN_TOKEN", Tail::Base64, 100, 300),
    rule("ATBB", "ATLASSIAN_TOKEN", Tail::Alnum, 32, 32),
    rule("npm_", "NPM_TOKEN", Tail::Alnum, 36, 36),
    rule("pypi-AgEIcHlwaS5vcmc pypi-AgENdGVzdC5weXBpLm9yZw", "PYPI_TOKEN", Tail::Word, 50, 1024),
    rule("rubygems_", "RUBYGEMS_TOKEN", Tail::Hex, 48, 48),
    rule("CLOJARS_ clojars_", "CLOJARS_TOKEN", Tail::Alnum, 60, 60),
    rule("oy2", "NUGET_KEY", Tail::Alnum, 43, 43),
    rule("cio", "CRATES_TOKEN", Tail::Alnum, 32, 32),
    rule("dckr_pat_ dckr_oat_", "DOCKER_TOKEN", Tail::Word, 27, 40),
    rule("AKCp", "ARTIFACTORY_KEY", Tail::Alnum, 40, 80),
    rule("cmVmdGtuO", "ARTIFACTORY_KEY", Tail::Alnum, 50, 60),
    rule("sgp_ sgd_", "SOURCEGRAPH_TOKEN", Tail::Word, 40, 80),
    rule("slk_", "SOURCEGRAPH_TOKEN", Tail::Hex, 64, 64),
    rule("sqp_ squ_ sqa_", "SONAR_TOKEN", Tail::Hex, 40, 40),
    rule("bkua_", "BUILDKITE_TOKEN", Tail::Hex, 40, 40),
    rule("CCIPAT_ CCIPRJ_", "CIRCLECI_TOKEN", Tail::Word, 40, 100),
    rule("figd_ figo_", "FIGMA_TOKEN", Tail::Word, 38, 60),
    rule("lin_api_ lin_oauth_", "LINEAR_KEY", Tail::Alnum, 40, 64),
    // Models and agents.
    rule("sk-proj- sk-svcacct- sk-admin- sk-None-", "OPENAI_API_KEY", Tail::Word, 40, 250),
    rule("sk-ant-", "ANTHROPIC_API_KEY", Tail::Word, 40, 250),
    rule("sk-or-v1-", "OPENROUTER_KEY", Tail::Hex, 64, 64),
    rule("sk-lf-", "LANGFUSE_KEY", Tail::Word, 36, 36),
    rule("sk-", "OPENAI_API_KEY", Tail::Word, 32, 64),
    rule("sk_", "GENERIC_API_KEY", Tail::Hex, 48, 64),
    rule("gsk_", "GROQ_KEY", Tail::Alnum, 40, 64),
    rule("csk-", "CEREBRAS_KEY", Tail::Alnum, 40, 64),
    rule("xai-", "XAI_KEY", Tail::Alnum, 70, 90),
    rule("pplx-", "PERPLEXITY_KEY", Tail::Alnum, 40, 64),
    rule("fw_", "FIREWORKS_KEY", Tail::Alnum, 20, 40),
    rule("nvapi-", "NVIDIA_KEY", Tail::Word, 50, 90),
    rule("tgp_v1_", "TOGETHER_KEY", Tail::Word, 40, 60),
    rule("jina_", "JINA_KEY", Tail::Alnum, 50, 70),
    rule("pa-", "VOYAGE_KEY", Tail::Word, 43, 43),
    rule("hf_", "HUGGINGFACE_TOKEN", Tail::Alnum, 30, 40),
    rule("api_org_", "HUGGINGFACE_TOKEN", Tail::Alnum, 34, 34),
    rule("r8_", "REPLICATE_TOKEN", Tail::Alnum, 37, 40),
    rule("e2b_", "E2B_KEY", Tail::Hex, 40, 40),
    rule("tvly-", "TAVILY_KEY", Tail::Word, 20, 60),
    rule("fc-", "FIRECRAWL_KEY", Tail::Hex, 32, 32),
    rule("apify_api_", "APIFY_TOKEN", Tail::Alnum, 34, 40),
    rule("lsv2_pt_ lsv2_sk_", "LANGSMITH_KEY", Tail::Word, 40, 50),
    rule("pcsk_", "PINECONE_KEY", Tail::Word, 50, 90),
    rule("wandb_v1_", "WANDB_KEY", Tail::Word, 40, 100),
    rule("phx_", "POSTHOG_KEY", Tail::Alnum, 40, 50),
    // Money.
    rule("sk_live_ sk_test_ rk_live_ rk_test_", "STRIPE_SECRET", Tail::Alnum, 16, 250),
    rule("whsec_", "STRIPE_SECRET", Tail::Base64, 24, 100),
    rule("polar_oat_ polar_pat_ polar_whs_", "POLAR_TOKEN", Tail::Alnum, 30, 60),
    rule("pdl_live_apikey_ pdl_sdbx_apikey_ pdl_ntfset_", "PADDLE_KEY", Tail::Word, 40, 90),
    rule("EAAA", "SQUARE_TOKEN", Tail::Word, 60, 60),
    rule("sq0atp-", "SQUARE_TOKEN", Tail::Word, 22, 60),
    rule("sq0csp-", "SQUARE_TOKEN", Tail::Word, 43, 60),
    rule("access_token$production$ access_token$sandbox$", "BRAINTREE_TOKEN", Tail::Word, 20, 80),
    rule("access-production- access-sandbox- access-development-", "PLAID_TOKEN", Tail::Word, 36, 36),
    rule("shippo_live_ shippo_test_", "SHIPPO_TOKEN", Tail::Hex, 40, 40),
    rule("EZAK EZTK", "EASYPOST_KEY", Tail::Alnum, 54, 54),
    rule("shpat_ shpca_ shppa_ shpss_", "SHOPIFY_TOKEN", Tail::Alnum, 32, 40),
    rule("FLWSECK_TEST-", "FLUTTERWAVE_KEY", Tail::Word, 12, 50),
    rule("FLWSECK-", "FLUTTERWAVE_KEY", Tail::Word, 32, 50),
    // Messages and data.
    rule("xoxb- xoxp- xoxa- xoxr- xoxs- xoxc- xoxe- xoxe.xoxp- xoxe.xoxb- xapp-", "SLACK_TOKEN", Tail::Word, 20, 350),
    rule("xoxd-", "SLACK_TOKEN", Tail::Base64, 20, 350),
    rule("SG.", "SENDGRID_KEY", Tail::Dotted, 60, 70),
    rule("re_", "RESEND_KEY", Tail::Word, 24, 40),
    rule("xkeysib- xsmtpsib-", "BREVO_KEY", Tail::Word, 70, 90),
    rule("mlsn.", "MAILERSEND_KEY", Tail::Hex, 64, 64),
    rule("key-", "MAILGUN_KEY", Tail::Hex, 32, 32),
    rule("pat-na1- pat-eu1-", "HUBSPOT_TOKEN", Tail::Word, 36, 36),
    rule("secret_", "NOTION_TOKEN", Tail::Alnum, 43, 43),
    rule("ntn_", "NOTION_TOKEN", Tail::Alnum, 40, 50),
    rule("pat", "AIRTABLE_TOKEN", Tail::Dotted, 79, 79),
    rule("PMAK-", "POSTMAN_KEY", Tail::Word, 55, 64),
    rule("tfp_", "TYPEFORM_TOKEN", Tail::Dotted, 40, 70),
    rule("EAAC EAAB EAAM EAAG", "FACEBOOK_TOKEN", Tail::Alnum, 80, 400),
    rule("IGQV", "FACEBOOK_TOKEN", Tail::Word, 80, 400),
    rule("sbp_", "SUPABASE_KEY", Tail::Hex, 40, 40),
    rule("sb_secret_", "SUPABASE_KEY", Tail::Word, 22, 60),
    rule("pscale_pw_ pscale_tkn_ pscale_oauth_", "PLANETSCALE_KEY", Tail::Dotted, 32, 64),
    rule("mdb_sa_sk_", "MONGODB_KEY", Tail::Word, 36, 48),
    rule("napi_", "NEON_KEY", Tail::Alnum, 48, 80),
    rule("4b1d", "CLICKHOUSE_KEY", Tail::Alnum, 38, 38),
    rule("essu_", "ELASTIC_KEY", Tail::Base64, 40, 100),
    rule("dapi dose", "DATABRICKS_TOKEN", Tail::Hex, 32, 32),
    rule("glsa_", "GRAFANA_TOKEN", Tail::Word, 41, 41),
    rule("glc_", "GRAFANA_TOKEN", Tail::Base64, 32, 400),
    rule("eyJrIjoi", "GRAFANA_TOKEN", Tail::Base64, 60, 400),
    rule("sntrys_", "SENTRY_TOKEN", Tail::Base64, 60, 400),
    rule("sntryu_", "SENTRY_TOKEN", Tail::Hex, 64, 64),
    rule("NRAK-", "NEWRELIC_KEY", Tail::Alnum, 27, 27),
    rule("NRII-", "NEWRELIC_KEY", Tail::Word, 32, 32),
    rule("NRRA-", "NEWRELIC_KEY", Tail::Hex, 40, 48),
    rule("dt0c01.", "DYNATRACE_TOKEN", Tail::Dotted, 80, 100),
    rule("sdk- api-", "LAUNCHDARKLY_KEY", Tail::Word, 36, 36),
    rule("sk.eyJ", "MAPBOX_TOKEN", Tail::Dotted, 60, 200),
    // Keys of their own.
    rule("AGE-SECRET-KEY-1", "AGE_KEY", Tail::Alnum, 58, 58),
    rule("AGE-SECRET-KEY-PQ-1", "AGE_KEY", Tail::Alnum, 58, 80),
    rule("p8e-", "DUFFEL_KEY", Tail::Alnum, 32, 32),
    rule("duffel_live_ duffel_test_", "DUFFEL_KEY", Tail::Word, 43, 43),
];

/// How far past a rule's maximum a tail is read.
const PAST_MAX: usize = 8;

/// The prefixes, and the rule of each.
static PREFIXES: LazyLock<(AhoCorasick, Vec<&Rule>)> = LazyLock::new(|| {
    let each = RULES.iter().flat_map(|rule| rule.prefixes.split(' ').map(move |prefix| (prefix, rule)));
    let (prefixes, rules): (Vec<_>, Vec<_>) = each.unzip();
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(prefixes)
        .expect("a few hundred short literals make a small automaton");
    (automaton, rules)
});

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let (automaton, rules) = &*PREFIXES;
    while let Some(hit) = automaton.find(aho_corasick::Input::new(text).range(from..)) {
        from = hit.end();
        let Some(rule) = rules.get(hit.pattern().as_usize()) else { continue };
        if !starts_fresh(bytes, hit.start()) {
            // The prefix may begin inside what was matched, as in `npm_hf_…`.
            from = hit.start() + 1;
            while !text.is_char_boundary(from) {
                from += 1;
            }
            continue;
        }
        if let Some(end) = tail(bytes, hit.end(), rule) {
            found.push(Finding { start: hit.start(), end, kind: rule.kind });
            from = end;
        }
    }
}

/// Where the token ends, when what follows the prefix is a tail of the rule.
fn tail(bytes: &[u8], start: usize, rule: &Rule) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let mut length = 0;
    // A few bytes past the maximum tell that it is too long; more would be read again for every prefix in a long run.
    while let Some(byte) = rest.get(length).filter(|_| length < rule.max + PAST_MAX) {
        if rule.tail.has(*byte) {
            length += 1;
        } else if matches!(rule.tail, Tail::Base64) && is_percent_base64(rest.get(length..)?) {
            length += 3;
        } else {
            break;
        }
    }
    // A full stop or a dash at the end belongs to the sentence.
    while length > 0 && matches!(rest.get(length - 1), Some(b'.' | b'-')) {
        length -= 1;
    }
    let body = rest.get(..length)?;
    // Letters and digits go on: this is a longer word of another kind.
    let ends = !rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
    (ends && (rule.min.max(1)..=rule.max).contains(&length) && looks_random(body)).then_some(start + length)
}

/// `+`, `/` or `=` as they stand in a URL.
fn is_percent_base64(rest: &[u8]) -> bool {
    matches!(rest, [b'%', b'2', b'B' | b'b' | b'F' | b'f', ..] | [b'%', b'3', b'D' | b'd', ..])
}
