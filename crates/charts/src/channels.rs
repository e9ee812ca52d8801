//! Lines in the channels between rows: made straight where they can be, and put on tracks.

use super::{
    across::Across,
    edge_routes::{EdgeRoutes, Route},
    edge_tracks::{EdgeTracks, Net, Turn, assign_tracks},
    graph::Graph,
    grid::Grid,
};

/// How far a line moves along its box to come off another.
const NUDGE: i32 = 10;
/// How near to a corner a moved line may come.
const CORNER: i32 = 22;
/// Lines are moved at most so far to become straight.
const STRAIGHTEN: i32 = 80;

/// Moves lines along their boxes where that makes them straight.
pub(super) fn straighten(graph: &Graph, routes: &mut EdgeRoutes, across: &Across) {
    for (index, arc) in graph.arcs.iter().enumerate() {
        if routes.route[index] != Route::Down {
            continue;
        }
        let (source, target) = (across.middle[arc.from], across.middle[arc.to]);
        let (leaves, enters) = (source + routes.out[index], target + routes.into[index]);
        if leaves == enters || (leaves - enters).abs() > STRAIGHTEN {
            continue;
        }
        let others_enter = graph.into[arc.to].len() > 1;
        let others_leave = graph.out[arc.from].len() > 1 || !routes.label[index].lines.is_empty();
        if !others_leave && is_on(routes, arc.from, enters - source) {
            routes.out[index] = enters - source;
        } else if !others_enter && is_on(routes, arc.to, leaves - target) {
            routes.into[index] = leaves - target;
        }
    }
}

/// A line this far from the middle still touches the node, away from its corners.
fn is_on(routes: &EdgeRoutes, node: usize, offset: i32) -> bool {
    offset.abs() <= routes.shape[node].width / 2 - CORNER
}

/// The lines of a channel and their tracks.
pub(super) struct Channel {
    nets: Vec<Net>,
    pub tracks: EdgeTracks,
}

impl Channel {
    /// The track of an arc's line here; none when it runs straight through.
    pub fn track(&self, arc: usize) -> Option<usize> {
        let place = self.nets.iter().position(|net| net.arc == arc)?;
        (!self.nets[place].is_straight()).then(|| self.tracks.track[place])
    }
}

/// Makes all channels. Lines that would lie upon each other in any order are moved along their targets.
pub(super) fn channels(graph: &Graph, grid: &Grid, routes: &mut EdgeRoutes, across: &Across) -> Vec<Channel> {
    let mut found = Vec::with_capacity(grid.rows + 1);
    for channel in 0..=grid.rows {
        let mut nets = nets(graph, grid, routes, across, channel);
        let mut here = assign_tracks(&nets);
        for step in [NUDGE, -2 * NUDGE] {
            if here.overlapping.is_empty() {
                break;
            }
            for net in &here.overlapping {
                nudge(graph, routes, nets[*net].arc, step);
            }
            nets = self::nets(graph, grid, routes, across, channel);
            here = assign_tracks(&nets);
        }
        found.push(Channel { nets, tracks: here });
    }
    found
}

fn nudge(graph: &Graph, routes: &mut EdgeRoutes, arc: usize, step: i32) {
    let moved = routes.into[arc] + step;
    if is_on(routes, graph.arcs[arc].to, moved) {
        routes.into[arc] = moved;
    }
}

/// The lines that run in a channel.
fn nets(graph: &Graph, grid: &Grid, routes: &EdgeRoutes, across: &Across, channel: usize) -> Vec<Net> {
    let mut nets = Vec::new();
    for (index, arc) in graph.arcs.iter().enumerate() {
        let source = Turn { x: across.middle[arc.from] + routes.out[index], up: true };
        let target = Turn { x: across.middle[arc.to] + routes.into[index], up: false };
        let gutter = |up| Turn { x: across.gutter[index], up };
        let below_source = grid.row[arc.from] + 1 == channel;
        let above_target = grid.row[arc.to] == channel;
        let ends = match routes.route[index] {
            Route::Down if below_source => [source, target],
            Route::Around(_) if below_source => [source, gutter(false)],
            Route::Around(_) if above_target => [gutter(true), target],
            Route::BackToSide(_) | Route::BackToTop(_) if below_source => [source, gutter(true)],
            Route::BackToTop(_) if above_target => [gutter(false), target],
            Route::Down | Route::Around(_) | Route::BackToSide(_) | Route::BackToTop(_) => continue,
        };
        nets.push(Net { arc: index, ends });
    }
    nets
}
