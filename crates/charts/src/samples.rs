//! Charts for tests: those of the demonstration, a small one, random ones.

use super::model::{Chart, Edge, Lane, Node, Rework};
use qingdan_base::values::{
    Period, Unit,
    code_lists::{Clock, LaneKind, NodeKind, Outcome, SpecialProcedureKind},
};

/// The charts of `demo/items.json`, with their items' codes.
pub fn demo() -> Vec<(String, Chart)> {
    demo_items().into_iter().map(|(item, chart)| (item["code"].as_str().unwrap().into(), chart)).collect()
}

/// The items of `demo/items.json` that have charts.
pub fn demo_items() -> Vec<(serde_json::Value, Chart)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/items.json")).unwrap();
    let demo: serde_json::Value = serde_json::from_str(&text).unwrap();
    let items = demo["items"].as_array().unwrap().iter().filter(|item| !item["chart"].is_null());
    items.map(|item| (item.clone(), serde_json::from_value(item["chart"].clone()).unwrap())).collect()
}

/// The example of docs/DOMAIN.md §6: accept 1 d → review 3 d → [site check 2 d ∥ public notice 7 d suspended] → decide 1 d.
pub fn worked_example() -> Chart {
    use NodeKind::{End, ParallelGateway, Start, Task};
    let days = |value| Some(Period { value, unit: Unit::WorkingDay });
    let mut nodes = vec![
        node("start", Start, None),
        node("accept", Task, days(1)),
        node("review", Task, days(3)),
        node("split", ParallelGateway, None),
        node("check", Task, days(2)),
        node("notice", Task, days(7)),
        node("end", End, None),
        node("join", ParallelGateway, None),
        node("decide", Task, days(1)),
    ];
    nodes[5].clock = Clock::Suspended;
    nodes[5].excluded = Some(SpecialProcedureKind::PublicNotice);
    let edges = [
        ("start", "accept"),
        ("accept", "review"),
        ("review", "split"),
        ("split", "check"),
        ("split", "notice"),
        ("check", "join"),
        ("notice", "join"),
        ("join", "decide"),
        ("decide", "end"),
    ];
    let edges = edges.map(|(from, to)| edge(from, to)).to_vec();
    Chart { title: None, lanes: vec![lane(0)], nodes, edges }
}

/// A node of lane 0, running unless it is an end.
pub fn node(id: &str, kind: NodeKind, duration: Option<Period>) -> Node {
    let is_end = kind == NodeKind::End;
    Node {
        id: id.into(),
        kind,
        name: id.into(),
        lane: "lane0".into(),
        stage: None,
        duration,
        clock: if is_end { Clock::Stopped } else { Clock::Running },
        excluded: None,
        materials_in: Vec::new(),
        documents_out: Vec::new(),
        outcome: is_end.then_some(Outcome::Completed),
        note: None,
    }
}

/// An edge that says nothing.
pub fn edge(from: &str, to: &str) -> Edge {
    Edge { from: from.into(), to: to.into(), label: None, default: None, rework: None }
}

/// A lane.
pub fn lane(number: usize) -> Lane {
    let name = ["申请人", "便民服务中心窗口", "村镇建设服务中心", "专家", "县级业务主管部门"][number % 5];
    Lane { id: format!("lane{number}"), name: name.into(), kind: LaneKind::Office, organisation: None }
}

/// Numbers that look random and are the same for the same seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    /// A text in which up to `most` places have one of these words instead of up to `longest` characters.
    pub fn spoilt(&mut self, text: &str, odd: &[&str], most: usize, longest: usize) -> String {
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..1 + self.below(most) {
            let at = self.below(text.len());
            let word = odd[self.below(odd.len())].chars();
            let cut = self.below(longest + 1).min(text.len() - at);
            text.splice(at..at + cut, word);
        }
        text.into_iter().collect()
    }

    /// Chinese and Latin words, some of them longer than any box is wide.
    fn mixed(&mut self, longest: usize) -> String {
        let mut text = String::new();
        while text.chars().count() < longest / 2 {
            match self.below(4) {
                0 => text.push_str(
                    [
                        "《Mini-Mental State Examination》",
                        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
                        "ISO/IEC 27001:2022",
                        " ",
                    ][self.below(4)],
                ),
                1 => text.push_str(["Ю№ⅷ㎡", "é", "——", "（〔2014〕8号）"][self.below(4)]),
                _ => text.push_str(&self.text(12)),
            }
        }
        text.chars().take(longest).collect()
    }

    fn text(&mut self, longest: usize) -> String {
        const TEXT: &str =
            "受理申请材料并核对原件，审查是否符合法定条件（一次性告知）后作出书面决定、送达当事人ABC12日";
        let characters: Vec<_> = TEXT.chars().collect();
        let start = self.below(characters.len());
        characters.iter().cycle().skip(start).take(1 + self.below(longest)).collect()
    }
}

