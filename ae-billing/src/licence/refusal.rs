//! Why a licence is refused.

use ae_core::Timestamp;

/// Why a licence, or a list of ended orders, is refused: a sentence for its reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenceRefusal {
    /// It has not the form of a licence.
    #[error("this is not a whole licence: copy all of its text from the page of the order")]
    Malformed,
    /// It names another algorithm than ES256.
    #[error("this licence is signed in another way than those of this product")]
    OtherAlgorithm,
    /// It names a key that the product does not have.
    #[error(
        "this licence is signed with a key that is not known here: copy it again from the page of the order"
    )]
    UnknownKey,
    /// The signature does not fit.
    #[error(
        "this licence was changed or was not made by the seller: copy it again from the page of the order"
    )]
    BadSignature,
    /// It has a version that is not known.
    #[error("this licence has a newer form than is known here: reload the product")]
    UnknownVersion,
    /// It belongs to another product.
    #[error("this licence is for another product")]
    OtherProduct,
    /// It belongs to a tier that does not unlock this.
    #[error("this licence is for another tier")]
    OtherTier,
    /// Its order was given back or ended.
    #[error("the order of this licence was given back or ended")]
    Ended,
    /// The clock shows an earlier time than was seen before.
    #[error("the clock of this device is behind: set its date and time, then try again")]
    ClockBehind,
    /// It begins later.
    #[error("this licence begins at {0}")]
    NotYet(Timestamp),
    /// It is over.
    #[error("this licence was paid until {0}: pay the next period and copy the new licence")]
    Expired(Timestamp),
}
