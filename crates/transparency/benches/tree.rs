//! How long it takes to grow a tree, and to prove a line of a log of 100,000: `cargo bench -p qingdan-transparency --bench tree`.

use std::hint::black_box;

use divan::Bencher;
use qingdan_transparency::{Edge, Hash, Tree, root_of_inclusion};

const LINES: u64 = 100_000;

fn main() {
    divan::main();
}

fn leaf(index: u64) -> Hash {
    Hash::of_leaf(&index.to_le_bytes())
}

fn tree() -> Tree {
    let mut tree = Tree::default();
    (0..LINES).for_each(|index| tree.push(leaf(index)));
    tree
}

#[divan::bench]
fn a_line_is_added(bencher: Bencher<'_, '_>) {
    let mut edge = Edge::default();
    (0..LINES).for_each(|index| edge.push(leaf(index)));
    bencher.bench_local(|| {
        edge.push(leaf(black_box(7)));
        edge.root()
    });
}

#[divan::bench]
fn a_line_is_proven(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench(|| tree.inclusion(black_box(LINES / 3), LINES));
}

#[divan::bench]
fn a_proof_is_checked(bencher: Bencher<'_, '_>) {
    let proof = tree().inclusion(LINES / 3, LINES).unwrap_or_default();
    bencher.bench(|| root_of_inclusion(LINES / 3, LINES, leaf(LINES / 3), black_box(&proof)));
}

#[divan::bench]
fn two_states_are_proven_to_be_of_one_log(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench(|| tree.consistency(black_box(LINES / 3), LINES));
}
