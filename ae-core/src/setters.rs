//! Setters of types that may grow.

/// Declares methods `with_x` that set one field each and return the value.
///
/// After the field's name stands the type of the argument: with `into` before it the argument may be whatever converts
/// to it, with `some` the field is an `Option`. A field with `=` gets that value, and the method takes no argument.
/// `Type.part` sets the fields of a part of the type.
///
/// ```
/// #[derive(Debug, Default)]
/// pub struct Parcel {
///     weight: u32,
///     label: String,
///     note: Option<String>,
///     fragile: bool,
/// }
///
/// ae_core::setters! { Parcel {
///     /// Sets the weight in grams.
///     fn with_weight(weight: u32);
///     /// Sets the label.
///     fn with_label(label: into String);
///     /// Adds a note.
///     fn with_note(note: some into String);
///     /// Marks it as fragile.
///     fn with_fragile(fragile = true);
/// } }
///
/// let parcel = Parcel::default().with_weight(250).with_label("books").with_note("ring twice").with_fragile();
/// assert_eq!((parcel.weight, parcel.note.as_deref()), (250, Some("ring twice")));
/// ```
#[macro_export]
macro_rules! setters {
    ($type:ident.$part:tt { $($setters:tt)* }) => {
        $crate::setters! { @all ($type) (.$part) $($setters)* }
    };
    ($type:ty { $($setters:tt)* }) => {
        $crate::setters! { @all ($type) () $($setters)* }
    };
    (@all ($type:ty) $part:tt $($(#[$doc:meta])* fn $name:ident($($how:tt)*);)*) => {
        impl $type {
            $($crate::setters! { @one ($(#[$doc])*) $part $name $($how)* })*
        }
    };
    (@one $doc:tt $part:tt $name:ident $field:ident = $value:expr) => {
        $crate::setters! { @set $doc $part $name $field: () ($value) }
    };
    (@one $doc:tt $part:tt $name:ident $field:ident: some into $Value:ty) => {
        $crate::setters! { @set $doc $part $name $field: ($field: impl Into<$Value>) (Some($field.into())) }
    };
    (@one $doc:tt $part:tt $name:ident $field:ident: some $Value:ty) => {
        $crate::setters! { @set $doc $part $name $field: ($field: $Value) (Some($field)) }
    };
    (@one $doc:tt $part:tt $name:ident $field:ident: into $Value:ty) => {
        $crate::setters! { @set $doc $part $name $field: ($field: impl Into<$Value>) ($field.into()) }
    };
    (@one $doc:tt $part:tt $name:ident $field:ident: $Value:ty) => {
        $crate::setters! { @set $doc $part $name $field: ($field: $Value) ($field) }
    };
    (@set ($($doc:tt)*) ($($part:tt)*) $name:ident $field:ident: ($($input:tt)*) ($value:expr)) => {
        $($doc)*
        #[must_use]
        pub fn $name(mut self, $($input)*) -> Self {
            self $($part)* .$field = $value;
            self
        }
    };
}