/// A random well-formed chart with about `size` nodes.
pub fn valid(seed: u64, size: usize) -> Chart {
    let mut random = Random(seed);
    let lanes = 1 + random.below(5);
    let mut builder = Builder { random, lanes, nodes: Vec::new(), edges: Vec::new() };
    let start = builder.node(NodeKind::Start);
    let exits = builder.sequence(vec![start], size.saturating_sub(2), true, 0);
    let end = builder.node(NodeKind::End);
    builder.join(exits, end);
    builder.finish()
}

/// A random well-formed chart with 20 lanes and up to 80 nodes, in which much is as long as may be: names of Chinese and
/// Latin words, conditions, materials, documents, notes.
pub fn large(seed: u64) -> Chart {
    let random = Random(seed);
    let mut builder = Builder { random, lanes: 20, nodes: Vec::new(), edges: Vec::new() };
    let start = builder.node(NodeKind::Start);
    let exits = builder.sequence(vec![start], 60, true, 0);
    let end = builder.node(NodeKind::End);
    builder.join(exits, end);
    let (mut chart, mut random) = (builder.finish(), Random(!seed));
    for node in &mut chart.nodes {
        node.name = random.mixed(60);
        node.materials_in = (1..=u32::try_from(random.below(100)).unwrap()).collect();
        node.documents_out = (0..random.below(4)).map(|_| random.mixed(100)).collect();
        node.note = (random.below(4) == 0).then(|| random.mixed(300));
    }
    for edge in &mut chart.edges {
        edge.label = (random.below(3) == 0).then(|| random.mixed(60)).or(edge.label.take());
    }
    for lane in &mut chart.lanes {
        lane.name = random.mixed(100);
    }
    chart
}

