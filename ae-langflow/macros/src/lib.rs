#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod derive;

/// Makes the update type of a graph's state: `struct Foo` gets `FooUpdate`, in which every field is optional, and
/// `Foo::update()` with a setter per field.
///
/// `#[state(version = 3, migrate = [from_1, from_2])]` on the struct names the version of its stored form (1 if absent)
/// and the functions that carry an older state over as JSON, one version each, the last to this version:
/// `fn(serde_json::Value) -> Result<serde_json::Value, ae_langflow::MigrateError>`.
///
/// On a field, `#[reduce(append)]`, `#[reduce(max)]`, `#[reduce(merge)]` or `#[reduce(with = path::to::function)]` says
/// how writes are folded; without it the last value counts, and two writers in one superstep are an error.
/// `#[state(nested)]` makes the field a state of its own, whose fields are written one by one. `#[state(untracked)]`
/// with `#[serde(skip)]` keeps it out of what is stored.
///
/// Serde's `rename`, `flatten`, `with` and the like are refused: the JSON of a state has its fields under their own
/// names, so that updates and states fit together without their types.
#[proc_macro_derive(State, attributes(state, reduce))]
pub fn derive_state(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    derive::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
