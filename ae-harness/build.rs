//! Lists the files of the kits in `kits/`, so that the crate can hold them.
#![allow(clippy::disallowed_methods, reason = "cargo gives a build script its folders by the environment")]

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

/// Folders of a kit that no product needs: its own tests.
const LEFT_OUT: [&str; 1] = ["tests"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=kits");
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&root).join("kits");
    let mut list = String::from(
        "/// The name of each kit with its files.\npub(super) static KITS: &[(&str, EmbeddedFiles<'static>)] = &[\n",
    );
    for kit in entries(&folder)? {
        if !folder.join(&kit).is_dir() {
            continue;
        }
        writeln!(list, "    ({kit:?}, &[")?;
        for path in files(&folder.join(&kit), "")? {
            let place = format!("/kits/{kit}/{path}");
            writeln!(
                list,
                "        ({path:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {place:?}))),"
            )?;
        }
        list.push_str("    ]),\n");
    }
    list.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("kits.rs"), list)?;
    Ok(())
}

/// The files below `folder`, sorted, with their paths relative to the kit.
fn files(folder: &Path, prefix: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    for name in entries(folder)? {
        let path = folder.join(&name);
        let relative = format!("{prefix}{name}");
        if path.is_dir() && !LEFT_OUT.contains(&relative.as_str()) {
            found.extend(files(&path, &format!("{relative}/"))?);
        } else if path.is_file() && !name.ends_with(".md") {
            found.push(relative);
        }
    }
    Ok(found)
}

/// The names in a folder, sorted; a missing folder has none.
fn entries(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let Ok(read) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in read {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
