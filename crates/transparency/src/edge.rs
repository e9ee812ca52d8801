//! The right edge of a tree: as little as must be kept to append to it and to know its root.

use super::hash::Hash;

/// The roots of the complete subtrees of a tree, the largest first: one for each binary one of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = Hash::of_node(left, node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let last = peaks.next();
        last.map_or_else(Hash::of_nothing, |last| peaks.fold(last, |right, left| Hash::of_node(left, right)))
    }

    /// The text that a table keeps of it beside the size.
    pub fn to_text(&self) -> String {
        self.peaks.iter().map(|peak| peak.to_hex()).collect()
    }

    /// Reads what a table keeps; `None` when it is not the edge of a tree of this size.
    pub fn of_text(size: u64, text: &str) -> Option<Self> {
        let peaks: Option<Vec<_>> =
            text.as_bytes().chunks(64).map(|peak| Hash::of_hex(std::str::from_utf8(peak).ok()?)).collect();
        let peaks = peaks?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_read_back_for_its_size_alone() {
        let mut edge = Edge::default();
        for leaf in 0..11u8 {
            edge.push(Hash::of_leaf(&[leaf]));
        }
        let text = edge.to_text();
        assert_eq!(Edge::of_text(11, &text), Some(edge));
        for size in [0, 8, 12] {
            assert_eq!(Edge::of_text(size, &text), None, "{size}");
        }
        assert_eq!(Edge::of_text(11, &text[1..]), None);
        assert_eq!(Edge::of_text(0, ""), Some(Edge::default()));
        assert_eq!(Edge::default().root(), Hash::of_nothing());
    }
}
