//! Places from left to right: lanes, boxes, gutters.

use super::{
    content::{self, Content},
    edge_routes::{EdgeRoutes, Route},
    graph::{Arc, Graph},
    grid::Grid,
    model::Chart,
};

/// From one line to its neighbour in a channel or gutter.
pub(super) const TRACK: i32 = 14;
/// Between the side of a lane and what stands in it.
const LANE_PADDING: i32 = 20;
/// Between two boxes of a cell.
const BOX_GAP: i32 = 20;

/// The places of everything from left to right.
pub(super) struct Across {
    /// Of each column, left side and width.
    pub lanes: Vec<(i32, i32)>,
    /// Of each column, the text of its header.
    pub headers: Vec<Content>,
    /// Of each node, its middle.
    pub middle: Vec<i32>,
    /// Of each arc that runs in a gutter, where.
    pub gutter: Vec<i32>,
    pub width: i32,
}

impl Across {
    pub fn of(chart: &Chart, graph: &Graph, grid: &Grid, routes: &EdgeRoutes, least: i32) -> Self {
        let columns = grid.columns.len();
        let (track, counts) = gutter_tracks(graph, grid, routes);
        let gutters: Vec<_> =
            counts.iter().map(|count| if *count == 0 { 0 } else { whole(*count) * TRACK + 6 }).collect();
        let inner: Vec<_> = (0..columns).map(|column| inner_width(grid, routes, column)).collect();
        let needed: i32 = gutters.iter().sum::<i32>() + inner.iter().map(|inner| inner + 2 * LANE_PADDING).sum::<i32>();
        let spare = (least - needed).max(0) / whole(columns.max(1));
        let mut across = Self {
            lanes: Vec::with_capacity(columns),
            headers: Vec::with_capacity(columns),
            middle: vec![0; chart.nodes.len()],
            gutter: vec![0; graph.arcs.len()],
            width: 0,
        };
        let mut gutter_left = Vec::with_capacity(columns + 1);
        for column in 0..columns {
            let left = across.width;
            gutter_left.push(left);
            let begins = left + gutters[column];
            let width = inner[column] + 2 * LANE_PADDING + spare;
            across.place_column(grid, routes, column, begins + width / 2);
            let last = if column + 1 == columns { gutters[columns] } else { 0 };
            across.lanes.push((left, gutters[column] + width + last));
            let name = grid.columns[column].map_or("", |lane| chart.lanes[lane].name.as_str());
            across.headers.push(content::of_lane(name, width - 2 * LANE_PADDING));
            across.width = begins + width;
        }
        gutter_left.push(across.width);
        across.width += gutters.last().copied().unwrap_or(0);
        for (arc, route) in routes.route.iter().enumerate() {
            if let Some(gutter) = route.gutter() {
                across.gutter[arc] = gutter_left[gutter] + TRACK + whole(track[arc]) * TRACK - 2;
            }
        }
        across
    }

    /// Puts the boxes of each cell of a column side by side around its middle.
    fn place_column(&mut self, grid: &Grid, routes: &EdgeRoutes, column: usize, middle: i32) {
        for row in 0..grid.rows {
            let cell = grid.cell(row, column);
            let mut x = middle - cell_reach(grid, routes, cell).0;
            for node in cell {
                let half = routes.shape[*node].half;
                self.middle[*node] = x + half;
                x += 2 * half + BOX_GAP;
            }
        }
    }
}

fn inner_width(grid: &Grid, routes: &EdgeRoutes, column: usize) -> i32 {
    let reach = (0..grid.rows).map(|row| cell_reach(grid, routes, grid.cell(row, column)));
    2 * reach.map(|(left, right)| left.max(right)).max().unwrap_or(0)
}

/// How far the boxes of a cell reach to the left and to the right of the middle of their lane.
fn cell_reach(grid: &Grid, routes: &EdgeRoutes, cell: &[usize]) -> (i32, i32) {
    let widths = |nodes: &[usize]| nodes.iter().map(|node| 2 * routes.shape[*node].half + BOX_GAP).sum::<i32>();
    match cell.iter().position(|node| grid.is_central[*node]) {
        Some(place) => {
            let half = routes.shape[cell[place]].half;
            (widths(&cell[..place]) + half, half + widths(&cell[place + 1..]))
        }
        None => {
            let all = (widths(cell) - BOX_GAP).max(0);
            (all / 2, all - all / 2)
        }
    }
}

/// Gives the lines of each gutter tracks on which none lie upon each other: of each arc the track, of each gutter how
/// many there are.
fn gutter_tracks(graph: &Graph, grid: &Grid, routes: &EdgeRoutes) -> (Vec<usize>, Vec<usize>) {
    let mut track = vec![0; graph.arcs.len()];
    let mut counts = vec![0; grid.columns.len() + 1];
    for (gutter, count) in counts.iter_mut().enumerate() {
        let mut lines: Vec<_> = (0..graph.arcs.len())
            .filter(|arc| routes.route[*arc].gutter() == Some(gutter))
            .map(|arc| (upright(grid, graph.arcs[arc], routes.route[arc]), arc))
            .collect();
        // Short lines first: they stay near their boxes, and long ones go around them.
        lines.sort_by_key(|((top, bottom), arc)| (bottom - top, *top, *arc));
        let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
        for ((top, bottom), arc) in lines {
            let is_free = |spans: &Vec<(usize, usize)>| spans.iter().all(|(t, b)| bottom < *t || *b < top);
            let free = taken.iter().position(is_free).unwrap_or(taken.len());
            if free == taken.len() {
                taken.push(Vec::new());
            }
            taken[free].push((top, bottom));
            track[arc] = free;
        }
        *count = taken.len();
    }
    (track, counts)
}

/// From where to where a line runs in its gutter: channel `n` is `2n`, row `n` is `2n + 1`.
fn upright(grid: &Grid, arc: Arc, route: Route) -> (usize, usize) {
    let (source, target) = (2 * grid.row[arc.from] + 2, 2 * grid.row[arc.to]);
    match route {
        Route::Down | Route::Around(_) => (source, target),
        Route::BackToSide(_) => (target + 1, source),
        Route::BackToTop(_) => (target, source),
    }
}

/// A count as pixels are counted.
pub(super) fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1024)
}