struct Builder {
    random: Random,
    lanes: usize,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl Builder {
    fn node(&mut self, kind: NodeKind) -> usize {
        let units = [Unit::WorkingDay, Unit::CalendarDay, Unit::Hour, Unit::Month];
        let random = &mut self.random;
        let duration = Period { value: u32::try_from(random.below(30)).unwrap(), unit: units[random.below(4)] };
        let timed = matches!(kind, NodeKind::Task | NodeKind::ExclusiveGateway) && random.below(3) > 0;
        let mut new = node(&format!("n{}", self.nodes.len()), kind, timed.then_some(duration));
        let longest = [4, 12, 60][random.below(3)];
        new.name = random.text(longest);
        new.lane = format!("lane{}", random.below(self.lanes));
        if kind == NodeKind::Task && random.below(6) == 0 {
            new.clock = Clock::Suspended;
            new.excluded = Some(SpecialProcedureKind::PublicNotice);
        }
        if random.below(5) == 0 {
            new.materials_in = (1..=u32::try_from(random.below(12)).unwrap()).collect();
        }
        if random.below(8) == 0 {
            new.documents_out = vec![random.text(20)];
        }
        if random.below(10) == 0 {
            new.note = Some(random.text(80));
        }
        self.nodes.push(new);
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize) {
        let mut new = edge(&format!("n{from}"), &format!("n{to}"));
        if self.nodes[from].kind == NodeKind::ExclusiveGateway {
            let longest = [4, 10, 60][self.random.below(3)];
            new.label = Some(self.random.text(longest));
        }
        if !self.edges.iter().any(|edge| edge.from == new.from && edge.to == new.to) {
            self.edges.push(new);
        }
    }

    fn join(&mut self, exits: Vec<usize>, to: usize) {
        for exit in exits {
            self.edge(exit, to);
        }
    }

    /// Adds about `budget` nodes behind `entries`; gives the nodes from which to go on.
    fn sequence(&mut self, mut entries: Vec<usize>, budget: usize, may_end: bool, depth: usize) -> Vec<usize> {
        let limit = self.nodes.len() + budget;
        while self.nodes.len() < limit {
            let left = limit - self.nodes.len();
            entries = match self.random.below(6) {
                0 | 1 if left > 3 && depth < 4 => self.decision(entries, left, may_end, depth),
                2 if left > 4 && depth < 4 => self.parallel(entries, left, depth),
                _ => {
                    let task = self.node(NodeKind::Task);
                    self.join(entries, task);
                    vec![task]
                }
            };
        }
        entries
    }

    fn decision(&mut self, entries: Vec<usize>, left: usize, may_end: bool, depth: usize) -> Vec<usize> {
        let task = self.node(NodeKind::Task);
        self.join(entries, task);
        let gateway = self.node(NodeKind::ExclusiveGateway);
        self.edge(task, gateway);
        let first = self.node(NodeKind::Task);
        self.edge(gateway, first);
        let mut exits = self.sequence(vec![first], self.share(left), may_end, depth + 1);
        match self.random.below(4) {
            0 if may_end => {
                let end = self.node(NodeKind::End);
                self.edge(gateway, end);
            }
            1 => {
                self.edge(gateway, task);
                let rework = self.edges.last_mut().unwrap();
                rework.rework = Some(Rework { max_rounds: 1 });
            }
            2 => exits.push(gateway),
            _ => {
                let second = self.node(NodeKind::Task);
                self.edge(gateway, second);
                exits.extend(self.sequence(vec![second], self.share(left), may_end, depth + 1));
            }
        }
        exits
    }

    fn parallel(&mut self, entries: Vec<usize>, left: usize, depth: usize) -> Vec<usize> {
        // A gateway of its own in front, so that the split has one way in.
        let before = self.node(NodeKind::Task);
        self.join(entries, before);
        let split = self.node(NodeKind::ParallelGateway);
        self.edge(before, split);
        let branches = 2 + self.random.below(3);
        let mut exits = Vec::new();
        for _ in 0..branches {
            let first = self.node(NodeKind::Task);
            self.edge(split, first);
            let branch = self.sequence(vec![first], self.share(left) / branches, false, depth + 1);
            let last = self.node(NodeKind::Task);
            self.join(branch, last);
            exits.push(last);
        }
        let join = self.node(NodeKind::ParallelGateway);
        self.join(exits, join);
        vec![join]
    }

    fn share(&self, left: usize) -> usize {
        left.saturating_sub(3) / 2
    }

    fn finish(self) -> Chart {
        Chart { title: None, lanes: (0..self.lanes).map(lane).collect(), nodes: self.nodes, edges: self.edges }
    }
}

/// A chart of anything at all.
pub fn junk(seed: u64) -> Chart {
    let mut random = Random(seed);
    let kinds = [NodeKind::Start, NodeKind::Task, NodeKind::ExclusiveGateway, NodeKind::ParallelGateway, NodeKind::End];
    let clocks = [Clock::NotStarted, Clock::Running, Clock::Suspended, Clock::Stopped];
    let count = random.below(40);
    let mut nodes = Vec::new();
    for _ in 0..count {
        let unit = [Unit::Month, Unit::Hour][random.below(2)];
        let mut new = node(&format!("n{}", random.below(45)), kinds[random.below(5)], None);
        new.duration = (random.below(2) == 0).then_some(Period { value: u32::MAX, unit });
        new.clock = clocks[random.below(4)];
        new.lane = format!("lane{}", random.below(6));
        new.name = if random.below(9) == 0 { String::new() } else { random.text(60) };
        new.materials_in = (0..u32::try_from(random.below(70)).unwrap()).collect();
        nodes.push(new);
    }
    let edges = (0..random.below(120)).map(|_| {
        let mut new = edge(&format!("n{}", random.below(47)), &format!("n{}", random.below(47)));
        new.label = (random.below(3) == 0).then(|| random.text(60));
        new.rework = (random.below(6) == 0).then_some(Rework { max_rounds: u32::MAX });
        new
    });
    let edges = edges.collect();
    Chart { title: None, lanes: (0..random.below(6)).map(lane).collect(), nodes, edges }
}
