//! The graph behind a chart: its edges as arcs between places, and its nodes in order.

use std::collections::{HashMap, HashSet};

use super::model::{Chart, Edge};
use qingdan_base::values::code_lists::NodeKind;

/// An edge between two nodes that exist, by their places in the chart's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arc {
    /// Place in `edges`.
    pub edge: usize,
    /// Place in `nodes`.
    pub from: usize,
    /// Place in `nodes`.
    pub to: usize,
    /// Rework, or closes a cycle: does not lead on.
    pub back: bool,
}

/// The graph behind a chart. Without its `back` arcs it has no cycle.
pub(super) struct Graph {
    /// The edges that join two different nodes, in the chart's order.
    pub arcs: Vec<Arc>,
    /// All nodes, each behind those that lead to it.
    pub order: Vec<usize>,
    /// Of each node, the arcs that leave it (places in `arcs`).
    pub out: Vec<Vec<usize>>,
    /// Of each node, the arcs that enter it (places in `arcs`).
    pub into: Vec<Vec<usize>>,
    /// An edge without rework closes a cycle.
    pub cyclic: bool,
}

impl Graph {
    /// Makes the graph of any chart.
    pub fn of(chart: &Chart) -> Self {
        let mut place = HashMap::new();
        for (index, node) in chart.nodes.iter().enumerate() {
            place.entry(node.id.as_str()).or_insert(index);
        }
        let arc = |(edge, line): (usize, &Edge)| {
            let (from, to) = (*place.get(line.from.as_str())?, *place.get(line.to.as_str())?);
            (from != to).then_some(Arc { edge, from, to, back: line.rework.is_some() })
        };
        let arcs: Vec<_> = chart.edges.iter().enumerate().filter_map(arc).collect();
        let mut out = vec![Vec::new(); chart.nodes.len()];
        let mut into = vec![Vec::new(); chart.nodes.len()];
        for (index, arc) in arcs.iter().enumerate() {
            out[arc.from].push(index);
            into[arc.to].push(index);
        }
        let mut graph = Self { arcs, order: Vec::new(), out, into, cyclic: false };
        graph.sort(starts(chart));
        graph
    }

    /// The arcs that lead on from a node.
    pub fn leaving(&self, node: usize) -> impl DoubleEndedIterator<Item = Arc> + '_ {
        self.out[node].iter().map(|arc| self.arcs[*arc]).filter(|arc| !arc.back)
    }

    /// The arcs that lead on to a node.
    pub fn entering(&self, node: usize) -> impl DoubleEndedIterator<Item = Arc> + '_ {
        self.into[node].iter().map(|arc| self.arcs[*arc]).filter(|arc| !arc.back)
    }

    /// Puts the nodes in order by a search in depth, and marks the arcs that close a cycle.
    fn sort(&mut self, first: Vec<usize>) {
        let nodes = self.out.len();
        let mut state = vec![Visit::New; nodes];
        let mut left = Vec::with_capacity(nodes);
        for root in first.into_iter().chain(0..nodes) {
            if state[root] != Visit::New {
                continue;
            }
            // A stack of our own: depth is bounded by memory, not by the thread's stack. The last way out is searched
            // first, so that in the reversed order the first branch comes first.
            state[root] = Visit::Open;
            let mut stack = vec![(root, self.out[root].len())];
            while let Some((node, next)) = stack.pop() {
                let Some(next) = next.checked_sub(1) else {
                    state[node] = Visit::Left;
                    left.push(node);
                    continue;
                };
                stack.push((node, next));
                let arc = &mut self.arcs[self.out[node][next]];
                if arc.back {
                    continue;
                }
                match state[arc.to] {
                    Visit::New => {
                        state[arc.to] = Visit::Open;
                        stack.push((arc.to, self.out[arc.to].len()));
                    }
                    Visit::Open => {
                        arc.back = true;
                        self.cyclic = true;
                    }
                    Visit::Left => {}
                }
            }
        }
        left.reverse();
        self.order = left;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Left,
}

pub(super) fn starts(chart: &Chart) -> Vec<usize> {
    (0..chart.nodes.len()).filter(|node| chart.nodes[*node].kind == NodeKind::Start).collect()
}

/// All that is reached from some nodes, they themselves included.
pub(super) fn closure(from: Vec<usize>, next: impl Fn(usize) -> Vec<usize>) -> HashSet<usize> {
    let mut seen: HashSet<_> = from.iter().copied().collect();
    let mut open = from;
    while let Some(node) = open.pop() {
        open.extend(next(node).into_iter().filter(|next| seen.insert(*next)));
    }
    seen
}
