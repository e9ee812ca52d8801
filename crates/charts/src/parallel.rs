//! Whether parallel ways are nested: each split has its join.

use std::collections::HashSet;

use super::{
    graph::{Graph, closure},
    model::Chart,
};
use qingdan_base::{
    problem::{FieldError, Rule, Wrong},
    values::code_lists::NodeKind,
};

/// Checks that splits and joins nest: all ways from a split meet first in one join, which is reached in no other way.
pub(super) fn check_parallel(chart: &Chart, graph: &Graph) -> Vec<FieldError> {
    const RULE: Rule = Rule::ChartParallelUnbalanced;
    let gateways = || (0..chart.nodes.len()).filter(|node| chart.nodes[*node].kind == NodeKind::ParallelGateway);
    let ways = |node| (graph.entering(node).count(), graph.leaving(node).count());
    let is_split = |node: usize| matches!(ways(node), (1, 2..));
    let is_join = |node: usize| chart.nodes[node].kind == NodeKind::ParallelGateway && matches!(ways(node), (2.., 1));
    let behind = meeting_points(graph, graph.order.iter().rev().copied(), |node| {
        graph.leaving(node).map(|arc| arc.to).collect()
    });
    let before =
        meeting_points(graph, graph.order.iter().copied(), |node| graph.entering(node).map(|arc| arc.from).collect());
    let mut errors = Vec::new();
    let mut joined = HashSet::new();
    for split in gateways().filter(|node| is_split(*node)) {
        let join = behind[split].filter(|join| is_join(*join) && leads_through(&before, *join, split));
        match join {
            Some(join) => joined.extend([join]),
            None => {
                // A join behind the split is not told again to be without one.
                joined.extend(closure(vec![split], |node| graph.leaving(node).map(|arc| arc.to).collect()));
                errors.push(node_error(split, "", Wrong::Chart(RULE, "分支之后没有汇合", "is a split without join")));
            }
        }
    }
    for node in gateways().filter(|node| !is_split(*node) && !graph.out[*node].is_empty()) {
        if !is_join(node) {
            let wrong = Wrong::Chart(RULE, "并行节点应为一进多出或者多进一出", "neither splits nor joins");
            errors.push(node_error(node, "", wrong));
        } else if !joined.contains(&node) {
            errors.push(node_error(node, "", Wrong::Chart(RULE, "汇合之前没有分支", "is a join without split")));
        }
    }
    errors
}

/// For each node the nearest one that every way onward passes (Cooper, Harvey and Kennedy's dominators, without their
/// repetition because the graph has no cycle). Ways that come to nothing but rework have no say.
fn meeting_points(
    graph: &Graph,
    order: impl Iterator<Item = usize>,
    next: impl Fn(usize) -> Vec<usize>,
) -> Vec<Option<usize>> {
    let nodes = graph.out.len();
    let mut meeting = vec![None; nodes];
    let mut rank = vec![0; nodes];
    for (place, node) in order.enumerate() {
        rank[node] = place;
        let is_rework_only = |next: &usize| !graph.out[*next].is_empty() && graph.leaving(*next).next().is_none();
        let onward: Vec<_> = next(node).into_iter().filter(|next| !is_rework_only(next)).collect();
        let Some((first, others)) = onward.split_first() else { continue };
        meeting[node] = others.iter().try_fold(*first, |a, b| meet(&meeting, &rank, a, *b));
    }
    meeting
}

/// Finds where the chains of two nodes meet.
fn meet(meeting: &[Option<usize>], rank: &[usize], mut a: usize, mut b: usize) -> Option<usize> {
    while a != b {
        if rank[a] > rank[b] {
            a = meeting[a]?;
        } else {
            b = meeting[b]?;
        }
    }
    Some(a)
}

fn leads_through(meeting: &[Option<usize>], from: usize, node: usize) -> bool {
    let mut at = Some(from);
    while let Some(here) = at {
        if here == node {
            return true;
        }
        at = meeting[here];
    }
    false
}

/// A fault at a node, or at a member of it.
pub(super) fn node_error(at: usize, member: &str, wrong: Wrong) -> FieldError {
    FieldError::at(format!("/chart/nodes/{at}{member}"), wrong)
}
