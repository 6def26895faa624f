//! The modules that an import can reach: those of the product, nothing else.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use rquickjs::{
    Ctx, Error, Module, Result, WriteOptions,
    loader::{ImportAttributes, Loader, Resolver, bundle},
    module::Declared,
};

/// The name of the module that imports the one under test. No path has a colon.
pub(super) const START: &str = "start:";

/// One compiled module, in the form that the engine's own loader of embedded bytecode takes.
type Compiled = bundle::Bundle<bundle::ScaBundleData<&'static [u8]>>;

/// The sources, and what they were compiled to so far.
///
/// To compile a module takes several times as long as everything else about a call. Its bytecode was written by the same
/// engine in the same process, so that loading it is as safe as compiling again. It is leaked: the process ends soon.
#[derive(Debug, Clone)]
pub(super) struct Shelf(Rc<Modules>);

#[derive(Debug)]
struct Modules {
    sources: BTreeMap<String, String>,
    compiled: RefCell<BTreeMap<String, Compiled>>,
}

impl Shelf {
    pub(super) fn new(sources: BTreeMap<String, String>) -> Self {
        Self(Rc::new(Modules { sources, compiled: RefCell::default() }))
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        self.0.sources.contains_key(path)
    }
}

impl Resolver for Shelf {
    fn resolve<'js>(
        &mut self,
        _: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let path = if base == START { Some(name.to_owned()) } else { resolved(base, name) };
        path.filter(|path| self.holds(path)).ok_or_else(|| Error::new_resolving(base, name))
    }
}

/// The path that `name` means within the module at `base`; only relative names mean one.
pub(in crate::behaviour) fn resolved(base: &str, name: &str) -> Option<String> {
    if !(name.starts_with("./") || name.starts_with("../")) {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Loader for Shelf {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let compiled = self.0.compiled.borrow().get(name).copied();
        if let Some(mut compiled) = compiled {
            return compiled.load(ctx, name, attributes);
        }
        let source = self.0.sources.get(name).ok_or_else(|| Error::new_loading(name))?;
        let module = Module::declare(ctx.clone(), name, source.as_str())?;
        let bytecode: &'static [u8] = module.write(WriteOptions::default())?.leak();
        let entry: &'static [_] = vec![(&*String::leak(name.to_owned()), bytecode)].leak();
        self.0.compiled.borrow_mut().insert(name.to_owned(), bundle::Bundle(entry));
        Ok(module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_names_lead_to_modules() {
        for (base, name, path) in [
            ("tool/a/b.js", "./c.js", Some("tool/a/c.js")),
            ("tool/a/b.js", "../c.js", Some("tool/c.js")),
            ("b.js", "./c/d.js", Some("c/d.js")),
            ("b.js", "../c.js", None),
            ("b.js", "c.js", None),
            ("b.js", "/c.js", None),
            ("b.js", "https://a.example/c.js", None),
        ] {
            assert_eq!(resolved(base, name).as_deref(), path, "{base} {name}");
        }
    }
}
