//! The code that the derive makes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, Ident, Result, Type, Visibility, ext::IdentExt as _};

use crate::attributes::{self, Container, Reduce};

struct Part<'a> {
    name: &'a Ident,
    ty: &'a Type,
    reduce: Reduce,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let container = attributes::container(&input.attrs)?;
    attributes::check_serde(&input.attrs)?;
    let parts = parts(input)?;
    let update = format_ident!("{}Update", input.ident);
    let definition = definition(input, &update, &parts);
    let setters = setters(input, &update, &parts);
    let state = state(input, &update, &parts, &container);
    Ok(quote!(#definition #setters #state))
}

fn parts(input: &DeriveInput) -> Result<Vec<Part<'_>>> {
    let refused = || syn::Error::new_spanned(&input.ident, "a state is a struct with named fields");
    let Data::Struct(data) = &input.data else { return Err(refused()) };
    let Fields::Named(fields) = &data.fields else { return Err(refused()) };
    fields
        .named
        .iter()
        .map(|field| {
            let name = field.ident.as_ref().ok_or_else(refused)?;
            attributes::check_serde(&field.attrs)?;
            Ok(Part { name, ty: &field.ty, reduce: attributes::reduce(field)? })
        })
        .collect()
}

fn definition(input: &DeriveInput, update: &Ident, parts: &[Part<'_>]) -> TokenStream {
    let (visibility, generics) = (&input.vis, &input.generics);
    let (implement, arguments, bounds) = generics.split_for_impl();
    let doc = format!("What a node writes to [`{}`]: a field left alone stays as it is.", input.ident);
    // Without it serde would repeat the bounds that the declaration already has, and they would be ambiguous.
    let bound = (!generics.params.is_empty()).then(|| quote!(#[serde(bound = "")]));
    let fields = parts.iter().map(|part| {
        let (name, ty) = (part.name, part.ty);
        let doc = format!("The write to `{name}`, if any.");
        let ty = match part.reduce {
            Reduce::Nested => quote!(::ae_langflow::__private::Patch<#ty>),
            _ => quote!(#ty),
        };
        let stored = match part.reduce {
            Reduce::Untracked => quote!(#[serde(skip)]),
            // A written `null` is a write: only an absent field is none.
            _ => quote! {
                #[serde(
                    default,
                    skip_serializing_if = "::core::option::Option::is_none",
                    serialize_with = "::ae_langflow::__private::write",
                    deserialize_with = "::ae_langflow::__private::written"
                )]
            },
        };
        quote! {
            #[doc = #doc]
            #stored
            #visibility #name: ::core::option::Option<#ty>
        }
    });
    let empty = parts.iter().map(|part| {
        let name = part.name;
        quote!(#name: ::core::option::Option::None)
    });
    quote! {
        #[doc = #doc]
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::ae_langflow::__private::serde::Serialize,
            ::ae_langflow::__private::serde::Deserialize
        )]
        #[serde(crate = "::ae_langflow::__private::serde", deny_unknown_fields)]
        #bound
        #[must_use]
        #visibility struct #update #generics #bounds { #(#fields),* }

        impl #implement ::core::default::Default for #update #arguments #bounds {
            fn default() -> Self {
                Self { #(#empty),* }
            }
        }
    }
}

fn setters(input: &DeriveInput, update: &Ident, parts: &[Part<'_>]) -> TokenStream {
    let (name, visibility) = (&input.ident, &input.vis);
    let (implement, arguments, bounds) = input.generics.split_for_impl();
    let setters = parts.iter().map(|part| setter(visibility, part));
    quote! {
        impl #implement #name #arguments #bounds {
            /// An update that writes nothing yet.
            #visibility fn update() -> #update #arguments {
                ::core::default::Default::default()
            }
        }

        impl #implement #update #arguments #bounds {
            #(#setters)*
        }
    }
}

fn setter(visibility: &Visibility, part: &Part<'_>) -> TokenStream {
    let (name, ty) = (part.name, part.ty);
    let (argument, value) = if attributes::converts(ty) {
        (quote!(impl ::core::convert::Into<#ty>), quote!(value.into()))
    } else {
        (quote!(#ty), quote!(value))
    };
    let (doc, body) = match &part.reduce {
        Reduce::Last => {
            (format!("Writes `{name}`."), quote!(self.#name = ::core::option::Option::Some(#value);))
        }
        Reduce::Untracked => (
            format!(
                "Writes `{name}`, which is not stored: it is as it began once the thread was read again."
            ),
            quote!(self.#name = ::core::option::Option::Some(#value);),
        ),
        Reduce::With(_, function) => (
            format!("Writes to `{name}`, through its reducer; a second call is folded into the first."),
            quote! {
                match &mut self.#name {
                    ::core::option::Option::Some(have) => #function(have, #value),
                    none => *none = ::core::option::Option::Some(#value),
                }
            },
        ),
        Reduce::Nested => return nested_setters(visibility, part),
    };
    quote! {
        #[doc = #doc]
        #visibility fn #name(mut self, value: #argument) -> Self {
            #body
            self
        }
    }
}

fn nested_setters(visibility: &Visibility, part: &Part<'_>) -> TokenStream {
    let (name, ty) = (part.name, part.ty);
    let replace = format_ident!("replace_{}", name.unraw());
    let doc = format!("Writes to fields of `{name}`, after what was written before.");
    let replace_doc =
        format!("Writes the whole of `{name}`; what was written to its fields before is dropped.");
    quote! {
        #[doc = #doc]
        #visibility fn #name(mut self, value: <#ty as ::ae_langflow::State>::Update) -> Self {
            self.#name.get_or_insert_default().push(value);
            self
        }

        #[doc = #replace_doc]
        #visibility fn #replace(mut self, value: #ty) -> Self {
            self.#name.get_or_insert_default().replace(value);
            self
        }
    }
}

fn state(input: &DeriveInput, update: &Ident, parts: &[Part<'_>], container: &Container) -> TokenStream {
    let name = &input.ident;
    let version = container.version.unwrap_or(1);
    let (implement, arguments, bounds) = input.generics.split_for_impl();
    let writes = parts.iter().map(writes_of);
    let folds = parts.iter().map(|part| {
        let name = part.name;
        let fold = match &part.reduce {
            Reduce::Last | Reduce::Untracked => quote!(self.#name = value),
            Reduce::With(_, function) => quote!(#function(&mut self.#name, value)),
            Reduce::Nested => quote!(value.apply(&mut self.#name)),
        };
        quote!(if let ::core::option::Option::Some(value) = update.#name { #fold; })
    });
    let reducers = parts.iter().filter_map(reducer_of);
    let migrate = migrate(container);
    quote! {
        impl #implement ::ae_langflow::State for #name #arguments #bounds {
            type Update = #update #arguments;
            const VERSION: u32 = #version;

            fn last_value_writes(&self, update: &Self::Update, writes: &mut dyn FnMut(&str)) {
                let _ = (&update, &writes);
                #(#writes)*
            }

            fn apply(&mut self, update: Self::Update) {
                let _ = &update;
                #(#folds)*
            }

            fn reducers() -> ::std::vec::Vec<::ae_langflow::reduce::FieldReducer> {
                ::std::vec![#(#reducers),*]
            }

            #migrate
        }

        impl #implement ::core::convert::From<#update #arguments> for ::ae_langflow::Step<#name #arguments> #bounds {
            fn from(update: #update #arguments) -> Self {
                Self::update(update)
            }
        }
    }
}

/// Tells which fields only one task may write.
fn writes_of(part: &Part<'_>) -> TokenStream {
    let name = part.name;
    let text = name.unraw().to_string();
    match part.reduce {
        Reduce::Last | Reduce::Untracked => quote!(if update.#name.is_some() { writes(#text); }),
        Reduce::With(..) => TokenStream::new(),
        Reduce::Nested => quote! {
            if let ::core::option::Option::Some(patch) = &update.#name {
                patch.last_value_writes(#text, &self.#name, writes);
            }
        },
    }
}

/// The reducer of a field, over JSON too.
fn reducer_of(part: &Part<'_>) -> Option<TokenStream> {
    let (text, ty) = (part.name.unraw().to_string(), part.ty);
    match &part.reduce {
        Reduce::Last | Reduce::Untracked => None,
        Reduce::With(name, function) => Some(quote! {
            ::ae_langflow::reduce::FieldReducer::new(#text, #name, |have, new| {
                ::ae_langflow::reduce::fold_json(have, new, |have: &mut #ty, new: #ty| #function(have, new))
            })
        }),
        Reduce::Nested => Some(quote! {
            ::ae_langflow::reduce::FieldReducer::new(#text, "nested", |have, new| {
                ::ae_langflow::reduce::fold_json(have, new, |have: &mut #ty, new: ::ae_langflow::__private::Patch<#ty>| {
                    new.apply(have)
                })
            })
            .with_nested(<#ty as ::ae_langflow::State>::reducers())
        }),
    }
}

/// Nothing without migrations: the trait's own way refuses.
fn migrate(container: &Container) -> TokenStream {
    let steps = &container.migrations;
    if steps.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn migrate(
            from: u32,
            state: ::ae_langflow::__private::serde_json::Value,
        ) -> ::core::result::Result<::ae_langflow::__private::serde_json::Value, ::ae_langflow::MigrateError> {
            ::ae_langflow::__private::migrate(&[#(#steps),*], <Self as ::ae_langflow::State>::VERSION, from, state)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> std::result::Result<String, String> {
        let input: DeriveInput = syn::parse_str(text).unwrap();
        expand(&input).map(|tokens| tokens.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_struct_with_named_fields_gets_an_update() {
        let code =
            expanded("#[state(version = 3)] pub struct Foo { a: u32, #[reduce(max)] r#type: u64 }").unwrap();
        assert!(code.contains("pub struct FooUpdate") && code.contains("VERSION : u32 = 3u32"), "{code}");
        assert!(code.contains("writes (\"a\")") && !code.contains("writes (\"type\")"), "{code}");
    }

    #[test]
    fn what_can_not_be_a_state_is_refused_with_a_reason() {
        for (text, reason) in [
            ("enum Foo { A }", "named fields"),
            ("struct Foo(u32);", "named fields"),
            ("#[state(size = 3)] struct Foo { a: u32 }", "version"),
            ("#[state(migrate = [f, g])] struct Foo { a: u32 }", "fewer migrations"),
            ("struct Foo { #[state(untracked)] a: u32 }", "serde(skip)"),
            ("struct Foo { #[state(nested)] #[reduce(max)] a: u32 }", "one reducer"),
            ("struct Foo { #[serde(rename = \"b\")] a: u32 }", "own names"),
            ("#[serde(rename_all = \"camelCase\")] struct Foo { a: u32 }", "own names"),
            ("struct Foo { #[reduce(min)] a: u32 }", "append, max, merge"),
            ("struct Foo { #[reduce(max, append)] a: Vec<u32> }", "one reducer"),
            ("struct Foo { #[reduce(max)] #[reduce(append)] a: Vec<u32> }", "one reducer"),
        ] {
            let error = expanded(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
