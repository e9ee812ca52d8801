//! How often a test repeats what is random or long. The tests of `crates/charts` include this file by its path.
//!
//! Each number has a name and a variable of its own; one more variable multiplies all of them.
//! `./test --thorough` sets that, and `PROPTEST_CASES` for the property tests (docs/TESTING.md says what each number proves).

use std::env;

/// The variable that multiplies all numbers.
const FACTOR: &str = "QINGDAN_TEST_EFFORT";

/// How often: what the variable `QINGDAN_TEST_{name}` says, or else `usual` times the factor in `QINGDAN_TEST_EFFORT`.
///
/// # Panics
///
/// When a variable is not a number: nobody should believe that he tested more than he did.
pub fn times(name: &str, usual: usize) -> usize {
    number(&format!("QINGDAN_TEST_{name}")).unwrap_or_else(|| usual * number(FACTOR).unwrap_or(1))
}

fn number(variable: &str) -> Option<usize> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a whole number, not {text:?}")))
}
