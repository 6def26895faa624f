//! The code of a site's Worker: its functions under one module, and the files behind it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::files::Assets;
use crate::{
    deploy::{DeployPlan, Function},
    policy::OF_ANSWERS,
};

/// The module that answers.
pub(super) const MAIN: &str = "worker.mjs";
/// The type of every module.
pub(super) const MODULE: &str = "application/javascript+module";
/// The day of the platform whose behaviour is asked for.
const COMPATIBILITY_DATE: &str = "2026-06-01";
/// The name under which the Worker has its files.
const ASSETS: &str = "ASSETS";
/// Answers for a site that has a name and no release.
const DRAFT: &str =
    "export default { fetch: () => new Response(\"Nothing is published here yet.\\n\", { status: 404 }) };\n";

/// A module by its name.
pub(super) type Module = (String, Vec<u8>);

/// The modules of a Worker: the main one first, then a module for each function.
pub(super) fn modules(functions: &[Function]) -> Vec<Module> {
    let (mut imports, mut table) = (String::new(), String::new());
    let mut modules = Vec::with_capacity(functions.len().saturating_add(1));
    for (number, function) in functions.iter().enumerate() {
        let name = format!("function{number}.mjs");
        // Writing into a text does not fail. A path of a function is letters, digits, hyphens and a slash.
        let _ = writeln!(imports, "import function{number} from \"./{name}\";");
        let _ = write!(table, "[\"/{}\", function{number}], ", function.path);
        modules.push((name, function.source.clone().into_bytes()));
    }
    let main = format!(
        "{imports}\nconst functions = new Map([{table}]);\n\nexport default {{\n  fetch(request, env) {{\n    \
         const answer = functions.get(new URL(request.url).pathname);\n    \
         return answer ? answer(request, env) : env.{ASSETS}.fetch(request);\n  }},\n}};\n"
    );
    modules.insert(0, (MAIN.to_owned(), main.into_bytes()));
    modules
}

/// The description of a release: its files, its functions, the headers of every answer, and the notes by which it is
/// found again.
pub(super) fn metadata(jwt: &str, plan: &DeployPlan, assets: &Assets<'_>, note: &str) -> Value {
    let mut config = json!({
        "html_handling": "auto-trailing-slash",
        "not_found_handling": if assets.has_404() { "404-page" } else { "none" },
        "_headers": headers(),
    });
    if let (Some(config), false) = (config.as_object_mut(), plan.functions.is_empty()) {
        // A file never stands in for a function.
        config.insert("run_worker_first".to_owned(), json!(["/api/*"]));
    }
    json!({
        "main_module": MAIN,
        "bindings": [{ "name": ASSETS, "type": "assets" }],
        "compatibility_date": COMPATIBILITY_DATE,
        "keep_bindings": ["plain_text", "json", "secret_text", "secret_key"],
        "annotations": { "workers/tag": plan.release, "workers/message": note },
        "assets": { "jwt": jwt, "config": config },
    })
}

/// The description and the module of a Worker without a release.
pub(super) fn draft() -> (Value, Module) {
    let metadata = json!({
        "main_module": MAIN,
        "compatibility_date": COMPATIBILITY_DATE,
        "tags": [super::OWN_TAG],
    });
    (metadata, (MAIN.to_owned(), DRAFT.as_bytes().to_vec()))
}

/// The headers of every answer, as Cloudflare reads them from a file.
fn headers() -> String {
    format!("/*\n  Content-Security-Policy: {OF_ANSWERS}\n  X-Content-Type-Options: nosniff\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_a_module_of_its_own() {
        let functions = [
            Function::new("api/checkout", "export default 1"),
            Function::new("api/licence", "export default 2"),
        ];
        let modules = modules(&functions);
        let names: Vec<_> = modules.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["worker.mjs", "function0.mjs", "function1.mjs"]);
        let main = String::from_utf8(modules[0].1.clone()).unwrap();
        assert!(main.contains("[\"/api/licence\", function1]"), "{main}");
        assert_eq!(modules[2].1, b"export default 2");
    }
}
