//! The positions of the parts of a chart in the text that it was read from, so that mistakes in the chart can be shown
//! there.

use qingdan_base::problem::{FieldError, Place, SourcePosition};

/// Bytes from one count of characters to the next.
const STEP: usize = 256;

/// The lines of a text: from a place in bytes to line and column. However long a line is, no more than a few bytes of it are
/// looked at for each place.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// For each step of bytes, how many characters begin before it.
    counts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut counts = vec![0];
        for step in text.as_bytes().chunks(STEP) {
            counts.push(counts.last().copied().unwrap_or(0) + characters(step));
        }
        Self { text, starts: [0].into_iter().chain(after_breaks).collect(), counts }
    }

    /// The position of the character at this byte.
    pub fn position(&self, byte: usize) -> SourcePosition {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line.saturating_sub(1)];
        let column =
            self.text.get(start..byte).map_or(0, |_| self.characters_before(byte) - self.characters_before(start));
        SourcePosition { line, column: column + 1 }
    }

    fn characters_before(&self, byte: usize) -> usize {
        let step = byte / STEP;
        self.counts[step] + characters(&self.text.as_bytes()[step * STEP..byte])
    }
}

/// How many characters begin in these bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The positions of lanes, nodes and edges, each in the order of the chart's lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourcePositions {
    /// Of each lane; of one that the text does not name, none.
    pub lanes: Vec<Option<SourcePosition>>,
    /// Of each node.
    pub nodes: Vec<Option<SourcePosition>>,
    /// Of each edge.
    pub edges: Vec<Option<SourcePosition>>,
}

impl SourcePositions {
    /// Adds to mistakes in a chart (`/chart/nodes/3/name` or `/nodes/3/name`) the position of the part that each names.
    pub fn locate(&self, errors: Vec<FieldError>) -> Vec<FieldError> {
        errors.into_iter().map(|error| self.locate_one(error)).collect()
    }

    fn locate_one(&self, error: FieldError) -> FieldError {
        let Place::Pointer(pointer) = &error.place else { return error };
        let position = self.of(pointer);
        if error.position.is_some() { error } else { error.at_position(position) }
    }

    fn of(&self, pointer: &str) -> Option<SourcePosition> {
        let pointer = pointer.strip_prefix("/chart").unwrap_or(pointer);
        let mut parts = pointer.strip_prefix('/')?.split('/');
        let list = match parts.next()? {
            "lanes" => &self.lanes,
            "nodes" => &self.nodes,
            "edges" => &self.edges,
            _ => return None,
        };
        *list.get(parts.next()?.parse::<usize>().ok()?)?
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use qingdan_base::problem::Wrong;

    #[test]
    fn columns_count_characters() {
        let lines = Lines::of("受理\n审查，办结\r\n");
        let position = |line, column| SourcePosition { line, column };
        assert_eq!(
            [0, 3, 7, 16].map(|byte| lines.position(byte)),
            [position(1, 1), position(1, 2), position(2, 1), position(2, 4)]
        );
        // Inside a character and past the end there is no column to count to, but there is a line.
        assert_eq!([1, 999].map(|byte| lines.position(byte)), [position(1, 1), position(3, 1)]);
        assert_eq!(Lines::of("").position(0), position(1, 1));
    }

    proptest! {
        #[test]
        fn columns_are_those_that_one_counts(text in "([a受\\n]|[ -~é𠀀]{0,40}){0,60}", part in 0.0..1.0_f64) {
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let byte = places[(part * places.len() as f64) as usize];
            let line = text[..byte].rsplit('\n').next().unwrap_or_default();
            let counted = SourcePosition { line: text[..byte].matches('\n').count() + 1, column: line.chars().count() + 1 };
            prop_assert_eq!(Lines::of(&text).position(byte), counted);
        }
    }

    #[test]
    fn a_mistake_stands_where_its_part_stands() {
        let here = SourcePosition { line: 4, column: 2 };
        let positions = SourcePositions { edges: vec![None, Some(here)], ..SourcePositions::default() };
        let position = |pointer: &str| {
            positions.locate(vec![FieldError::at(pointer, Wrong::Required)])[0].position.as_deref().copied()
        };
        assert_eq!([position("/chart/edges/1/label"), position("/edges/1")], [Some(here), Some(here)]);
        let nowhere = ["/chart/edges/0", "/edges/2/to", "/edges", "/edges/x", "/chart/title", ""];
        assert_eq!(nowhere.map(position), [None; 6]);
    }
}
