//! How long it takes to read a code, and JSON along its schema: `cargo bench -p qingdan-base --bench values`.

use std::hint::black_box;

use divan::Bencher;
use qingdan_base::{
    fields::Shape,
    values::{Period, Uscc},
};
use serde_json::json;

fn main() {
    divan::main();
}

#[divan::bench]
fn a_credit_code_is_read(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Uscc::parse(black_box("11350121003619116B")));
}

#[divan::bench]
fn json_is_read_along_its_schema(bencher: Bencher<'_, '_>) {
    let (shape, body) = (Shape::of::<Period>(), json!({ "value": 20, "unit": "working_day" }));
    bencher.bench(|| shape.read::<Period>(black_box(&body)));
}

#[divan::bench]
fn a_mistake_in_json_is_named(bencher: Bencher<'_, '_>) {
    let (shape, body) = (Shape::of::<Period>(), json!({ "value": 20 }));
    bencher.bench(|| shape.read::<Period>(black_box(&body)));
}
