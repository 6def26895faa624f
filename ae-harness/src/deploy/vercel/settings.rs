//! The files that Vercel reads: its settings, and the functions in its form.

use ae_core::BackendError;
use serde_json::{Value, json};

use crate::{
    deploy::{Bundle, DeployPlan, manifest::FileManifest, store::RELEASE_PATH},
    policy::OF_ANSWERS,
};

/// The folder whose files are served. All files of a bundle lie in it, so that none of them is read as a setting, a
/// function or a package that has to be built.
pub(super) const OUTPUT: &str = "public";
/// The methods that a function answers.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// All files of a release as Vercel takes them.
///
/// # Errors
///
/// `Conflict` when a file changed since it was scanned.
pub(super) fn manifest<'a>(bundle: &'a Bundle, plan: &DeployPlan) -> Result<FileManifest<'a>, BackendError> {
    let mut manifest = FileManifest::new(bundle, &format!("{OUTPUT}/"))?;
    manifest.add(&format!("{OUTPUT}{RELEASE_PATH}"), format!("{}\n", plan.release).into_bytes())?;
    for function in bundle.functions() {
        let source = format!("functions/{}.mjs", function.path.trim_start_matches("api/"));
        manifest.add(&source, function.source.clone().into_bytes())?;
        manifest.add(&format!("{}.mjs", function.path), wrapped(&source).into_bytes())?;
    }
    manifest.add("vercel.json", settings().to_string().into_bytes())?;
    Ok(manifest)
}

/// The settings: nothing is built, addresses without `.html`, and the headers of every answer.
fn settings() -> Value {
    let header = |key: &str, value: &str| json!({ "key": key, "value": value });
    json!({
        "framework": null,
        "buildCommand": null,
        "installCommand": null,
        "outputDirectory": OUTPUT,
        "cleanUrls": true,
        "headers": [{
            "source": "/(.*)",
            "headers": [
                header("Content-Security-Policy", OF_ANSWERS),
                header("X-Content-Type-Options", "nosniff"),
            ],
        }],
    })
}

/// The function in the host's form: one export a method. A default export would get Node's own requests.
fn wrapped(source: &str) -> String {
    let methods: Vec<String> = METHODS.iter().map(|method| format!("answer as {method}")).collect();
    format!(
        "import handle from \"../{source}\";\n\nconst answer = (request) => handle(request, process.env);\n\nexport {{ {} \
         }};\n",
        methods.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeploySpec, Function, SiteId};

    #[test]
    fn a_bundle_can_not_reach_the_settings_of_the_host() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("api")).unwrap();
        for path in ["index.html", "middleware.js", "package.json", "api/own.js"] {
            std::fs::write(folder.path().join(path), path).unwrap();
        }
        let function = Function::new("api/licence", "export default async () => new Response('')");
        let bundle = Bundle::scan(folder.path()).unwrap().with_functions(vec![function]);
        let site: SiteId = "csv-tidy".parse().unwrap();
        let plan = bundle.plan(&DeploySpec::new(site, "https://csv-tidy.example/")).unwrap();
        let manifest = manifest(&bundle, &plan).unwrap();
        let paths: Vec<_> = manifest.files().iter().map(|file| &*file.path).collect();
        let own =
            ["public/.well-known/ae-release", "functions/licence.mjs", "api/licence.mjs", "vercel.json"];
        let bundled =
            ["public/api/own.js", "public/index.html", "public/middleware.js", "public/package.json"];
        assert_eq!(paths, [bundled, own].concat());
        let read = |path: &str| {
            let file = manifest.files().iter().find(|file| file.path == path).unwrap();
            String::from_utf8(manifest.read(file).unwrap()).unwrap()
        };
        assert_eq!(read("public/.well-known/ae-release"), format!("{}\n", plan.release));
        let settings: Value = serde_json::from_str(&read("vercel.json")).unwrap();
        assert_eq!(settings["headers"][0]["headers"][0]["value"], OF_ANSWERS);
        assert!(read("api/licence.mjs").starts_with("import handle from \"../functions/licence.mjs\";"));
    }
}
