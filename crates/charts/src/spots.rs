//! Where the parts of a chart stand in the text that it was read from, so that what is wrong with the chart can be shown
//! there.

use qingdan_base::problem::{FieldError, Place, Spot};

/// The lines of a text: from a place in bytes to line and column.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: [0].into_iter().chain(after_breaks).collect() }
    }

    /// The spot of the character at this byte.
    pub fn spot(&self, byte: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line.saturating_sub(1)];
        let before = self.text.get(start..byte).unwrap_or_default();
        Spot { line, column: before.chars().count() + 1 }
    }
}

/// Where lanes, nodes and edges stand, each in the order of the chart's lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spots {
    /// Of each lane; of one that the text does not name, none.
    pub lanes: Vec<Option<Spot>>,
    /// Of each node.
    pub nodes: Vec<Option<Spot>>,
    /// Of each edge.
    pub edges: Vec<Option<Spot>>,
}

impl Spots {
    /// The mistakes in a chart (`/chart/nodes/3/name` or `/nodes/3/name`), each with the spot of the part that it names.
    pub fn locate(&self, errors: Vec<FieldError>) -> Vec<FieldError> {
        errors.into_iter().map(|error| self.locate_one(error)).collect()
    }

    fn locate_one(&self, error: FieldError) -> FieldError {
        let Place::Pointer(pointer) = &error.place else { return error };
        let spot = self.of(pointer);
        if error.spot.is_some() { error } else { error.standing(spot) }
    }

    fn of(&self, pointer: &str) -> Option<Spot> {
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
    use super::*;
    use qingdan_base::problem::Wrong;

    #[test]
    fn columns_count_characters() {
        let lines = Lines::of("受理\n审查，办结\r\n");
        let spot = |line, column| Spot { line, column };
        assert_eq!([0, 3, 7, 16].map(|byte| lines.spot(byte)), [spot(1, 1), spot(1, 2), spot(2, 1), spot(2, 4)]);
        // Inside a character and past the end there is no column to count to, but there is a line.
        assert_eq!([1, 999].map(|byte| lines.spot(byte)), [spot(1, 1), spot(3, 1)]);
        assert_eq!(Lines::of("").spot(0), spot(1, 1));
    }

    #[test]
    fn a_mistake_stands_where_its_part_stands() {
        let here = Spot { line: 4, column: 2 };
        let spots = Spots { edges: vec![None, Some(here)], ..Spots::default() };
        let spot =
            |pointer: &str| spots.locate(vec![FieldError::at(pointer, Wrong::Required)])[0].spot.as_deref().copied();
        assert_eq!([spot("/chart/edges/1/label"), spot("/edges/1")], [Some(here), Some(here)]);
        let nowhere = ["/chart/edges/0", "/edges/2/to", "/edges", "/edges/x", "/chart/title", ""];
        assert_eq!(nowhere.map(spot), [None; 6]);
    }
}
