//! The numbers of residents (GB 11643).

/// Whether these are 17 digits and the check character that they ask for, in either case.
pub fn has_resident_check(number: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let Some((body, [check])) = number.split_at_checked(17) else { return false };
    if !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize].eq_ignore_ascii_case(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_has_its_check_character_in_either_case() {
        assert!(has_resident_check(b"11010519491231002X") && has_resident_check(b"11010519491231002x"));
        assert!(!has_resident_check(b"110105194912310021") && !has_resident_check(b"1101051949123100"));
    }
}
