//! `cargo run --release --manifest-path ae-router/train/Cargo.toml -- DATA_FOLDER OUT.bin [SOURCES.json]`

use std::{env, fs, io, path::Path, process::ExitCode};

use ae_router_train::{Failure, Source, bundled_sources, run};

fn main() -> ExitCode {
    match trained() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn trained() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (folder, out, table) = match arguments.as_slice() {
        [folder, out] => (folder, out, None),
        [folder, out, table] => (folder, out, Some(table)),
        _ => return Err("usage: ae-router-train DATA_FOLDER OUT.bin [SOURCES.json]".into()),
    };
    let sources = match table {
        Some(table) => {
            Source::table(&fs::read_to_string(table).map_err(|error| format!("{table}: {error}"))?)?
        }
        None => bundled_sources()?,
    };
    let bytes = run(Path::new(folder), &sources, &mut io::stdout().lock())?;
    fs::write(out, &bytes).map_err(|error| format!("{out}: {error}"))?;
    println!("{out}: {} bytes", bytes.len());
    Ok(())
}
