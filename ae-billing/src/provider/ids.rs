//! Names of billing objects, as validated text.

use ae_core::{DigestWriter, IdempotencyKey, checked_text};

/// The longest id, in bytes; vendors promise no less.
const ID_BYTES_MAX: usize = 255;

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        checked_text! {
            $(#[$doc])*
            ///
            /// 1 to 255 ASCII letters, digits, underscores or hyphens. A vendor's id is parsed; a ledger that names its
            #[doc = concat!("own objects uses [`of_key`](", stringify!($name), "::of_key).")]
            pub struct $name: concat!("a ", $kind, " id: 1 to 255 letters, digits, underscores or hyphens"), is_object_id
        }

        impl $name {
            /// The id that the object made under `key` has in a ledger that names its own objects:
            #[doc = concat!("`", $prefix, "` and 24 hex digits. The same key always gives the same id.")]
            pub fn of_key(key: &IdempotencyKey) -> Self {
                Self(derived($prefix, key))
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,255}$" })
            }
        }
    };
}

object_id!(
    /// Names a [`Product`](crate::Product).
    ProductId,
    "product",
    "prod_"
);
object_id!(
    /// Names a [`Price`](crate::Price).
    PriceId,
    "price",
    "price_"
);
object_id!(
    /// Names a [`PaymentLink`](crate::PaymentLink).
    LinkId,
    "payment link",
    "link_"
);
object_id!(
    /// Names a [`Payment`](crate::Payment).
    PaymentId,
    "payment",
    "pay_"
);

object_id!(
    /// Names a [`Customer`](crate::Customer).
    CustomerId,
    "customer",
    "cus_"
);
object_id!(
    /// Names a [`Checkout`](crate::Checkout).
    CheckoutId,
    "checkout",
    "cs_"
);
object_id!(
    /// Names a [`Subscription`](crate::Subscription).
    SubscriptionId,
    "subscription",
    "sub_"
);
object_id!(
    /// Names a [`Meter`](crate::Meter).
    MeterId,
    "meter",
    "mtr_"
);
object_id!(
    /// Names an [`Endpoint`](crate::Endpoint).
    EndpointId,
    "webhook endpoint",
    "we_"
);
object_id!(
    /// Names a [`Refund`](crate::Refund).
    RefundId,
    "refund",
    "re_"
);

/// `prefix` and the first 24 hex digits of the hash of `key`: 96 bits, far beyond what one ledger can collide in.
pub(crate) fn derived(prefix: &str, key: &IdempotencyKey) -> String {
    let digest =
        DigestWriter::new("billing-id/1").field(prefix.as_bytes()).field(key.as_str().as_bytes()).finish();
    format!("{prefix}{}", digest.short(24))
}

fn is_object_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use ae_core::{Digest, RunId};

    use super::*;

    #[test]
    fn a_key_names_one_object_of_each_kind() {
        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        let key = IdempotencyKey::derive(run, "monetize", "ensure_price", 0);
        let other = IdempotencyKey::derive(run, "monetize", "ensure_price", 1);
        assert_eq!(PriceId::of_key(&key), PriceId::of_key(&key));
        assert_ne!(PriceId::of_key(&key), PriceId::of_key(&other));
        assert!(LinkId::of_key(&key).as_str().starts_with("link_"));
        assert_eq!(LinkId::of_key(&key).as_str().len(), 29);
    }

    #[test]
    fn text_that_could_leave_a_path_is_not_an_id() {
        for text in ["", "../etc", "link 1", "link/1", "link_é", "a?b", &"x".repeat(256)] {
            assert!(text.parse::<LinkId>().is_err(), "{text}");
            assert!(serde_json::from_value::<LinkId>(text.into()).is_err(), "{text}");
        }
        assert_eq!("plink_1Abc".parse::<LinkId>().unwrap().as_str(), "plink_1Abc");
    }
}
