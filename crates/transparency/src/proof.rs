//! Checking proofs (RFC 9162 §2.1.3.2 and §2.1.4.2, whose trees are those of RFC 6962).

use super::hash::Hash;

/// The way from a node up to the root: `fn` and `sn` of the RFC.
struct Climb {
    position: u64,
    last: u64,
}

impl Climb {
    /// Goes up past the next sibling that the proof has, and tells whether that stands on the left; `None` at the root.
    fn pass_sibling(&mut self) -> Option<bool> {
        if self.last == 0 {
            return None;
        }
        let is_left = self.position % 2 == 1 || self.position == self.last;
        while is_left && self.position.is_multiple_of(2) && self.position > 0 {
            self.go_up();
        }
        self.go_up();
        Some(is_left)
    }

    fn go_up(&mut self) {
        (self.position, self.last) = (self.position / 2, self.last / 2);
    }
}

/// The root of the tree of `size` leaves in which the leaf with this hash is at `index`, if the proof is one.
pub fn root_of_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let mut climb = Climb { position: index, last: size - 1 };
    let root = proof.iter().try_fold(leaf, |root, other| match climb.pass_sibling()? {
        true => Some(Hash::of_node(*other, root)),
        false => Some(Hash::of_node(root, *other)),
    })?;
    (climb.last == 0).then_some(root)
}

/// Whether the proof shows that the tree of `to` leaves with the root `new` begins with the tree of `from` leaves with the root
/// `old`.
pub fn is_consistent((from, old): (u64, Hash), (to, new): (u64, Hash), proof: &[Hash]) -> bool {
    if from == to {
        return proof.is_empty() && old == new;
    }
    if from == 0 {
        return proof.is_empty() && old == Hash::of_nothing();
    }
    if from > to {
        return false;
    }
    // The root of a complete older tree is the first node of the proof and is left out.
    let (first, rest) = match (from.is_power_of_two(), proof.split_first()) {
        (true, _) => (old, proof),
        (false, Some((first, rest))) => (*first, rest),
        (false, None) => return false,
    };
    let mut climb = Climb { position: from - 1, last: to - 1 };
    while climb.position % 2 == 1 {
        climb.go_up();
    }
    let (mut old_root, mut new_root) = (first, first);
    for other in rest {
        match climb.pass_sibling() {
            Some(true) => {
                old_root = Hash::of_node(*other, old_root);
                new_root = Hash::of_node(*other, new_root);
            }
            Some(false) => new_root = Hash::of_node(new_root, *other),
            None => return false,
        }
    }
    climb.last == 0 && old_root == old && new_root == new
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::tests::tree;

    #[test]
    fn every_proof_of_every_small_tree_holds() {
        let tree = tree(130);
        let root = |size| tree.root(size).expect("a root");
        for size in 1..=130 {
            for index in 0..size {
                let proof = tree.inclusion(index, size).expect("a proof");
                let leaf = tree.leaf(index).expect("a leaf");
                assert_eq!(root_of_inclusion(index, size, leaf, &proof), Some(root(size)), "{index} in {size}");
            }
            for from in 0..=size {
                let proof = tree.consistency(from, size).expect("a proof");
                assert!(is_consistent((from, root(from)), (size, root(size)), &proof), "{from} to {size}");
            }
        }
        assert_eq!(tree.inclusion(5, 5), None);
        assert_eq!(tree.inclusion(5, 131), None);
        assert_eq!(tree.consistency(6, 5), None);
        assert_eq!(tree.consistency(5, 131), None);
    }

    proptest! {
        #[test]
        fn a_proof_that_was_altered_anywhere_does_not_hold(
            size in 2u64..300, place in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bit in 0usize..256,
        ) {
            let (tree, index) = (tree(size), place.index(usize::try_from(size).expect("small")) as u64);
            let (root, leaf) = (tree.root(size).expect("a root"), tree.leaf(index).expect("a leaf"));
            let flipped = |proof: &[Hash]| {
                let mut proof = proof.to_vec();
                let at = at.index(proof.len());
                proof[at].0[bit / 8] ^= 1 << (bit % 8);
                proof
            };
            let proof = tree.inclusion(index, size).expect("a proof");
            prop_assert_ne!(root_of_inclusion(index, size, leaf, &flipped(&proof)), Some(root));
            prop_assert_eq!(root_of_inclusion(index, size, leaf, &proof[1..]), None);
            prop_assert_eq!(root_of_inclusion(index, size, leaf, &[&proof[..], &[leaf]].concat()), None);
            prop_assert_eq!(root_of_inclusion(size, size, leaf, &proof), None);
            if index > 0 {
                let (old, proof) = ((index, tree.root(index).expect("a root")), tree.consistency(index, size).expect("a proof"));
                prop_assert!(!is_consistent(old, (size, root), &flipped(&proof)));
                prop_assert!(!is_consistent(old, (size, root), &proof[1..]));
                prop_assert!(!is_consistent((index, leaf), (size, root), &proof) || old.1 == leaf);
                prop_assert!(!is_consistent(old, (size, leaf), &proof));
            }
        }
    }
}
