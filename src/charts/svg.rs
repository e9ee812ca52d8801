//! x
use super::model::Chart;
/// x
pub struct Heading {}
/// x
pub fn svg(_chart: &Chart, _heading: &Heading) -> String {
    String::new()
}
