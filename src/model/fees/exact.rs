//! Arithmetic that is exact or refuses: `rust_decimal` rounds silently where a result has more than 28 digits.

use rust_decimal::{Decimal, RoundingStrategy};

/// The largest figure that is written as money: 15 digits before the point.
const MOST: Decimal = Decimal::from_parts(2_764_472_319, 232_830, 0, false, 0);

/// A result that has more digits than can be kept exactly, or than money has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// `a × b`, exactly.
pub fn product(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    if a.is_zero() || b.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.checked_mul(b).ok_or(TooLarge)?;
    kept(product, a.scale() + b.scale())
}

/// `a + b`, exactly.
pub fn sum(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    if a.is_zero() || b.is_zero() {
        return Ok(if a.is_zero() { b } else { a });
    }
    let (a, b) = (a.normalize(), b.normalize());
    let sum = a.checked_add(b).ok_or(TooLarge)?;
    kept(sum, a.scale().max(b.scale()))
}

/// `a − b`, exactly.
pub fn difference(a: Decimal, b: Decimal) -> Result<Decimal, TooLarge> {
    sum(a, negative(b))
}

/// `−a`; 0 has no sign.
pub fn negative(a: Decimal) -> Decimal {
    if a.is_zero() { a } else { -a }
}

/// `a ÷ 100`, exactly.
pub fn hundredth(a: Decimal) -> Result<Decimal, TooLarge> {
    product(a, Decimal::new(1, 2))
}

/// How many steps `quantity` has begun: `quantity ÷ step`, rounded up. `None` for a step that is none.
pub fn steps(quantity: Decimal, step: Decimal) -> Option<Result<Decimal, TooLarge>> {
    (step > Decimal::ZERO).then(|| {
        let rest = quantity.checked_rem(step).ok_or(TooLarge)?;
        let whole = difference(quantity, rest)?.checked_div(step).ok_or(TooLarge)?.round();
        sum(whole, if rest.is_zero() { Decimal::ZERO } else { Decimal::ONE })
    })
}

/// Rounded half-up to 0.01 yuan, written with both places.
pub fn rounded(amount: Decimal) -> Result<Decimal, TooLarge> {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    if rounded.abs() > MOST {
        return Err(TooLarge);
    }
    rounded.rescale(2);
    Ok(rounded)
}

/// A figure without needless zeros, as a person would write it.
pub fn plain(figure: Decimal) -> String {
    match figure.is_zero() {
        true => "0".into(),
        false => figure.normalize().to_string(),
    }
}

/// An amount as money is written: at least two places, more where it has them.
pub fn money(amount: Decimal) -> String {
    let mut amount = if amount.is_zero() { Decimal::ZERO } else { amount.normalize() };
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

/// A result that lost no digit after the point.
fn kept(result: Decimal, scale: u32) -> Result<Decimal, TooLarge> {
    match result.scale() >= scale {
        true => Ok(result),
        false => Err(TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_most_has_fifteen_digits() {
        assert_eq!(MOST.to_string(), "999999999999999");
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        let large: Decimal = "999999999999999.999999".parse().expect("a figure");
        assert_eq!(product(large, large), Err(TooLarge));
        assert_eq!(
            product(large, "1.000001".parse().expect("a figure")).map(plain),
            Ok("1000000999999999.999998999999".into())
        );
        assert_eq!(rounded(large), Err(TooLarge));
        assert_eq!(steps(Decimal::ONE, Decimal::ZERO), None);
    }

    #[test]
    fn halves_go_up() {
        let cents = |text: &str| rounded(text.parse().expect("a figure")).expect("small").to_string();
        assert_eq!(
            ["1.005", "3.015", "35.0035", "0.004999", "2"].map(cents),
            ["1.01", "3.02", "35.00", "0.00", "2.00"]
        );
    }

    proptest! {
        /// Against whole numbers of 1/10^12: what is given is exact.
        #[test]
        fn results_are_exact_or_refused(a in 0i64..i64::MAX, b in 1i64..i64::MAX, places in 0u32..7) {
            let (x, y) = (Decimal::new(a, places), Decimal::new(b, 6 - places));
            let digits = |figure: Decimal| figure.mantissa() * 10i128.pow(12 - figure.scale());
            if let Ok(exact) = product(x, y) {
                prop_assert_eq!(exact.mantissa() * 10i128.pow(6 - exact.scale()), i128::from(a) * i128::from(b));
            }
            if let Ok(exact) = sum(x, y) {
                prop_assert_eq!(digits(exact), digits(x) + digits(y));
            }
            if let Some(Ok(begun)) = steps(x, y) {
                let (x, y) = (digits(x), digits(y));
                prop_assert_eq!(begun.to_string(), ((x + y - 1) / y).to_string());
            }
        }
    }
}
