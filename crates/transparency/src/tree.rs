//! A whole tree in memory: any root, any proof, any tile of any size that it ever had.

use std::ops::Range;

use imbl::Vector;

use super::hash::Hash;

/// The hashes of all complete subtrees, level by level: `levels[h][i]` is of the leaves `i << h .. (i + 1) << h`. Cheap to
/// clone; 64 bytes for each leaf.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    levels: Vector<Vector<Hash>>,
}

impl Tree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.front().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for height in 0.. {
            if height == self.levels.len() {
                self.levels.push_back(Vector::new());
            }
            let Some(level) = self.levels.get_mut(height) else { return };
            level.push_back(node);
            if level.len() % 2 == 1 {
                return;
            }
            let Some(left) = level.get(level.len() - 2) else { return };
            node = Hash::of_node(*left, node);
        }
    }

    /// The tree when it had `size` leaves, or as it is where it never had as many.
    pub fn first(&self, size: u64) -> Self {
        let level = |(height, level): (u32, &Vector<Hash>)| {
            let length = usize::try_from(size.checked_shr(height).unwrap_or(0)).unwrap_or(usize::MAX);
            level.take(length.min(level.len()))
        };
        Self { levels: (0..).zip(&self.levels).map(level).filter(|level| !level.is_empty()).collect() }
    }

    /// The root when it had `size` leaves; `None` when it never had as many.
    pub fn root(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| self.of_range(0..size))
    }

    /// The hash of a leaf, from 0.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.subtree(0, index)
    }

    /// The hash of a complete subtree of `1 << height` leaves, the `index`th of its height.
    pub fn subtree(&self, height: u32, index: u64) -> Option<Hash> {
        self.levels.get(height as usize)?.get(usize::try_from(index).ok()?).copied()
    }

    /// The proof that a leaf is in the tree of the first `size` leaves (RFC 6962 §2.1.1): from its sibling to the child of the
    /// root.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut range, mut path) = (0..size, Vec::new());
        while range.end - range.start > 1 {
            let middle = range.start + split(range.end - range.start);
            let (own, other) = match index < middle {
                true => (range.start..middle, middle..range.end),
                false => (middle..range.end, range.start..middle),
            };
            path.push(self.of_range(other));
            range = own;
        }
        path.reverse();
        Some(path)
    }

    /// The proof that the tree of the first `from` leaves is the beginning of that of the first `to` (RFC 6962 §2.1.2). Empty
    /// where there is nothing to prove: from no leaves, or to the same.
    pub fn consistency(&self, from: u64, to: u64) -> Option<Vec<Hash>> {
        if from > to || to > self.size() {
            return None;
        }
        if from == 0 || from == to {
            return Some(Vec::new());
        }
        let (mut range, mut path, mut is_known) = (0..to, Vec::new(), true);
        while range.end > from {
            let middle = range.start + split(range.end - range.start);
            if from <= middle {
                path.push(self.of_range(middle..range.end));
                range.end = middle;
            } else {
                path.push(self.of_range(range.start..middle));
                range.start = middle;
                is_known = false;
            }
        }
        if !is_known {
            path.push(self.of_range(range));
        }
        path.reverse();
        Some(path)
    }

    /// The Merkle tree hash of leaves that are there and begin where a subtree of their height does.
    fn of_range(&self, range: Range<u64>) -> Hash {
        let length = range.end - range.start;
        if length == 0 {
            return Hash::of_nothing();
        }
        if length.is_power_of_two()
            && let Some(complete) = self.subtree(length.trailing_zeros(), range.start / length)
        {
            return complete;
        }
        let middle = range.start + split(length);
        Hash::of_node(self.of_range(range.start..middle), self.of_range(middle..range.end))
    }
}

/// The largest power of two below `length`, which is more than 1.
fn split(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::Edge;

    /// A tree of so many leaves that all differ.
    pub fn tree(size: u64) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|leaf| tree.push(Hash::of_leaf(&leaf.to_be_bytes())));
        tree
    }

    /// The definition of RFC 6962 §2.1, word by word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of_nothing(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                Hash::of_node(defined(left), defined(right))
            }
        }
    }

    #[test]
    fn every_root_is_the_defined_one_and_that_of_the_edge() {
        let (tree, mut edge) = (tree(300), Edge::default());
        let leaves: Vec<_> = (0..300).filter_map(|index| tree.leaf(index)).collect();
        for size in 0..=300u64 {
            let first = &leaves[..usize::try_from(size).expect("small")];
            assert_eq!(tree.root(size), Some(defined(first)), "{size}");
            assert_eq!(edge.root(), defined(first), "{size}");
            edge.push(leaves.get(first.len()).copied().unwrap_or(Hash::of_nothing()));
        }
        assert_eq!(tree.root(301), None);
    }

    #[test]
    fn the_first_leaves_are_the_tree_that_it_was() {
        let whole = tree(70);
        for size in 0..=70 {
            assert_eq!(whole.first(size), tree(size), "{size}");
        }
        assert_eq!(whole.first(71), whole);
    }

    #[test]
    fn the_published_test_tree_has_its_published_roots() {
        // The eight leaves of certificate transparency's reference tests.
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        for (leaf, root) in leaves.into_iter().zip(roots) {
            tree.push(Hash::of_leaf(&qingdan_base::values::of_hex(leaf).expect("hex")));
            assert_eq!(tree.root(tree.size()).map(Hash::to_hex).as_deref(), Some(root));
        }
    }
}
