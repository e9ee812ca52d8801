//! The route of each edge, and where it touches its nodes.
//!
//! Horizontal lines run only in the channels between rows, long vertical ones only in the gutters between lanes or
//! through cells that are empty. So no line can cross a node, whatever the chart.

use std::collections::HashMap;

use super::{
    content::{self, Content},
    graph::{Arc, Graph},
    grid::Grid,
    model::{Chart, Node},
};
use qingdan_base::values::code_lists::NodeKind;

/// From one line to its neighbour at a node, in pixels.
const PORT: i32 = 24;
/// How many lines enter a node on one side.
const SIDE_PORTS: usize = 2;
/// Between two labels, in pixels.
const LABEL_GAP: i32 = 12;
/// From the outermost line to the corner of its node, in pixels.
const CORNER: i32 = 26;
/// The usual width of a box, in pixels.
const BOX: i32 = 212;
/// How far the outer labels may push a box's width when that brings the main branch to its middle.
const WIDEST: i32 = 300;

/// The route of an edge. Channel `n` is above row `n`; gutter `n` is to the left of column `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Through the channel below its source, then straight down to its target.
    Down,
    /// Through the channel below its source, down the gutter, through the channel above its target.
    Around(usize),
    /// Through the channel below its source, up the gutter, into its target's side.
    BackToSide(usize),
    /// Through the channel below its source, up the gutter, through the channel above its target.
    BackToTop(usize),
}

impl Route {
    /// The gutter it uses.
    pub fn gutter(self) -> Option<usize> {
        match self {
            Self::Down => None,
            Self::Around(gutter) | Self::BackToSide(gutter) | Self::BackToTop(gutter) => Some(gutter),
        }
    }
}

/// A box, before it has a place.
pub(super) struct Shape {
    /// Its text.
    pub content: Content,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// From its middle to where its neighbours may begin: labels below it may be wider than itself.
    pub half: i32,
}

/// The routes of all edges and the shapes of all nodes.
pub(super) struct EdgeRoutes {
    /// Of each arc, its route.
    pub route: Vec<Route>,
    /// Of each arc, what stands on it.
    pub label: Vec<Content>,
    /// Of each arc, how far from its source's middle it leaves at the bottom.
    pub out: Vec<i32>,
    /// Of each arc, how far from its target's middle it enters at the top.
    pub into: Vec<i32>,
    /// Of each node, its shape.
    pub shape: Vec<Shape>,
}

impl EdgeRoutes {
    /// Chooses routes, ports and shapes.
    pub fn of(chart: &Chart, graph: &Graph, grid: &Grid) -> Self {
        let arcs = &graph.arcs;
        let mut routes = Self {
            route: arcs.iter().map(|arc| route_of(grid, *arc)).collect(),
            label: arcs.iter().map(|arc| content::of_edge(&chart.edges[arc.edge])).collect(),
            out: vec![0; arcs.len()],
            into: vec![0; arcs.len()],
            shape: Vec::with_capacity(chart.nodes.len()),
        };
        routes.limit_sides(graph);
        let mut notes = 0;
        for (index, node) in chart.nodes.iter().enumerate() {
            notes += usize::from(has_note(node));
            let content = content::of_node(node, has_note(node).then_some(notes), inner_width(node.kind));
            let bottom = routes.place_bottom(graph, grid, index);
            let top = routes.place_top(graph, grid, index);
            routes.shape.push(shape(node.kind, content, bottom, top));
        }
        routes
    }

    /// Lets only so many lines into one side of a node; the others enter from above.
    fn limit_sides(&mut self, graph: &Graph) {
        for arcs in &graph.into {
            let mut entered = HashMap::new();
            for arc in arcs {
                if let Route::BackToSide(gutter) = self.route[*arc] {
                    let count = entered.entry(gutter).or_insert(0);
                    *count += 1;
                    if *count > SIDE_PORTS {
                        self.route[*arc] = Route::BackToTop(gutter);
                    }
                }
            }
        }
    }

    /// Spreads the lines that leave a node; gives how far the outermost line and the outermost label are from its
    /// middle.
    fn place_bottom(&mut self, graph: &Graph, grid: &Grid, node: usize) -> Reach {
        let mut arcs = graph.out[node].clone();
        arcs.sort_by_key(|arc| (self.direction_out(graph, grid, *arc), *arc));
        let widths: Vec<_> = arcs.iter().map(|arc| self.label[*arc].width()).collect();
        let main = arcs.iter().position(|arc| is_straight(grid, graph.arcs[*arc], self.route[*arc]));
        let offsets = spread(&widths, main);
        for (arc, offset) in arcs.iter().zip(&offsets) {
            self.out[*arc] = *offset;
        }
        Reach::of(&offsets, &widths)
    }

