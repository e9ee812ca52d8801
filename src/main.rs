//! The binary: reads the command line, runs the command, ends with one line when it fails.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use qingdan::{cli::Cli, ops::logging};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
    let ended = cli.run();
    logging::flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // Where standard error is closed, the exit code is all that can be told.
            let _ = writeln!(std::io::stderr(), "qingdan: {line}");
            ExitCode::FAILURE
        }
    }
}
