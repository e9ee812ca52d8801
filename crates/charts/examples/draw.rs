//! Draws a Mermaid flowchart as SVG: `cargo run -p qingdan-charts --example draw < chart.mmd > chart.svg`.

use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

use qingdan_base::problem::Language;
use qingdan_charts::{Heading, read_mermaid, svg};

fn main() -> io::Result<ExitCode> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    match read_mermaid(&text) {
        Ok(chart) => {
            io::stdout().lock().write_all(svg(&chart, &Heading::default()).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(mistakes) => {
            for mistake in mistakes {
                let (line, column) = mistake.position.as_deref().map_or((1, 1), |found| (found.line, found.column));
                writeln!(io::stderr().lock(), "{line}:{column}: {}", mistake.wrong.text(Language::English))?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
