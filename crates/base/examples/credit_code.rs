//! Checks unified social credit codes: `cargo run -p qingdan-base --example credit_code -- 11350121003619116B 11350121003619116C`.

use std::io::{self, Write};

use qingdan_base::{problem::Language, values::Uscc};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for text in std::env::args().skip(1) {
        match Uscc::parse(&text) {
            Ok(code) => writeln!(out, "{}", code.as_str())?,
            Err(wrong) => writeln!(out, "{text}: {}: {}", wrong.code(), wrong.text(Language::English))?,
        }
    }
    Ok(())
}
