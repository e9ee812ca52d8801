//! Shares and means with few decimals, reckoned in whole numbers: the same on every machine.

use serde::Serialize;
use utoipa::ToSchema;

/// 占比: a part of the items that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Share {
    /// 数量
    #[schema(example = 60)]
    pub count: u64,
    /// 占比: of the items that are looked at, 0 to 1 with four decimals, half up; null of none.
    #[schema(example = 0.4762)]
    pub share: Option<f64>,
}

impl Share {
    /// `count` of `whole`.
    pub fn of(count: u64, whole: u64) -> Self {
        Self { count, share: ratio(i128::from(count), whole, 10_000) }
    }
}

/// A quotient in steps of one `scale`th, half up; none by nothing.
pub fn ratio(part: i128, whole: u64, scale: u32) -> Option<f64> {
    let whole = i128::from(whole);
    let doubled = part.checked_mul(2)?.checked_mul(i128::from(scale))?.checked_add(whole)?;
    let steps = (whole > 0).then(|| doubled.div_euclid(2 * whole))?;
    Some(steps as f64 / f64::from(scale))
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_quotient_is_rounded_half_up_and_there_is_none_by_nothing() {
        assert_eq!(ratio(1, 3, 10_000), Some(0.3333));
        assert_eq!(ratio(1, 8, 100), Some(0.13));
        assert_eq!(ratio(-1, 8, 100), Some(-0.12));
        assert_eq!(ratio(0, 0, 100), None);
        assert_eq!(ratio(i128::MAX, 1, 100), None);
    }
}
