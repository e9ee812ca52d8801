//! Bytes as text, and the digest by which the register knows things.

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hexadecimal digits stand for; `None` where they are none.
pub fn of_hex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
        _ => None,
    };
    digits.as_bytes().chunks(2).map(byte).collect()
}

/// The 32 bytes of a salt or a digest, which are written in one way: 64 lower-case digits.
pub fn of_strict_hex(digits: &str) -> Option<[u8; 32]> {
    of_hex(digits).filter(|_| is_sha256(digits))?.try_into().ok()
}

/// Whether a text is a SHA-256 as the register writes it: 64 lower-case digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Hex SHA-256.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_as_they_are_written() {
        assert_eq!(of_hex(&hex(&[0, 9, 10, 255])), Some(vec![0, 9, 10, 255]));
        assert_eq!(of_hex(""), Some(Vec::new()));
        assert!(["0", "0g", "é"].iter().all(|wrong| of_hex(wrong).is_none()));
    }

    #[test]
    fn a_digest_is_written_in_one_way() {
        let digest = sha256("甲");
        assert!(is_sha256(&digest) && of_strict_hex(&digest).is_some());
        for other in [digest.to_uppercase(), format!("{digest}0"), digest.replace(&digest[..1], "g")] {
            assert!(!is_sha256(&other) && of_strict_hex(&other).is_none(), "{other}");
        }
    }
}
