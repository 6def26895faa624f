//! Keys: the bytes and the JWKs that are none.

use ae_billing::{LicenceKey, LicenceKeyError, LicencePublicKey};
use ae_core::Secret;
use serde_json::json;

use super::{secret, signer};

#[test]
fn bytes_that_are_no_key_are_refused_and_a_broken_source_is_named() {
    let order_of_the_curve = {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", &mut bytes)
            .unwrap();
        bytes
    };
    for bytes in [[0; 32], [0xff; 32], order_of_the_curve] {
        let refused = LicenceKey::new(1, &Secret::new(bytes)).unwrap_err();
        assert_eq!(refused, LicenceKeyError::Secret);
        let broken = LicenceKey::generate(1, || Secret::new(bytes)).unwrap_err();
        assert_eq!(broken, LicenceKeyError::Source);
    }
    let mut tries = vec![secret("a"), Secret::new([0; 32])];
    let (key, kept) = LicenceKey::generate(7, || tries.pop().unwrap()).unwrap();
    assert_eq!((key.number(), kept.expose()), (7, secret("a").expose()));
    assert_eq!(key.public(), signer(7, "a").public());
    let shown = format!("{key:?}");
    assert_eq!(shown, "LicenceKey { number: 7, .. }");
}

#[test]
fn a_public_key_is_a_jwk_and_nothing_else_is_read_as_one() {
    let jwk = serde_json::to_value(signer(1, "a").public()).unwrap();
    for (name, value) in [("kty", "EC"), ("crv", "P-256"), ("kid", "1"), ("alg", "ES256")] {
        assert_eq!(jwk[name], value);
    }
    assert_eq!(jwk.as_object().unwrap().len(), 6, "no private part: {jwk}");
    assert_eq!(serde_json::from_value::<LicencePublicKey>(jwk.clone()).unwrap(), signer(1, "a").public());
    let x = jwk["x"].as_str().unwrap().to_owned();
    for (name, value) in [
        ("kty", "RSA"),
        ("crv", "P-384"),
        ("alg", "HS256"),
        ("kid", "01"),
        ("kid", "one"),
        ("x", ""),
        ("x", &x[1..]),
        ("x", &format!("{x}=")),
        // Not on the curve.
        ("y", &x),
    ] {
        let mut other = jwk.clone();
        other[name] = json!(value);
        assert!(serde_json::from_value::<LicencePublicKey>(other).is_err(), "{name} {value}");
    }
}
