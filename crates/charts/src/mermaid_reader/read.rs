//! A chart from a Mermaid flowchart. Our own export comes back as the very same chart, by its comments `%% qingdan: {json}`;
//! flowcharts that people write are read with these defaults: subgraphs are lanes, diamonds are decisions, hexagons are
//! parallel gateways, what nothing leads to is the start, rounded ends are ends, and a line that leads back is one round of
//! rework. What a chart cannot express is refused where it stands.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    arrows::Arrow,
    cursor::{Cursor, MOST_MENTIONS, Mistake, mistake},
    statements::{Mention, Shape, Statement},
    words::{title_of, unfenced, without_looks},
};
use crate::{
    bpmn_reader::elements::{flat, lane_kind, plain_node},
    graph::Graph,
    model::{Chart, Edge, Lane, Node, Rework},
    source_positions::SourcePositions,
};
use qingdan_base::{
    problem::{FieldError, SourcePosition, Wrong},
    values::code_lists::NodeKind,
};

/// So many mistakes tell enough.
const MOST_MISTAKES: usize = 100;
const MOST_LANES: usize = 20;
const MOST_NODES: usize = 80;
const MOST_EDGES: usize = 200;
/// Comments of our own on lanes and nodes: more than there can be of either.
const MOST_COMMENTS: usize = 2 * (MOST_LANES + MOST_NODES);
/// Characters of the name of a lane.
const LONGEST_LANE: usize = 100;
/// Characters of the name of a node or of a condition.
const LONGEST_NAME: usize = 60;

type About = Map<String, Value>;

/// Reads the chart that a Mermaid flowchart describes, or every mistake in it with line and column.
pub fn read_mermaid(text: &str) -> Result<Chart, Vec<FieldError>> {
    read_mermaid_with_positions(text).map(|(chart, _)| chart)
}

/// Reads as [`read_mermaid`] does and says where each part stands, for what is found wrong with the chart afterwards.
pub fn read_mermaid_with_positions(text: &str) -> Result<(Chart, SourcePositions), Vec<FieldError>> {
    let text = &*unfenced(text);
    let mut reader = Reader::default();
    reader.read(text);
    let read = reader.mistakes.is_empty().then(|| reader.chart(title_of(text)));
    match read {
        Some(read) if reader.mistakes.is_empty() => Ok(read),
        _ => Err(reader.mistakes),
    }
}

/// A flowchart as it is written, before it is known what its parts are in a chart.
#[derive(Default)]
struct Reader {
    /// Our own comment on the chart: it was written by this program, if perhaps edited since.
    own: Option<About>,
    lanes: Vec<Subgraph>,
    /// The subgraph in which the statements stand.
    inside: Option<usize>,
    steps: Vec<Step>,
    by_name: HashMap<String, usize>,
    links: Vec<Link>,
    /// Comments that name what they are about: subgraphs and steps by their names.
    about: HashMap<String, (About, SourcePosition)>,
    /// Facts from the comment on the next link.
    about_link: AboutLink,
    mistakes: Vec<FieldError>,
}

struct Subgraph {
    name: String,
    title: String,
    position: SourcePosition,
}

struct Step {
    name: String,
    label: Option<String>,
    shape: Option<Shape>,
    lane: Option<usize>,
    position: SourcePosition,
}

struct Link {
    from: usize,
    to: usize,
    label: Option<String>,
    dotted: bool,
    about: AboutLink,
    position: SourcePosition,
}

/// Facts of a link that Mermaid cannot say.
#[derive(Clone, Default)]
struct AboutLink {
    default: Option<bool>,
    rework: Option<Rework>,
}

impl Step {
    /// Whether nothing is said of it but its id.
    fn is_bare(&self) -> bool {
        self.label.is_none() && self.shape.is_none()
    }
}

impl Reader {
    /// Refuses what stands at this position, in Chinese and in English.
    fn refuse(&mut self, position: SourcePosition, chinese: impl Into<String>, english: impl Into<String>) {
        self.refuse_mistake(mistake(position, chinese, english));
    }

