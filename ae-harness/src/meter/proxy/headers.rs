//! The headers of a request and an answer, and the keys among them. Pure.

use ae_core::Secret;
use ae_core_wire::Call;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};

const ANTHROPIC: HeaderName = HeaderName::from_static("x-api-key");
const GOOGLE: HeaderName = HeaderName::from_static("x-goog-api-key");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Headers that concern one connection alone (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers of a request that are made again for the vendor, or carry a key.
const OF_THE_REQUEST: [HeaderName; 6] = [ANTHROPIC, AUTHORIZATION, CONTENT_LENGTH, EXPECT, GOOGLE, HOST];

/// The place of a key in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Anthropic,
    Bearer,
    Google,
}

/// The vendor's key, in each form.
#[derive(Debug)]
pub(super) struct VendorKey {
    plain: HeaderValue,
    bearer: HeaderValue,
}

impl VendorKey {
    /// `None` for a key that no header can hold.
    pub(super) fn new(key: &Secret<String>) -> Option<Self> {
        let value = |text: &str| {
            let mut value = HeaderValue::try_from(text).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        let plain = value(key.expose()).filter(|plain| !plain.is_empty())?;
        Some(Self { plain, bearer: value(&format!("Bearer {}", key.expose()))? })
    }
}

/// The place of the first key of a request for which `is_right` holds.
///
/// Gemini's clients may give theirs in the query.
pub(super) fn place_of_key(
    headers: &HeaderMap,
    query: Option<&str>,
    is_right: impl Fn(&[u8]) -> bool,
) -> Option<Place> {
    let bearer = |value: &[u8]| {
        let (scheme, key) = value.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.to_vec())
    };
    let in_header = |name: &HeaderName| headers.get_all(name).iter().any(|value| is_right(value.as_bytes()));
    if in_header(&ANTHROPIC) {
        return Some(Place::Anthropic);
    }
    if in_header(&GOOGLE) {
        return Some(Place::Google);
    }
    let bearers = headers.get_all(AUTHORIZATION);
    if bearers.iter().filter_map(|value| bearer(value.as_bytes())).any(|key| is_right(&key)) {
        return Some(Place::Bearer);
    }
    let mut parameters = query.unwrap_or_default().split('&');
    let in_query =
        parameters.any(|pair| pair.strip_prefix("key=").is_some_and(|key| is_right(key.as_bytes())));
    in_query.then_some(Place::Google)
}

/// The query without a key.
pub(super) fn query_onward(query: Option<&str>) -> Option<String> {
    let kept: Vec<_> = query?.split('&').filter(|pair| !pair.starts_with("key=")).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The headers of a request for the vendor: with the vendor's key in the place of the stand-in, and no other key.
pub(super) fn onward(mut headers: HeaderMap, place: Place, key: &VendorKey) -> HeaderMap {
    drop_connection(&mut headers);
    for name in OF_THE_REQUEST {
        headers.remove(name);
    }
    for name in Call::WITHHELD_HEADERS {
        headers.remove(*name);
    }
    let (name, value) = match place {
        Place::Anthropic => (ANTHROPIC, &key.plain),
        Place::Bearer => (AUTHORIZATION, &key.bearer),
        Place::Google => (GOOGLE, &key.plain),
    };
    headers.insert(name, value.clone());
    // The usage is read from the answer as it passes by.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// The headers of an answer for the agent.
pub(super) fn back(mut headers: HeaderMap) -> HeaderMap {
    drop_connection(&mut headers);
    headers
}

/// Removes what concerns one connection alone, and what `connection` names.
fn drop_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_key_is_found_in_every_place_and_replaced_there() {
        let key = VendorKey::new(&Secret::new("real".to_owned())).unwrap();
        for (headers, query, sent) in [
            (map(&[("x-api-key", "dummy")]), None, ("x-api-key", "real")),
            (map(&[("authorization", "bearer dummy")]), None, ("authorization", "Bearer real")),
            (map(&[("x-goog-api-key", "dummy")]), None, ("x-goog-api-key", "real")),
            (map(&[]), Some("alt=sse&key=dummy"), ("x-goog-api-key", "real")),
        ] {
            let place = place_of_key(&headers, query, |key| key == b"dummy").unwrap();
            let onward = onward(headers, place, &key);
            assert_eq!(onward, map(&[sent, ("accept-encoding", "identity")]));
            assert!(!format!("{onward:?}").contains("real"), "the key is marked as a secret");
        }
        for headers in [map(&[("x-api-key", "wrong")]), map(&[("authorization", "dummy")]), map(&[])] {
            assert_eq!(place_of_key(&headers, Some("keys=dummy"), |key| key == b"dummy"), None);
        }
        assert_eq!(query_onward(Some("alt=sse&key=dummy")).as_deref(), Some("alt=sse"));
        assert_eq!((query_onward(Some("key=dummy")), query_onward(None)), (None, None));
        assert!(VendorKey::new(&Secret::new("a\nb".to_owned())).is_none());
        assert!(VendorKey::new(&Secret::new(String::new())).is_none());
    }

    #[test]
    fn only_headers_of_the_connection_are_left_out() {
        let key = VendorKey::new(&Secret::new("real".to_owned())).unwrap();
        let headers = map(&[
            ("host", "127.0.0.1"),
            ("connection", "close, x-of-the-connection"),
            ("x-of-the-connection", "1"),
            ("transfer-encoding", "chunked"),
            ("expect", "100-continue"),
            ("accept-encoding", "gzip"),
            ("authorization", "Bearer another"),
            ("anthropic-version", "2023-06-01"),
            ("x-api-key", "dummy"),
        ]);
        let onward = onward(headers.clone(), Place::Anthropic, &key);
        let expected = map(&[
            ("anthropic-version", "2023-06-01"),
            ("x-api-key", "real"),
            ("accept-encoding", "identity"),
        ]);
        assert_eq!(onward, expected);
        assert_eq!(
            back(map(&[("connection", "keep-alive"), ("content-length", "7"), ("x-id", "1")])).len(),
            2
        );
    }
}
