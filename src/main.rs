//! The `roomkey` command: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    roomkey::cli::run()
}
