//! The command line of tidings: parse, run, say what went wrong, exit.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
