//! Finds names by characters, pinyin or initials: `cargo run -p qingdan-search --example find -- dibao`.

use std::io::{self, Write};

use qingdan_search::{Document, Index, Query, Text};

const NAMES: [&str; 3] = ["最低生活保障对象审核", "食品经营许可", "社会保障卡申领"];

fn main() -> io::Result<()> {
    let texts = NAMES.map(|name| Text::of(&Document { names: vec![name.into()], body: String::new(), codes: vec![] }));
    let index = Index::build((0..).zip(&texts));
    let words = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let Ok(query) = Query::parse(&words) else {
        return writeln!(io::stderr().lock(), "give a word to look for");
    };
    let hits = index.search(&query, None, |id| texts.get(id as usize));
    let mut out = io::stdout().lock();
    for (id, name) in (0..).zip(NAMES) {
        if hits.all.contains(id) {
            writeln!(out, "{name}")?;
        }
    }
    Ok(())
}
