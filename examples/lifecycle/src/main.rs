//! The `ae` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lifecycle::cli::main()
}
