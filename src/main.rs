//! The `roomkey` command: arguments in, exit code out.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Long policies are many small pieces of memory, taken and given back on all processors.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    roomkey::cli::run()
}
