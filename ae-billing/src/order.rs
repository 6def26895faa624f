//! The name of an order.

use ae_core::{Digest, IdempotencyKey};

/// The alphabet of Crockford's base 32 in lower case: without i, l, o and u, which are misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "ord_";
/// 130 bits: an order can't be guessed, so that its page can be shown to the one who knows its name.
const CHARS: usize = 26;

ae_core::checked_text! {
    /// Names an order: what a buyer quotes when paying, and what a licence names.
    ///
    /// `ord_` and 26 characters of 0-9 and a-z without i, l, o and u: a digest, never a vendor's id and never personal data.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    pub struct OrderId: "an order: expected ord_ and 26 characters of 0-9 and a-z without i, l, o and u", |text| {
        text.strip_prefix(PREFIX)
            .is_some_and(|rest| rest.len() == CHARS && rest.bytes().all(|byte| ALPHABET.contains(&byte)))
    }
}

impl OrderId {
    /// The order that is placed under `key`.
    pub fn of_key(key: &IdempotencyKey) -> Self {
        Self::of_digest(&Digest::of_bytes("billing-order/1", key.as_str().as_bytes()))
    }

    /// The order of an entitlement, from its id with the provider's name before it: the one that the id names, as in
    /// `offline-ledger:ord_…`, else one that is derived from the id.
    pub fn of_entitlement(id: &str) -> Self {
        let named = id.rsplit_once(':').and_then(|(_, name)| name.parse().ok());
        named.unwrap_or_else(|| {
            Self::of_digest(&Digest::of_bytes("billing-entitlement-order/1", id.as_bytes()))
        })
    }

    fn of_digest(digest: &Digest) -> Self {
        let mut text = String::from(PREFIX);
        let (mut bits, mut count) = (0_u32, 0_u32);
        for byte in digest.as_bytes() {
            bits = (bits << 8) | u32::from(*byte);
            count += 8;
            while count >= 5 && text.len() < PREFIX.len() + CHARS {
                count -= 5;
                // Five bits: always a place in the alphabet.
                let place = usize::try_from((bits >> count) & 31).unwrap_or_default();
                text.extend(ALPHABET.get(place).map(|letter| char::from(*letter)));
            }
            bits &= 0xff;
        }
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use ae_core::RunId;

    use super::*;

    #[test]
    fn an_order_has_one_fixed_name() {
        let zero = OrderId::of_digest(&Digest::from_bytes([0; 32]));
        assert_eq!(zero.as_str(), "ord_00000000000000000000000000");
        let mut bytes = [0xff; 32];
        bytes[0] = 0b0000_1000; // 00001 000 11 …
        assert_eq!(OrderId::of_digest(&Digest::from_bytes(bytes)).as_str(), "ord_13zzzzzzzzzzzzzzzzzzzzzzzz");
        let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("t", b"")), "pay", "order", 0);
        let order = OrderId::of_key(&key);
        assert_eq!(order.as_str().parse::<OrderId>().unwrap(), order);
    }

    #[test]
    fn an_entitlement_names_its_order_or_has_a_derived_one() {
        let named = OrderId::of_digest(&Digest::from_bytes([7; 32]));
        assert_eq!(OrderId::of_entitlement(&format!("offline-ledger:{named}")), named);
        let (one, other) = ("stripe:sub_1", "stripe:sub_2");
        assert_ne!(OrderId::of_entitlement(one), OrderId::of_entitlement(other));
        assert!(!OrderId::of_entitlement(one).as_str().contains("sub"));
    }

    #[test]
    fn other_text_is_not_an_order() {
        let letters = "0".repeat(26);
        for text in ["", "ord_", &letters, &format!("ord_{letters}0"), &format!("ord_{}i", &letters[1..])] {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
        assert!(format!("ord_{letters}").parse::<OrderId>().is_ok());
        assert!(format!("ORD_{letters}").parse::<OrderId>().is_err());
    }
}
