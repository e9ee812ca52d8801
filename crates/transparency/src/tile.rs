//! The tree and its leaves as files of fixed size (C2SP tlog-tiles): 256 hashes a tile, 256 leaves a bundle.

use std::fmt;

use super::{hash::Hash, tree::Tree};

/// Hashes of a full tile, leaves of a full bundle.
pub const WIDTH: u64 = 256;
/// Levels of the tree between one level of tiles and the next.
const HEIGHT: u32 = 8;
const LAST_LEVEL: u32 = 63;

/// A path below `tile/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePath {
    /// Hashes of this level, or the leaves themselves.
    pub of: Content,
    /// Its number within its level, from 0.
    pub index: u64,
    /// How many it has: fewer than [`WIDTH`] where it is partial.
    pub width: u64,
}

/// The content of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Hashes of complete subtrees of `256^level` leaves.
    Hashes(u32),
    /// Leaves.
    Entries,
}

impl TilePath {
    /// Reads `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`; `None` where it is not written as it should be.
    pub fn read(path: &str) -> Option<Self> {
        let (of, rest) = path.split_once('/')?;
        let of = match of {
            "entries" => Content::Entries,
            level => {
                Content::Hashes(number(level).and_then(|level| u32::try_from(level).ok()).filter(|l| *l <= LAST_LEVEL)?)
            }
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, number(width).filter(|width| (1..WIDTH).contains(width))?),
            None => (rest, WIDTH),
        };
        let read = Self { of, index: place(index)?, width };
        Some(read)
    }

    /// The numbers of the leaves of a bundle, or of the subtrees of a tile's level, in a tree of `size`; `None` where there are
    /// not as many.
    pub fn range(&self, size: u64) -> Option<std::ops::Range<u64>> {
        let range = self.all()?;
        (self.leaves()? <= size).then_some(range)
    }

    /// How many leaves the smallest tree has that it is a part of; `None` where no tree is as large.
    pub fn leaves(&self) -> Option<u64> {
        let level = match self.of {
            Content::Hashes(level) => level,
            Content::Entries => 0,
        };
        self.all()?.end.checked_mul(WIDTH.checked_pow(level)?)
    }

    fn all(&self) -> Option<std::ops::Range<u64>> {
        let start = self.index.checked_mul(WIDTH)?;
        Some(start..start.checked_add(self.width)?)
    }

    /// The bytes of a tile of hashes, in a tree of the first `size` leaves; `None` where there is none such.
    pub fn hashes(&self, tree: &Tree, size: u64) -> Option<Vec<u8>> {
        let Content::Hashes(level) = self.of else { return None };
        let range = self.range(size)?;
        let hashes: Option<Vec<Hash>> = range.map(|index| tree.subtree(HEIGHT * level, index)).collect();
        Some(hashes?.iter().flat_map(|hash| hash.0).collect())
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Content::Hashes(level) => write!(f, "{level}/")?,
            Content::Entries => f.write_str("entries/")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        let parts: Vec<&str> = (0..digits.len()).step_by(3).filter_map(|at| digits.get(at..at + 3)).collect();
        if let Some((last, before)) = parts.split_last() {
            before.iter().try_for_each(|part| write!(f, "x{part}/"))?;
            f.write_str(last)?;
        }
        if self.width < WIDTH {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// A bundle of leaves: each after its length in two bytes, the larger first. `None` where a leaf is too long for that.
pub fn bundle(leaves: impl IntoIterator<Item = Vec<u8>>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for leaf in leaves {
        bytes.extend(u16::try_from(leaf.len()).ok()?.to_be_bytes());
        bytes.extend(leaf);
    }
    Some(bytes)
}

/// The leaves of a bundle; `None` where it does not end with one.
pub fn unbundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (leaf, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        leaves.push(leaf);
        bytes = rest;
    }
    bytes.is_empty().then_some(leaves)
}

/// A decimal number without leading zeros.
pub(super) fn number(text: &str) -> Option<u64> {
    let is_plain = text == "0" || !text.starts_with('0');
    (is_plain && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A number in groups of three digits, all but the last with an `x` before them and none more than needed.
fn place(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split('/').collect();
    let (last, before) = parts.split_last()?;
    let before: Option<Vec<&str>> = before.iter().map(|part| part.strip_prefix('x')).collect();
    let groups: Vec<&str> = before?.into_iter().chain([*last]).collect();
    let fits = |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let is_needed = groups.len() == 1 || groups.first().is_some_and(|first| *first != "000");
    (is_needed && groups.iter().all(|group| fits(group))).then(|| groups.concat().parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::tests::tree;

    fn tile(level: u32, index: u64, width: u64) -> TilePath {
        TilePath { of: Content::Hashes(level), index, width }
    }

    #[test]
    fn a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() {
        let there = |tile: TilePath| tile.range(70_000).is_some();
        assert!(there(tile(0, 272, 256)) && there(tile(0, 273, 112)) && !there(tile(0, 273, 113)));
        assert!(there(tile(1, 0, 256)) && there(tile(1, 1, 17)) && !there(tile(1, 1, 18)));
        assert!(there(tile(2, 0, 1)) && !there(tile(2, 0, 2)));
        assert!(!there(tile(3, 0, 1)) && !there(tile(63, 0, 1)));
        assert_eq!(tile(0, 273, 112).leaves(), Some(70_000));
        assert_eq!(tile(1, 1, 17).leaves(), Some(69_888), "the leaves of full tiles alone");
        assert_eq!((tile(8, 0, 1).leaves(), tile(0, u64::MAX, 1).leaves()), (None, None));
    }

    #[test]
    fn a_hash_of_a_higher_tile_is_the_root_of_a_full_one_below() {
        let tree = tree(600);
        let high = tile(1, 0, 2).hashes(&tree, 600).expect("two full tiles");
        let low = tile(0, 1, 256).hashes(&tree, 600).expect("full");
        let mut edge = super::super::Edge::default();
        for hash in low.chunks(32) {
            edge.push(Hash(hash.try_into().expect("32 bytes")));
        }
        assert_eq!(high[32..], edge.root().0);
        assert_eq!(tile(0, 2, 88).hashes(&tree, 600).map(|bytes| bytes.len()), Some(88 * 32));
        assert_eq!(tile(0, 2, 89).hashes(&tree, 600), None);
        assert_eq!(tile(0, 2, 80).hashes(&tree, 599).map(|bytes| bytes.len()), Some(80 * 32), "of an older size");
    }

    #[test]
    fn a_path_is_written_as_the_specification_says() {
        assert_eq!(TilePath::read("0/x001/x234/067"), Some(tile(0, 1_234_067, 256)));
        assert_eq!(TilePath::read("3/005.p/17"), Some(tile(3, 5, 17)));
        assert_eq!(TilePath::read("entries/000"), Some(TilePath { of: Content::Entries, index: 0, width: 256 }));
        for wrong in [
            "",
            "0",
            "0/",
            "00/000",
            "64/000",
            "-1/000",
            "0/0",
            "0/0000",
            "0/x000/001",
            "0/001/002",
            "0/x01/002",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "entries",
            "entries/1",
            "0/000/",
            "0/٣٣٣",
            "0/+12",
        ] {
            assert_eq!(TilePath::read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_path_is_read_back(level in 0u32..64, index in any::<u64>(), width in 1u64..=256, entries in any::<bool>()) {
            let of = if entries { Content::Entries } else { Content::Hashes(level) };
            let path = TilePath { of, index, width };
            prop_assert_eq!(TilePath::read(&path.to_string()), Some(path));
        }

        #[test]
        fn no_path_panics(path in "\\PC{0,20}", size in any::<u64>()) {
            let _ = TilePath::read(&path).map(|path| path.range(size));
        }

        #[test]
        fn leaves_come_out_of_a_bundle_as_they_went_in(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
            let bytes = bundle(leaves.clone()).expect("short leaves");
            let read = unbundle(&bytes).expect("a bundle");
            prop_assert_eq!(read, leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
            if !bytes.is_empty() {
                let cut = unbundle(&bytes[..bytes.len() - 1]).map(|read| read.len());
                prop_assert_ne!(cut, Some(leaves.len()));
            }
        }
    }

    #[test]
    fn a_leaf_that_is_too_long_for_its_length_is_refused() {
        assert_eq!(bundle([vec![0; 65_536]]), None);
        assert!(bundle([vec![0; 65_535]]).is_some());
    }
}
