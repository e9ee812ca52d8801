//! Signs the checkpoint of a log, whose lines are the arguments: `cargo run -p qingdan-transparency --example checkpoint -- a b c`.

use std::io::{self, Write};

use qingdan_transparency::{Checkpoint, Hash, Note, SigningKey, Tree};

const NAME: &str = "yangli.example/v1/log";

fn main() -> io::Result<()> {
    let mut tree = Tree::default();
    for line in std::env::args().skip(1) {
        tree.push(Hash::of_leaf(line.as_bytes()));
    }
    let (Some(root), Some(key)) = (tree.root(tree.size()), SigningKey::generate(NAME)) else {
        return Err(io::Error::other("no key could be made"));
    };
    let text = Checkpoint { origin: NAME.into(), size: tree.size(), root }.to_string();
    let note = Note { signatures: vec![key.sign(&text)], text };
    writeln!(io::stdout().lock(), "{note}")
}
