//! A chart with coordinates: where lanes, boxes, lines and labels are. All lengths are whole pixels.

use super::content::Content;

/// A point: pixels from the left and from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// An upright rectangle, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left side.
    pub x: i32,
    /// Upper side.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Rect {
    /// The right side.
    pub const fn right(&self) -> i32 {
        self.x + self.width
    }

    /// The lower side.
    pub const fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// The middle.
    pub const fn middle(&self) -> Point {
        Point { x: self.x + self.width / 2, y: self.y + self.height / 2 }
    }

    /// Whether they have more than a side in common.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A chart with a place for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The lanes, from the left.
    pub lanes: Vec<LaneBox>,
    /// The nodes, in the chart's order.
    pub boxes: Vec<NodeBox>,
    /// The edges that join two nodes, in the chart's order.
    pub lines: Vec<Polyline>,
    /// The labels of edges.
    pub labels: Vec<LineLabel>,
    /// Width of the whole.
    pub width: i32,
    /// Height of the whole.
    pub height: i32,
}

/// A lane: its header and below it, to the bottom, its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneBox {
    /// Its place in the chart's list; none for the nodes whose lane does not exist.
    pub lane: Option<usize>,
    /// The header.
    pub header: Rect,
    /// The column below the header.
    pub column: Rect,
    /// The lane's name.
    pub content: Content,
}

/// The box of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeBox {
    /// Its place in the chart's list.
    pub node: usize,
    /// Its row, from above.
    pub row: usize,
    /// Its place.
    pub rect: Rect,
    /// Its text.
    pub content: Content,
}

/// The line of an edge: upright and level pieces from its source to the tip of its arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polyline {
    /// Its place in the chart's list.
    pub edge: usize,
    /// The corners, from the source to the target.
    pub points: Vec<Point>,
}

/// The label of an edge, on a ground of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineLabel {
    /// The edge's place in the chart's list.
    pub edge: usize,
    /// The ground.
    pub rect: Rect,
    /// Its text.
    pub content: Content,
}
