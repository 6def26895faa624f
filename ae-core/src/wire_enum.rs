//! Enums with one text each way.

/// Declares an enum of names: `as_str`, `Display` and serde all use the text after each `=`.
///
/// The enum is `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq` and `Hash`; other derives and attributes go above it. The
/// crate that uses it depends on `serde`.
///
/// ```
/// ae_core::wire_enum! {
///     /// The state of a door.
///     #[non_exhaustive]
///     pub enum Door {
///         /// Anyone can pass.
///         WideOpen = "wide_open",
///         /// A key is needed.
///         Shut = "shut",
///     }
/// }
///
/// assert_eq!(Door::WideOpen.to_string(), "wide_open");
/// assert_eq!(Door::ALL, [Door::WideOpen, Door::Shut]);
/// assert_eq!(serde_json::from_str::<Door>("\"shut\"")?, Door::Shut);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! wire_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ::serde::Serialize, ::serde::Deserialize)]
        $vis enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The wire name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