    fn refuse_mistake(&mut self, (position, said): Mistake) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(FieldError::at("", Wrong::Notation(said)).at_position(Some(position)));
        }
    }

    fn read(&mut self, text: &str) {
        let mut cursor = Cursor::of(text);
        if let Err(mistake) = cursor.header() {
            return self.refuse_mistake(mistake);
        }
        loop {
            let position = cursor.next_statement();
            match cursor.statement() {
                Ok(Statement::Finished) => break,
                Ok(statement) => self.read_statement(statement, position),
                Err(mistake) => {
                    self.refuse_mistake(mistake);
                    cursor.skip_line();
                }
            }
            if self.too_many(&cursor, position) {
                return;
            }
        }
        if let Some(open) = self.inside {
            let lane = &self.lanes[open];
            self.refuse(
                lane.position,
                format!("子图“{}”没有结束；请在最后一个环节之后另起一行写 end", lane.title),
                format!("the subgraph “{}” is not closed; write `end` below its last step", lane.title),
            );
        }
    }

    /// Whether there is no need to read on.
    fn too_many(&mut self, cursor: &Cursor<'_>, position: SourcePosition) -> bool {
        let sizes = [
            (self.lanes.get(MOST_LANES).map(|lane| lane.position), "子图（泳道）", "subgraphs (lanes)", MOST_LANES),
            (self.steps.get(MOST_NODES).map(|step| step.position), "节点", "nodes", MOST_NODES),
            (self.links.get(MOST_EDGES).map(|link| link.position), "连线", "links", MOST_EDGES),
        ];
        let over: Vec<_> =
            sizes.into_iter().filter_map(|(position, zh, en, most)| Some((position?, zh, en, most))).collect();
        for (position, chinese, english, most) in &over {
            self.refuse(
                *position,
                format!("{chinese}超过 {most} 个；请拆成几张图，或者合并环节"),
                format!("there are more than {most} {english}; draw several charts, or merge steps"),
            );
        }
        let more = [
            (cursor.mentions_too_many(), "写到节点", "nodes are mentioned", MOST_MENTIONS),
            (self.about.len() > MOST_COMMENTS, "注释“qingdan:”", "comments `qingdan:` stand here", MOST_COMMENTS),
        ];
        let more = more.into_iter().find(|(is_over, ..)| *is_over && over.is_empty());
        if let Some((_, chinese, english, most)) = more {
            self.refuse(
                position,
                format!("{chinese}超过 {most} 次；请拆成几张图，或者删去重复的内容"),
                format!("{english} more than {most} times; draw several charts, or remove what is repeated"),
            );
        }
        !over.is_empty() || more.is_some() || self.mistakes.len() == MOST_MISTAKES
    }

    fn read_statement(&mut self, statement: Statement, position: SourcePosition) {
        match statement {
            Statement::Finished | Statement::Aside => {}
            Statement::Comment(about) => self.take_comment(about, position),
            Statement::Subgraph { .. } if self.inside.is_some() => {
                self.refuse(
                    position,
                    "泳道不能嵌套；请把里面的子图移到外面，一方一个子图",
                    "lanes are not nested; move the inner subgraph out, one subgraph for each party",
                );
            }
            Statement::Subgraph { name, title } => {
                self.inside = Some(self.lanes.len());
                let title = self.text(&title, LONGEST_LANE, position);
                self.lanes.push(Subgraph { name, title, position });
            }
            Statement::End if self.inside.take().is_none() => {
                self.refuse(
                    position,
                    "这个 end 没有对应的 subgraph；请删去",
                    "no subgraph is open here; remove this `end`",
                );
            }
            Statement::End => {}
            Statement::Chain { groups, arrows } => {
                let groups: Vec<Vec<usize>> = groups
                    .into_iter()
                    .map(|group| group.into_iter().map(|mention| self.step(mention)).collect())
                    .collect();
                for (arrow, ends) in arrows.into_iter().zip(groups.windows(2)) {
                    self.link(&arrow, &ends[0], &ends[1]);
                }
            }
        }
    }

    fn take_comment(&mut self, mut about: About, position: SourcePosition) {
        if let Some(Value::Object(chart)) = about.remove("chart") {
            if chart.get("version").is_some_and(|version| *version != 1) {
                self.refuse(
                    position,
                    "文件由更新的版本导出，无法读取",
                    "the file was written by a newer version and cannot be read",
                );
            }
            self.own = Some(chart);
        } else if about.contains_key("edge") {
            let rework = about.remove("rework").and_then(|rework| serde_json::from_value(rework).ok());
            self.about_link = AboutLink { default: about.get("default").and_then(Value::as_bool), rework };
        } else if let Some(name) = ["lane", "node"].iter().find_map(|part| about.get(*part)?.as_str()) {
            // A step tells its lane by the same word: what is about a step says `node`.
            let name = about.get("node").and_then(Value::as_str).unwrap_or(name).to_owned();
            self.about.insert(name, (about, position));
        }
    }

    fn step(&mut self, mention: Mention) -> usize {
        let label = mention.label.map(|label| self.text(&label, LONGEST_NAME, mention.position));
        let place = *self.by_name.entry(mention.name.clone()).or_insert_with(|| {
            let (name, position) = (mention.name.clone(), mention.position);
            self.steps.push(Step { name, label: None, shape: None, lane: None, position });
            self.steps.len() - 1
        });
        let step = &mut self.steps[place];
        // A step is described wherever that is done, and is in the first subgraph that mentions it.
        step.label = label.or(step.label.take());
        step.shape = mention.shape.or(step.shape);
        step.lane = step.lane.or(self.inside);
        place
    }

    fn link(&mut self, arrow: &Arrow, from: &[usize], to: &[usize]) {
        let about = std::mem::take(&mut self.about_link);
        let label = arrow.label.as_ref().map(|label| self.text(label, LONGEST_NAME, arrow.position));
        let label = label.filter(|label| !label.trim().is_empty());
        for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            // One more than a chart may have is enough to be refused.
            if arrow.invisible || self.links.len() > MOST_EDGES {
                continue;
            }
            let (label, dotted, about) = (label.clone(), arrow.dotted, about.clone());
            self.links.push(Link { from, to, label, dotted, about, position: arrow.position });
        }
    }

    fn chart(&mut self, title: Option<String>) -> (Chart, SourcePositions) {
        let title = match &self.own {
            Some(own) => own.get("title").and_then(Value::as_str).map(str::to_owned),
            None => title,
        };
        let mut chart = Chart { title, lanes: Vec::new(), nodes: Vec::new(), edges: Vec::new() };
        let mut positions = SourcePositions::default();
        self.read_lanes(&mut chart, &mut positions);
        let ids = self.read_nodes(&mut chart, &mut positions);
        self.read_edges(&ids, &mut chart, &mut positions);
        for arc in Graph::of(&chart).arcs.iter().filter(|arc| arc.back) {
            chart.edges[arc.edge].rework.get_or_insert(Rework { max_rounds: 1 });
        }
        (chart, positions)
    }

    fn read_lanes(&mut self, chart: &mut Chart, positions: &mut SourcePositions) {
        let mut taken = HashSet::new();
        for lane in std::mem::take(&mut self.lanes) {
            let about = self.about.get(&lane.name).filter(|(about, _)| !about.contains_key("node")).cloned();
            let name = lane.title;
            let kind = lane_kind(&name);
            let plain = Lane { id: lane.name.clone(), name, kind, organisation: None };
            let read = about.and_then(|(about, position)| self.with_comment(&plain, about, &["lane"], position));
            let mut lane_read = read.unwrap_or(plain);
            lane_read.id = fresh(&mut taken, &lane_read.id);
            positions.lanes.push(Some(lane.position));
            chart.lanes.push(lane_read);
        }
        let homeless = self.steps.iter().any(|step| step.lane.is_none());
        let is_lane = |step: &Step| step.is_bare() && chart.lanes.iter().any(|lane| lane.id == step.name);
        let lanes: Vec<_> =
            self.steps.iter().filter(|step| is_lane(step)).map(|step| (step.position, step.name.clone())).collect();
        if self.own.is_none() {
            for (position, name) in &lanes {
                self.refuse(
                    *position,
                    format!("“{name}”是子图；连线请接到子图里的某个环节"),
                    format!("“{name}” is a subgraph; draw the link to one of the steps in it"),
                );
            }
        }
        if homeless && !chart.lanes.is_empty() && self.own.is_none() {
            let is_lost = |step: &&Step| step.lane.is_none() && lanes.iter().all(|(_, lane)| *lane != step.name);
            let lost: Vec<_> = self.steps.iter().filter(is_lost).map(|s| (s.position, s.name.clone())).collect();
            for (position, name) in lost {
                self.refuse(
                    position,
                    format!("“{name}”不在任何子图里；请移到由谁办理的子图（泳道）中"),
                    format!("“{name}” is in no subgraph; move it into the subgraph (lane) of who acts"),
                );
            }
        }
        if chart.lanes.is_empty() {
            // Without lanes, one party does everything.
            let name = "办理机构".to_owned();
            chart.lanes.push(Lane { id: "lane".into(), kind: lane_kind(&name), name, organisation: None });
            positions.lanes.push(None);
        }
    }

    /// The ids of the nodes, in the order of the steps.
    fn read_nodes(&mut self, chart: &mut Chart, positions: &mut SourcePositions) -> Vec<String> {
        let mut taken = HashSet::new();
        let (mut ids, mut numbered) = (Vec::new(), Vec::new());
        let steps = std::mem::take(&mut self.steps);
        for (place, step) in steps.iter().enumerate() {
            let kind = self.kind(place, step);
            let name = step.label.clone().unwrap_or_else(|| self.text(&step.name, LONGEST_NAME, step.position));
            let lane = step.lane.and_then(|lane| chart.lanes.get(lane)).or(chart.lanes.first());
            let mut node = Node {
                lane: lane.map(|lane| lane.id.clone()).unwrap_or_default(),
                ..plain_node(step.name.clone(), kind, name)
            };
            let mut number = u64::MAX;
            if let Some((about, position)) =
                self.about.get(&step.name).filter(|(about, _)| about.contains_key("node")).cloned()
            {
                number = about.get("seq").and_then(Value::as_u64).unwrap_or(number);
                if let Some(read) = self.with_comment(&node, about, &["node", "seq"], position) {
                    // The drawing counts where the comment says something else.
                    let (lane, drawn) = (node.lane, node.kind);
                    node = read;
                    if step.lane.is_some() {
                        node.lane = lane;
                    }
                    if step.shape.is_some_and(|shape| !shape.may_be(node.kind)) {
                        node.kind = drawn;
                    }
                }
            }
            node.id = fresh(&mut taken, &node.id);
            ids.push(node.id.clone());
            numbered.push((number, node, step.position));
        }
        numbered.sort_by_key(|(number, ..)| *number);
        for (_, node, position) in numbered {
            chart.nodes.push(node);
            positions.nodes.push(Some(position));
        }
        ids
    }

    /// Returns the kind of a step by its shape and its links.
    fn kind(&self, place: usize, step: &Step) -> NodeKind {
        let leads_in = self.links.iter().any(|link| link.to == place && link.from != place && !link.dotted);
        let leads_out = self.links.iter().any(|link| link.from == place);
        match step.shape {
            Some(Shape::Diamond) => NodeKind::ExclusiveGateway,
            Some(Shape::Hexagon) => NodeKind::ParallelGateway,
            _ if !leads_in && leads_out => NodeKind::Start,
            Some(Shape::Rounded) if !leads_out => NodeKind::End,
            Some(Shape::Rounded | Shape::Box) | None => NodeKind::Task,
        }
    }

    /// A part with what our comment says of it, but for its name, which stands in the drawing.
    fn with_comment<T: serde::Serialize + serde::de::DeserializeOwned>(
        &mut self,
        plain: &T,
        mut about: About,
        marks: &[&str],
        position: SourcePosition,
    ) -> Option<T> {
        let drawn = serde_json::to_value(plain).ok()?;
        for mark in marks {
            // In the comment on a lane `lane` is its name in the drawing; in that on a step, the id of its lane.
            about.remove(*mark);
        }
        for member in ["id", "name", "kind", "lane", "clock"] {
            if member == "name" || !about.contains_key(member) {
                about.extend(drawn.get(member).map(|value| (member.to_owned(), value.clone())));
            }
        }
        match serde_json::from_value(Value::Object(about)) {
            Ok(read) => Some(read),
            Err(error) => {
                self.refuse(
                    position,
                    format!("注释“qingdan:”的内容无法识别：{error}；请改正，或者删去这一行"),
                    format!("the comment `qingdan:` cannot be read: {error}; mend it, or remove the line"),
                );
                None
            }
        }
    }

    fn read_edges(&mut self, ids: &[String], chart: &mut Chart, positions: &mut SourcePositions) {
        for link in std::mem::take(&mut self.links) {
            let [from, to] = [link.from, link.to].map(|place| ids[place].clone());
            let AboutLink { default, rework } = link.about;
            chart.edges.push(Edge { from, to, label: link.label, default, rework });
            positions.edges.push(Some(link.position));
        }
    }

    /// A text for people: of our own files as it is, of others in one line. Nothing of one that is too long is kept.
    fn text(&mut self, text: &str, most: usize, position: SourcePosition) -> String {
        let text = if self.own.is_some() { text.to_owned() } else { in_one_line(text) };
        let length = text.chars().count();
        if length <= most {
            return text;
        }
        let begin: String = text.chars().take(20).collect();
        self.refuse(
            position,
            format!("“{begin}…”有 {length} 个字，最多 {most} 个字"),
            format!("“{begin}…” has {length} characters; it may have {most}"),
        );
        begin
    }
}

