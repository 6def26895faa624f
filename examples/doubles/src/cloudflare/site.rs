//! The sites.

use super::{
    SUBDOMAIN,
    state::{Script, State, Version},
};
use crate::server::{Reply, Seen};

/// The digits of a version's id in the address of its preview.
const PREVIEW_DIGITS: usize = 8;

/// The answer of a site.
pub(super) fn answer(state: &State, request: &Seen) -> Reply {
    let host = request.header("host").split(':').next().unwrap_or_default();
    let nothing = || Reply::html(404, "There is nothing here yet");
    let Some(version) = version(state, host) else { return nothing() };
    let path = request.path.as_str();
    let candidates = if path.ends_with('/') {
        vec![format!("{path}index.html")]
    } else {
        vec![path.to_owned(), format!("{path}.html")]
    };
    let file = |path: &String| version.files.get(path).and_then(|hash| state.files.get(hash));
    let found = candidates.iter().find_map(file).map(|file| (200, file));
    let lost = || file(&"/404.html".to_owned()).map(|file| (404, file));
    let Some((status, (content_type, content))) = found.or_else(lost) else { return nothing() };
    let mut reply = Reply::new(status, content_type, content.clone());
    // A rule for every address: a name and a value a line.
    for line in version.config["_headers"].as_str().unwrap_or_default().lines().skip(1) {
        if let Some((name, value)) = line.trim().split_once(": ") {
            reply = reply.with_header(name, value);
        }
    }
    reply
}

/// The version that answers at a host.
fn version<'a>(state: &'a State, host: &str) -> Option<&'a Version> {
    if let Some(service) = state.domains.get(host) {
        return state.scripts.get(service)?.active();
    }
    let name = host.strip_suffix(&format!(".{SUBDOMAIN}.localhost"))?;
    let live = state.scripts.get(name).filter(|script| script.enabled).and_then(Script::active);
    live.or_else(|| {
        let (start, name) = name.split_at_checked(PREVIEW_DIGITS)?;
        let script = state.scripts.get(name.strip_prefix('-')?).filter(|script| script.enabled)?;
        script.versions.iter().find(|version| version.id.starts_with(start))
    })
}

/// The bytes of a Base64 text.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in text.iter().filter(|letter| **letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}
