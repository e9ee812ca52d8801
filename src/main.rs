//! The binary: reads the command line, runs the command, ends with one line when it fails.

use std::{io::Write, process::ExitCode};

use clap::{
    Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use qingdan::{
    app::{cli::Cli, ops::logging},
    values::escaped,
};
use qingdan_allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unusable(&error),
    };
    logging::start();
    let ended = cli.run();
    logging::flush();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            // The exit code is all that can be told where standard error is closed.
            let _ = writeln!(std::io::stderr(), "qingdan: {}", escaped(&line));
            ExitCode::FAILURE
        }
    }
}

/// A setting that cannot be used, in one line that names the flag and the variable; `--help` and the like as clap writes
/// them.
fn unusable(error: &clap::Error) -> ExitCode {
    let (ErrorKind::ValueValidation, Some(ContextValue::String(argument))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    };
    let flag = argument.split(' ').next().unwrap_or(argument);
    let variable = flag.trim_start_matches('-').replace('-', "_").to_uppercase();
    let reason = std::error::Error::source(error).map_or_else(|| "it cannot be used".into(), ToString::to_string);
    let reason = reason.replace('\n', " ");
    let _ = writeln!(std::io::stderr(), "qingdan: {flag} (QINGDAN_{variable}): {}", escaped(&reason));
    ExitCode::from(2)
}
