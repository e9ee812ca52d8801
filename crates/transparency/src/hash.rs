//! Hashes of a Merkle tree (RFC 6962 §2.1): SHA-256, with one prefix for leaves and another for nodes.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use qingdan_base::values::{hex, of_hex};

/// 32 bytes; written in Base64 (RFC 4648 §4), as checkpoints and proofs do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of a tree without leaves.
    pub fn of_nothing() -> Self {
        Self(Sha256::digest(b"").into())
    }

    /// The hash of a leaf with these bytes.
    pub fn of_leaf(bytes: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(bytes).finalize().into())
    }

    /// The hash of the node above these two.
    pub fn of_node(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// The hexadecimal digits that a table keeps.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Reads the hexadecimal digits that a table keeps.
    pub fn of_hex(text: &str) -> Option<Self> {
        Some(Self(of_hex(text)?.try_into().ok()?))
    }

    /// Reads Base64.
    pub fn of_base64(text: &str) -> Option<Self> {
        Some(Self(STANDARD.decode(text).ok()?.try_into().ok()?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of_base64(&text).ok_or_else(|| serde::de::Error::custom("not 32 bytes in Base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_rfc_6962() {
        // Root of the empty tree and hash of an empty leaf, as certificate transparency's test vectors have them.
        assert_eq!(Hash::of_nothing().to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Hash::of_leaf(b"").to_hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(
            Hash::of_leaf(b"L123456").to_hex(),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
        );
        assert_eq!(Hash::of_leaf(&[0; 1]).to_hex(), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    }

    #[test]
    fn text_is_read_back_and_nothing_else_is() {
        let hash = Hash::of_leaf(b"a");
        assert_eq!(Hash::of_base64(&hash.to_string()), Some(hash));
        assert_eq!(Hash::of_hex(&hash.to_hex()), Some(hash));
        for text in ["", "AAAA", "*", &hash.to_string()[1..]] {
            assert_eq!(Hash::of_base64(text), None, "{text}");
        }
    }
}