    /// Spreads the lines that enter a node from above.
    fn place_top(&mut self, graph: &Graph, grid: &Grid, node: usize) -> Reach {
        let from_above = |arc: &usize| !matches!(self.route[*arc], Route::BackToSide(_));
        let mut arcs: Vec<_> = graph.into[node].iter().copied().filter(from_above).collect();
        arcs.sort_by_key(|arc| (self.direction_in(graph, grid, *arc), *arc));
        let widths = vec![0; arcs.len()];
        let main = arcs.iter().position(|arc| is_straight(grid, graph.arcs[*arc], self.route[*arc]));
        let offsets = spread(&widths, main);
        for (arc, offset) in arcs.iter().zip(&offsets) {
            self.into[*arc] = *offset;
        }
        Reach::of(&offsets, &widths)
    }

    /// Returns the direction of an edge, from left to right: columns have odd numbers, gutters even ones.
    fn direction_out(&self, graph: &Graph, grid: &Grid, arc: usize) -> (usize, usize) {
        let to = graph.arcs[arc].to;
        self.route[arc].gutter().map_or((grid.column[to] * 2 + 1, grid.slot[to]), |gutter| (gutter * 2, 0))
    }

    fn direction_in(&self, graph: &Graph, grid: &Grid, arc: usize) -> (usize, usize) {
        let from = graph.arcs[arc].from;
        self.route[arc].gutter().map_or((grid.column[from] * 2 + 1, grid.slot[from]), |gutter| (gutter * 2, 0))
    }
}

/// The node says more than its name.
pub(super) fn has_note(node: &Node) -> bool {
    node.note.as_ref().is_some_and(|note| !note.trim().is_empty())
}

/// How far the outermost line and the outermost label of a node are from its middle.
struct Reach {
    line: i32,
    label: i32,
}

impl Reach {
    fn of(offsets: &[i32], widths: &[i32]) -> Self {
        let line = offsets.iter().map(|offset| offset.abs()).max().unwrap_or(0);
        let label = offsets.iter().zip(widths).map(|(offset, width)| offset.abs() + width / 2).max().unwrap_or(0);
        Self { line, label }
    }
}

fn route_of(grid: &Grid, arc: Arc) -> Route {
    let (from, to) = (grid.column[arc.from], grid.column[arc.to]);
    let (above, below) = (grid.row[arc.from], grid.row[arc.to]);
    if below > above {
        if grid.is_free(to, above + 1..below) {
            return Route::Down;
        }
        return Route::Around(if from < to { to } else { to + 1 });
    }
    let gutter = if from > to { to + 1 } else { to };
    let cell = grid.cell(below, to);
    let outermost = if gutter == to { cell.first() } else { cell.last() };
    if outermost == Some(&arc.to) { Route::BackToSide(gutter) } else { Route::BackToTop(gutter) }
}

/// Can be one straight line: both nodes stand in the middle of the same lane.
fn is_straight(grid: &Grid, arc: Arc, route: Route) -> bool {
    let same_lane = grid.column[arc.from] == grid.column[arc.to];
    route == Route::Down && same_lane && grid.is_central[arc.from] && grid.is_central[arc.to]
}

/// Offsets from the middle for lines with labels of these widths, from the left; the main line in the middle if that
/// does not take too much room.
fn spread(widths: &[i32], main: Option<usize>) -> Vec<i32> {
    let mut offsets = Vec::with_capacity(widths.len());
    let mut at = 0;
    for (index, width) in widths.iter().enumerate() {
        if let Some(before) = index.checked_sub(1) {
            at += PORT.max((widths[before] + width) / 2 + LABEL_GAP);
        }
        offsets.push(at);
    }
    let centred = |middle: i32| offsets.iter().map(|offset| offset - middle).collect::<Vec<_>>();
    if let Some(main) = main {
        let around_main = centred(offsets[main]);
        if Reach::of(&around_main, widths).line <= WIDEST / 2 - CORNER {
            return around_main;
        }
    }
    centred(at / 2)
}

/// How wide the text in a box may be.
fn inner_width(kind: NodeKind) -> i32 {
    match kind {
        NodeKind::Task => BOX - 20,
        NodeKind::ExclusiveGateway | NodeKind::ParallelGateway => BOX - 36,
        NodeKind::Start | NodeKind::End => BOX - 40,
    }
}

fn shape(kind: NodeKind, content: Content, bottom: Reach, top: Reach) -> Shape {
    let lines = bottom.line.max(top.line);
    let ports = if lines == 0 { 0 } else { 2 * (lines + CORNER) };
    let width = match kind {
        NodeKind::Task | NodeKind::ExclusiveGateway => BOX,
        // Not wider than its text needs, since it stands for a moment and not for a step.
        NodeKind::ParallelGateway | NodeKind::Start | NodeKind::End => (content.width() + 44).clamp(128, BOX),
    };
    let width = (width.max(ports) + 1) & !1;
    let height = (content.height() + 20) & !1;
    Shape { content, width, height, half: (width / 2).max(bottom.label + LABEL_GAP / 2) }
}