/// Words without looks, their lines with a space between them.
fn in_one_line(text: &str) -> String {
    let words = without_looks(text);
    let lines: Vec<_> = words.lines().map(flat).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// An id no longer than a chart's may be, and none twice.
fn fresh(taken: &mut HashSet<String>, id: &str) -> String {
    let cut = |most| id.chars().take(most).collect::<String>();
    let tried = (2..).map(|number| format!("{}_{number}", cut(56)));
    let fresh = [cut(64)].into_iter().chain(tried).find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(fresh.clone());
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check, effort::times, mermaid, samples};

    fn mistakes(text: &str) -> Vec<(usize, usize, String)> {
        let said = |error: &FieldError| {
            let Wrong::Notation(detail) = &error.wrong else { panic!("{error:?}") };
            let position = error.position.as_deref().copied().expect("a spot");
            (position.line, position.column, detail.english.clone())
        };
        read_mermaid(text).expect_err("it is wrong").iter().map(said).collect()
    }

    #[test]
    fn what_is_written_is_read_as_the_same_chart() {
        for (code, chart) in samples::demo() {
            assert_eq!(read_mermaid(&mermaid(&chart, "x")), Ok(chart), "{code}");
        }
        for seed in 0..times("CHARTS", 100) as u64 {
            let mut chart = samples::valid(seed, 4 + usize::try_from(seed % 57).unwrap());
            let odd =
                ["end", "a\"b", "#35;x", "x;y", "<b>&lt;", "a --> b", "[(x)]{y}", "- x", "%%{init: {}}%%", "a\nb"];
            for (at, node) in chart.nodes.iter_mut().enumerate().filter(|_| seed % 2 == 0) {
                node.name = odd[(at + usize::try_from(seed).unwrap()) % odd.len()].into();
                node.note = Some(node.name.clone());
            }
            let text = mermaid(&chart, "x");
            assert_eq!(read_mermaid(&text), Ok(chart), "{seed}\n{text}");
        }
    }

    #[test]
    fn a_flowchart_of_somebody_else_becomes_a_chart_that_is_right() {
        let text = "---\ntitle: 临时救助\n---\n%%{init: {'theme': 'base'}}%%\ngraph LR; %% how it goes\n\
            subgraph 申请人\n A([提出申请])\nend\n\
            subgraph hall[\"办事大厅\"]\n direction TB\n B[受理<br>登记]:::blue --> C{材料齐全？}\n C -- 齐全 --> D@{ shape: rect, label: \"审查\" }\n\
            C -.->|补正| B\n D ==> E((不予批准)) & F(办结)\nend\n A --> B\nclassDef blue fill:#00f\nclick B \"https://example.org\"\nD ~~~ A\n";
        // A task with two ways onward is no decision: the rules of a graph say so, where the task stands.
        let (chart, positions) = read_mermaid_with_positions(text).expect("it can be read");
        let nodes: Vec<_> =
            chart.nodes.iter().map(|node| (node.name.as_str(), node.kind, node.lane.as_str())).collect();
        let expected = [
            ("提出申请", NodeKind::Start, "申请人"),
            ("受理登记", NodeKind::Task, "hall"),
            ("材料齐全？", NodeKind::ExclusiveGateway, "hall"),
            ("审查", NodeKind::Task, "hall"),
            ("不予批准", NodeKind::End, "hall"),
            ("办结", NodeKind::End, "hall"),
        ];
        assert_eq!(nodes.len(), expected.len());
        for (node, expected) in nodes.iter().zip(expected) {
            assert_eq!(node.1, expected.1, "{node:?}");
            assert_eq!((node.0.replace(' ', ""), node.2), (expected.0.to_owned(), expected.2));
        }
        assert_eq!(chart.title.as_deref(), Some("临时救助"));
        let edges: Vec<_> = chart.edges.iter().map(|edge| (edge.label.as_deref(), edge.rework.is_some())).collect();
        assert_eq!(
            edges,
            [(None, false), (Some("齐全"), false), (Some("补正"), true), (None, false), (None, false), (None, false)]
        );
        let told = positions.locate(check(&chart));
        assert!(told.iter().all(|error| error.position.is_some()), "{told:?}");
    }

    #[test]
    fn what_is_said_of_the_looks_is_no_step() {
        let plain = "flowchart TD\n A([申请]) --> B[受理]\n B --> C([办结])\n";
        let read = read_mermaid(plain).expect("a chart");
        for decorated in [
            "flowchart TD\n A([申请]) e1@--> B[受理]\n e1@{ animate: true }\n B --> C([办结])\n",
            "flowchart TD\n e1@{ animation: fast }\n A([申请]) e1@--> B[受理]\n B --> C([办结])\n",
            "flowchart TD\n A([申请]) e-1@==> B[受理]\n e-1@{ curve: linear }\n B --> C([办结])\n",
            "flowchart TD\n A([申请]) e1@--> B[受理] e2@--> C([办结])\n e1@{ animate: true }; e2@{ label: x }\n",
            "```mermaid\nflowchart TD\n A([申请]) --> B[受理]\n B --> C([办结])\n```",
            "flowchart TD\n classDef x fill:#f9f; A([申请]) --> B[受理]\n B --> C([办结])\n",
            "flowchart TD\n A([申请]):::x:::y --> B[受理]:::x\n B --> C([办结])\n class A,B x\n",
            "flowchart TD\n A([申请]) --> B[受理]\n B --> C([办结])\n linkStyle 0,1 stroke:#f00\n linkStyle default stroke:#00f\n",
            "flowchart TD\n A([申请]) --> B[受理]\n B --> C([办结])\n style A fill:#f9f,stroke-width:2px;\n click A href \"https://a.example/?a;b\" _blank\n",
            "flowchart TD\n A([\"<b>申请</b>\"]) --> B[\"`**受理**`\"]\n B --> C([\"fa:fa-flag 办结\"])\n",
            "flowchart TD\n accTitle: 甲;乙\n accDescr: 丙;丁\n A([申请]) --> B[受理]\n B --> C([办结])\n",
        ] {
            assert_eq!(read_mermaid(decorated).as_ref(), Ok(&read), "{decorated}");
        }
        let lanes = "flowchart TD\n subgraph 窗口\n A([申请])\n B[受理] --> C([办结])\n end\n A e1@--> B\n e1@{ animate: true }\n";
        assert_eq!(read_mermaid(lanes).expect("a chart").nodes.len(), 3);
        let labels = "flowchart TD\n A([\"提出申请\\n提交材料\"]) --> B[\"`**受理**\n _当场_`\"] --> C[\"fa:fa-user 审查<BR/>五个工作日\"] --> D([\"<b>办结</b>\"])\n";
        let names: Vec<_> = read_mermaid(labels).expect("a chart").nodes.into_iter().map(|node| node.name).collect();
        assert_eq!(names, ["提出申请 提交材料", "受理 当场", "审查 五个工作日", "办结"]);
        let told = mistakes("flowchart TD\n subgraph one\n A([申请]) --> B([办结])\n end\n A --> one\n");
        assert!(told.len() == 1 && told[0].2.contains("“one” is a subgraph"), "{told:?}");
    }

    #[test]
    fn every_mistake_says_where_it_stands() {
        let text = "flowchart TD\n a[开始\n b --> c\n  b <--> c\n subgraph x\n  subgraph y\n  end\n end\n b --\n";
        let told = mistakes(text);
        let lines: Vec<_> = told.iter().map(|(line, ..)| *line).collect();
        assert_eq!(lines, [2, 4, 6, 8, 9], "{told:?}");
        assert_eq!((told[1].1, told[1].2.contains("one way")), (5, true), "{told:?}");
    }

    #[test]
    fn other_diagrams_are_refused_by_name() {
        for (text, word) in [("sequenceDiagram\nA->>B: x", "sequenceDiagram"), ("", "empty"), ("A --> B", "flowchart")]
        {
            let told = mistakes(text);
            assert!(told.len() == 1 && told[0].2.contains(word), "{told:?}");
        }
    }

    #[test]
    fn a_chart_that_is_too_large_is_refused_and_soon() {
        let many: String = (0..100_000).map(|number| format!("n{number} --> n{}\n", number + 1)).collect();
        assert!(mistakes(&format!("graph TD\n{many}"))[0].2.contains("more than 80 nodes"));
        let group: Vec<_> = (0..79).map(|number| format!("n{number}")).collect();
        let group = group.join(" & ");
        assert!(mistakes(&format!("graph TD\n{group} --> {group}\n"))[0].2.contains("more than 200 links"));
    }

    /// Each of these took seconds or hundreds of megabytes: one line that is looked through again for each of its words, or one
    /// word that is copied for each link.
    #[test]
    fn a_flowchart_on_one_line_is_read_no_further_than_a_chart_may_go() {
        let chain: String = (0..90_000).map(|number| format!("n{number}-->")).collect();
        let told = mistakes(&format!("graph TD\n{chain}z"));
        assert!(told[0].2.contains("more than 80 nodes") && told[1].2.contains("more than 200 links"), "{told:?}");
        for again in ["a & ", "a ~~~ ", "a[/x/];", "a[\"x\"] & "] {
            let told = mistakes(&format!("graph TD\n{}a", again.repeat(900_000 / again.len())));
            assert!(told.len() == 1 && told[0].2.contains("mentioned more than 1000 times"), "{again} {told:?}");
        }
        let group = (0..40).map(|number| format!("n{number}")).collect::<Vec<_>>().join(" & ");
        let label = "条".repeat(300_000);
        let told = mistakes(&format!("graph TD\n{group} -->|\"{label}\"| {group}"));
        assert!(told[0].2.contains("has 300000 characters; it may have 60"), "{told:?}");
        let about = format!("%% qingdan: {{\"edge\": 1, \"more\": [{}0]}}", "0,".repeat(400_000));
        assert!(mistakes(&format!("graph TD\n{about}\n{group} --> {group}"))[0].2.contains("more than 200 links"));
        let comments: String = (0..30_000).map(|number| format!("%% qingdan: {{\"node\": \"{number}\"}}\n")).collect();
        assert!(mistakes(&format!("graph TD\n{comments}"))[0].2.contains("comments"));
        let nested = "subgraph x\n".repeat(90_000);
        assert!(mistakes(&format!("graph TD\n{nested}")).len() <= MOST_MISTAKES);
    }

    #[test]
    fn junk_is_refused_or_read_and_never_harms() {
        let sources: Vec<_> = samples::demo().into_iter().take(5).map(|(_, chart)| mermaid(&chart, "x")).collect();
        let odd = [
            "\"",
            "[",
            "{",
            "|",
            "-->",
            "%%",
            "\n",
            ";",
            "---\n",
            "@{",
            "&",
            "subgraph ",
            "end\n",
            "#",
            "\u{3000}",
            "--",
            "-.",
        ];
        let mut random = samples::Random(7);
        for round in 0..times("SPOILT_CHARTS", 400) {
            let _ = read_mermaid(&random.spoilt(&sources[round % sources.len()], &odd, 8, 2));
        }
        for seed in 0..times("JUNK_CHARTS", 100) as u64 {
            let _ = read_mermaid(&mermaid(&samples::junk(seed), "x"));
        }
        for text in ["[".repeat(200_000), "graph TD\n".to_owned() + &"a & ".repeat(100_000), "---\n".repeat(50_000)] {
            let _ = read_mermaid(&text);
        }
    }
}
