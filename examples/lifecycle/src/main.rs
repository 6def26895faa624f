//! The `ae` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lifecycle::faces::cli::main()
}
