//! The attributes.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Field, LitInt, Path, Result, Token, Type, bracketed, meta::ParseNestedMeta,
    punctuated::Punctuated, token::Bracket,
};

/// The options `#[state(…)]` of a struct.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) version: Option<u32>,
    /// From the oldest version that can be carried over to this one.
    pub(crate) migrations: Vec<Path>,
}

/// How the writes of one field are folded.
pub(crate) enum Reduce {
    /// The last value counts; two writers in one superstep are an error.
    Last,
    /// Folded by this function, `fn(&mut T, T)`, under this name.
    With(&'static str, TokenStream),
    /// The field is a state of its own.
    Nested,
    /// The last value counts, and is never stored.
    Untracked,
}

/// The options of serde that change the form of a state in a way that its updates would not follow.
const REFUSED: [&str; 9] =
    ["rename", "rename_all", "flatten", "with", "serialize_with", "transparent", "into", "tag", "untagged"];

/// The contents of `#[state(…)]` on the struct.
pub(crate) fn container(attributes: &[Attribute]) -> Result<Container> {
    let mut container = Container::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("state")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("version") {
                container.version = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?);
                Ok(())
            } else if meta.path.is_ident("migrate") {
                container.migrations = paths(&meta)?;
                Ok(())
            } else {
                Err(meta.error("expected `version = <number>` or `migrate = [<function>, …]`"))
            }
        })?;
    }
    let version = container.version.unwrap_or(1);
    match container.migrations.last() {
        Some(last) if u32::try_from(container.migrations.len()).map_or(true, |steps| steps >= version) => {
            Err(syn::Error::new_spanned(
                last,
                "the first version is 1, so there are fewer migrations than the version says",
            ))
        }
        _ => Ok(container),
    }
}

/// One path, or several in brackets.
fn paths(meta: &ParseNestedMeta<'_>) -> Result<Vec<Path>> {
    let value = meta.value()?;
    if !value.peek(Bracket) {
        return Ok(vec![value.parse()?]);
    }
    let list;
    bracketed!(list in value);
    Ok(Punctuated::<Path, Token![,]>::parse_terminated(&list)?.into_iter().collect())
}

/// The options `#[reduce(…)]` and `#[state(…)]` of a field.
pub(crate) fn reduce(field: &Field) -> Result<Reduce> {
    let mut reduce = Reduce::Last;
    for attribute in &field.attrs {
        let is_reduce = attribute.path().is_ident("reduce");
        if !is_reduce && !attribute.path().is_ident("state") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            let said = if is_reduce { reducer(&meta)? } else { kind(&meta)? };
            if !matches!(reduce, Reduce::Last) {
                return Err(meta.error("a field has one reducer, or is nested, or untracked"));
            }
            reduce = match said {
                Reduce::With(name, function) if !folds_as_json(name, &field.ty) => {
                    Reduce::With("custom", function)
                }
                said => said,
            };
            Ok(())
        })?;
    }
    if matches!(reduce, Reduce::Untracked) && !serde_says(&field.attrs, |word| word == "skip") {
        return Err(syn::Error::new_spanned(
            field,
            "an untracked field is never stored: add `#[serde(skip)]`",
        ));
    }
    Ok(reduce)
}

/// Whether a built-in reducer does to the JSON of this type what it does to the type. A set would be doubled, for
/// example, and the larger of two decimals that are written as text may come first in the alphabet.
fn folds_as_json(name: &str, ty: &Type) -> bool {
    let types: &[&str] = match name {
        "append" => &["Vec", "VecDeque"],
        "merge" => &["BTreeMap", "HashMap"],
        "max" => {
            &["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "usize", "isize", "f32", "f64", "String"]
        }
        _ => &[],
    };
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| types.iter().any(|known| segment.ident == known))
}

fn reducer(meta: &ParseNestedMeta<'_>) -> Result<Reduce> {
    for name in ["append", "max", "merge"] {
        if meta.path.is_ident(name) {
            let function = quote::format_ident!("{name}");
            return Ok(Reduce::With(name, quote!(::ae_langflow::reduce::#function)));
        }
    }
    if meta.path.is_ident("with") {
        let path: Path = meta.value()?.parse()?;
        return Ok(Reduce::With("custom", quote!(#path)));
    }
    Err(meta.error("expected append, max, merge or `with = path::to::function`"))
}

fn kind(meta: &ParseNestedMeta<'_>) -> Result<Reduce> {
    if meta.path.is_ident("nested") {
        Ok(Reduce::Nested)
    } else if meta.path.is_ident("untracked") {
        Ok(Reduce::Untracked)
    } else {
        Err(meta.error("expected nested or untracked"))
    }
}

/// Refuses what would give a field of the state another name or form than its update has.
pub(crate) fn check_serde(attributes: &[Attribute]) -> Result<()> {
    for attribute in attributes {
        if serde_says(std::slice::from_ref(attribute), |word| REFUSED.contains(&word)) {
            return Err(syn::Error::new_spanned(
                attribute,
                "a state's fields are stored under their own names and in their own forms: wrap the field's type in one \
                 that serialises as you need",
            ));
        }
    }
    Ok(())
}

fn serde_says(attributes: &[Attribute], is_it: impl Fn(&str) -> bool) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde")).any(|attribute| {
        attribute.meta.require_list().is_ok_and(|list| {
            list.tokens
                .clone()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(word) if is_it(&word.to_string())))
        })
    })
}

/// Whether a setter may take `impl Into<T>` without spoiling inference: numbers and collections would suffer.
pub(crate) fn converts(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "String" || segment.ident == "Option")
}
