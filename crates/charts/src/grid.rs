//! In which lane and row each node stands: lanes as columns in the chart's order, time downwards.

use super::{graph::Graph, model::Chart};

/// The place of every node, and who stands beside whom.
pub(super) struct Grid {
    /// The lane of each column, as its place in the chart's list; none for nodes whose lane does not exist.
    pub columns: Vec<Option<usize>>,
    /// How many rows there are.
    pub rows: usize,
    /// Each node's column.
    pub column: Vec<usize>,
    /// Each node's row.
    pub row: Vec<usize>,
    /// Each node's place in its cell, from the left.
    pub slot: Vec<usize>,
    /// Of each node, whether it stands in the middle of its lane: alone, or as the only one in its cell that leads on, so
    /// that the way through the chart stays straight and ends stand aside.
    pub is_central: Vec<bool>,
    /// The nodes of each cell, from the left; cell = row × columns + column.
    cells: Vec<Vec<usize>>,
}

impl Grid {
    /// The grid of any chart. Lanes without a node have no column.
    pub fn of(chart: &Chart, graph: &Graph) -> Self {
        let lane = |node: usize| chart.lanes.iter().position(|lane| lane.id == chart.nodes[node].lane);
        let lanes: Vec<_> = (0..chart.nodes.len()).map(lane).collect();
        let in_order = (0..chart.lanes.len()).map(Some).chain([None]);
        let columns: Vec<_> = in_order.filter(|lane| lanes.contains(lane)).collect();
        let column = lanes.iter().map(|lane| columns.iter().position(|column| column == lane).unwrap_or(0)).collect();
        let row = rows(graph);
        let rows = row.iter().max().map_or(0, |last| last + 1);
        let cells = vec![Vec::new(); rows * columns.len()];
        let mut grid =
            Self { columns, rows, column, slot: vec![0; row.len()], is_central: vec![false; row.len()], row, cells };
        grid.fill(graph);
        for cell in &grid.cells {
            if let Some(node) = central(graph, cell) {
                grid.is_central[node] = true;
            }
        }
        grid
    }

    /// The nodes of a cell, from the left.
    pub fn cell(&self, row: usize, column: usize) -> &[usize] {
        self.cells.get(row * self.columns.len() + column).map_or(&[], Vec::as_slice)
    }

    /// No node stands in this column in these rows.
    pub fn is_free(&self, column: usize, mut rows: std::ops::Range<usize>) -> bool {
        rows.all(|row| self.cell(row, column).is_empty())
    }

    /// Fills the cells from above, each by where its nodes' predecessors stand and then by the chart's order.
    fn fill(&mut self, graph: &Graph) {
        for row in 0..self.rows {
            let mut nodes: Vec<_> = (0..self.row.len()).filter(|node| self.row[*node] == row).collect();
            nodes.sort_by_key(|node| (self.column[*node], self.middle(graph, *node), *node));
            for node in nodes {
                let cell = &mut self.cells[row * self.columns.len() + self.column[node]];
                self.slot[node] = cell.len();
                cell.push(node);
            }
        }
    }

    /// The mean place of a node's predecessors, in thousandths of a column.
    fn middle(&self, graph: &Graph, node: usize) -> usize {
        let place = |node: usize| {
            let width = self.cell(self.row[node], self.column[node]).len();
            self.column[node] * 1000 + (self.slot[node] * 2 + 1) * 500 / width.max(1)
        };
        let (sum, count) = graph.entering(node).fold((0, 0), |(sum, count), arc| (sum + place(arc.from), count + 1));
        usize::checked_div(sum, count).unwrap_or(self.column[node] * 1000 + 500)
    }
}

/// The node of a cell around which the others stand, if there is one.
fn central(graph: &Graph, cell: &[usize]) -> Option<usize> {
    let leads_on = |node: &&usize| graph.leaving(**node).next().is_some();
    match cell {
        [node] => Some(*node),
        _ if cell.iter().filter(leads_on).count() == 1 => cell.iter().find(leads_on).copied(),
        _ => None,
    }
}

/// Each node one row below the lowest of those that lead to it.
fn rows(graph: &Graph) -> Vec<usize> {
    let mut rows = vec![0; graph.out.len()];
    for node in &graph.order {
        for arc in graph.leaving(*node) {
            rows[arc.to] = rows[arc.to].max(rows[*node] + 1);
        }
    }
    rows
}
