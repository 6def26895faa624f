//! What the attributes say.

use quote::quote;
use syn::{Attribute, Field, LitInt, Path, Result, Type};

/// How the writes of one field are folded.
pub(crate) enum Reduce {
    /// The last value counts; two writers in one superstep are an error.
    Last,
    /// Folded by this function, `fn(&mut T, T)`.
    With(proc_macro2::TokenStream),
}

/// The `version` of `#[state(version = …)]`, 1 if absent.
pub(crate) fn version(attributes: &[Attribute]) -> Result<u32> {
    let mut version = 1;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("state")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("version") {
                version = meta.value()?.parse::<LitInt>()?.base10_parse()?;
                Ok(())
            } else {
                Err(meta.error("expected `version = <number>`"))
            }
        })?;
    }
    Ok(version)
}

/// What `#[reduce(…)]` says of a field.
pub(crate) fn reduce(field: &Field) -> Result<Reduce> {
    let mut reduce = Reduce::Last;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("reduce")) {
        if matches!(reduce, Reduce::With(_)) {
            return Err(syn::Error::new_spanned(attribute, "a field has one reducer"));
        }
        attribute.parse_nested_meta(|meta| {
            let function = if meta.path.is_ident("append") {
                quote!(::ae_langflow::reduce::append)
            } else if meta.path.is_ident("max") {
                quote!(::ae_langflow::reduce::max)
            } else if meta.path.is_ident("merge") {
                quote!(::ae_langflow::reduce::merge)
            } else if meta.path.is_ident("with") {
                let path: Path = meta.value()?.parse()?;
                quote!(#path)
            } else {
                return Err(meta.error("expected append, max, merge or `with = path::to::function`"));
            };
            if matches!(reduce, Reduce::With(_)) {
                return Err(meta.error("a field has one reducer"));
            }
            reduce = Reduce::With(function);
            Ok(())
        })?;
    }
    Ok(reduce)
}

/// Whether a setter may take `impl Into<T>` without spoiling inference: numbers and collections would suffer.
pub(crate) fn converts(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "String" || segment.ident == "Option")
}
