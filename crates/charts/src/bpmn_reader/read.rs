//! A chart from BPMN 2.0 XML. Our own export comes back as the very same chart; files of bpmn.io, Camunda Modeler and
//! others are read with these defaults: time counts from the first task, lanes and outcomes are what their names say,
//! gateways that only join ways are left out, a flow that leads back is one round of rework, data objects that a task
//! writes are documents, and annotations are notes. What a chart cannot express is refused where it stands.

use std::collections::{BTreeSet, HashMap, HashSet};

use roxmltree::{Document, Node};

use super::{
    bpmn::{NAMESPACE, decoded},
    bpmn_elements::{Meaning, child, children, flat, has_flow, is, lane_kind, meaning, outcome, quoted, wait},
    graph::Graph,
    model::{self, Chart, Edge, Lane, Rework},
    source_positions::{Lines, SourcePositions},
    xml::{content, parse},
};
use qingdan_base::{
    problem::{Detail, FieldError, SourcePosition, Wrong},
    values::{
        Period, Unit, Uscc,
        code_lists::{Clock, LaneKind, NodeKind, Outcome, SpecialProcedureKind, Stage},
    },
};

/// So many mistakes tell enough.
const MOST_MISTAKES: usize = 100;
const MOST_LANES: usize = 20;
const MOST_NODES: usize = 80;
const MOST_EDGES: usize = 200;
/// Of a document with more than so many times what a chart may have, the rest is not even looked at.
const FAR_TOO_MANY: usize = 5;
const MOST_DOCUMENTS: usize = 20;
/// Characters of a note.
const LONGEST_NOTE: usize = 2000;
/// Characters of the names of lanes within one another, put together: what is longer is refused anyway.
const LONGEST_PATH: usize = 200;

type Element<'a> = Node<'a, 'a>;

/// The chart that a BPMN document describes, or every mistake in it with line and column.
pub fn read_bpmn(text: &str) -> Result<Chart, Vec<FieldError>> {
    read_bpmn_with_positions(text).map(|(chart, _)| chart)
}

/// The same with where each part stands, for what is found wrong with the chart afterwards.
pub fn read_bpmn_with_positions(text: &str) -> Result<(Chart, SourcePositions), Vec<FieldError>> {
    let document = parse(text).map_err(|error| vec![error])?;
    let mut reader = Reader::of(text, &document);
    reader.read();
    match reader.mistakes.is_empty() {
        true => Ok((reader.chart, reader.positions)),
        false => Err(reader.mistakes),
    }
}

struct Reader<'a> {
    root: Element<'a>,
    lines: Lines<'a>,
    chart: Chart,
    positions: SourcePositions,
    mistakes: Vec<FieldError>,
    /// Written by this program, if perhaps edited since: its texts are taken as they are.
    own: bool,
    /// The place of each node, by its id in the document.
    nodes: HashMap<&'a str, usize>,
    /// Flow nodes that were refused: what leads there is not refused again.
    refused: HashSet<&'a str>,
    /// The place of each edge, by its id in the document.
    flows: HashMap<&'a str, usize>,
    /// Gateways that this program did not write: they are left out where they only join ways.
    foreign_gateways: HashSet<usize>,
    node_ids: HashSet<String>,
    lane_ids: HashSet<String>,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str, document: &'a Document<'a>) -> Self {
        Self {
            root: document.root_element(),
            lines: Lines::of(text),
            chart: Chart { title: None, lanes: Vec::new(), nodes: Vec::new(), edges: Vec::new() },
            positions: SourcePositions::default(),
            mistakes: Vec::new(),
            own: false,
            nodes: HashMap::new(),
            refused: HashSet::new(),
            flows: HashMap::new(),
            foreign_gateways: HashSet::new(),
            node_ids: HashSet::new(),
            lane_ids: HashSet::new(),
        }
    }

    fn read(&mut self) {
        if !is(self.root, "definitions") {
            let said = Detail::new(
                "根元素不是 BPMN 2.0 的 definitions；请从建模工具以“BPMN 2.0 XML”格式导出",
                "the root element is not `definitions` of BPMN 2.0; export the diagram as BPMN 2.0 XML",
            );
            return self.refuse(self.root, said);
        }
        self.read_collaborations();
        let Some(process) = self.process() else { return };
        self.own = own(process, "chart").is_some();
        self.read_title(process);
        if !self.read_nodes(process) {
            return;
        }
        self.read_lanes(process);
        self.read_flows(process);
        self.read_defaults(process);
        self.read_data(process);
        self.read_annotations(process);
        self.leave_out_joins();
        self.mark_rework();
        self.check_sizes();
    }

    fn refuse(&mut self, element: Element<'a>, said: Detail) {
        self.refuse_at(Some(self.position(element)), said);
    }

    fn refuse_at(&mut self, position: Option<SourcePosition>, said: Detail) {
        if !self.told_enough() {
            self.mistakes.push(FieldError::at("", Wrong::Notation(said)).at_position(position));
        }
    }

    fn told_enough(&self) -> bool {
        self.mistakes.len() >= MOST_MISTAKES
    }

    fn position(&self, element: Element<'a>) -> SourcePosition {
        self.lines.position(element.range().start)
    }

    /// The one process that has something in it.
    fn process(&mut self) -> Option<Element<'a>> {
        let processes: Vec<_> =
            children(self.root).filter(|element| is(*element, "process") && has_flow(*element)).collect();
        for process in processes.iter().skip(1).take(MOST_MISTAKES) {
            let name = quoted(self.participant(*process).unwrap_or(*process));
            let said = Detail::new(
                format!("一个文件只能有一个流程，这里还有流程{name}；请合并到一个泳池，用泳道区分各方"),
                format!(
                    "a chart has one process, and{name} is another; draw all in one pool with a lane for each party"
                ),
            );
            self.refuse(*process, said);
        }
        if processes.is_empty() {
            let said = Detail::new("文件中没有流程，或者流程是空的", "there is no process, or nothing in it");
            self.refuse(self.root, said);
        }
        processes.first().copied()
    }

    fn collaborations(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        children(self.root).filter(|element| is(*element, "collaboration"))
    }

    fn participant(&self, process: Element<'a>) -> Option<Element<'a>> {
        let id = process.attribute("id")?;
        let mut pools = self.collaborations().flat_map(children).filter(|part| is(*part, "participant"));
        pools.find(|pool| process_of(*pool) == Some(id))
    }

    /// Pools without a process, and what pools send one another.
    fn read_collaborations(&mut self) {
        let processes = children(self.root).filter(|element| is(*element, "process") && has_flow(*element));
        let filled: HashSet<_> = processes.filter_map(|process| process.attribute("id")).collect();
        for part in self.collaborations().flat_map(children) {
            if self.told_enough() {
                return;
            }
            let name = quoted(part);
            if is(part, "participant") && !process_of(part).is_some_and(|process| filled.contains(process)) {
                let said = Detail::new(
                    format!("泳池{name}里没有流程；请删去，或者改为流程所在泳池中的一条泳道"),
                    format!("the pool{name} has no process; remove it, or make it a lane of the pool with the process"),
                );
                self.refuse(part, said);
            }
            if let Some(many) = child(part, "participantMultiplicity") {
                let said = Detail::new(
                    format!("泳池{name}带多实例标记，流程图无法表示；请去掉标记"),
                    format!("the pool{name} has a multi-instance marker, which a chart has not; remove it"),
                );
                self.refuse(many, said);
            }
            if is(part, "messageFlow") {
                let said = Detail::new(
                    format!("流程图没有泳池之间的消息流{name}；请把各方画成同一泳池的泳道，用顺序流连接"),
                    format!(
                        "a chart has no message flow{name} between pools; make the parties lanes of one pool and use sequence flows"
                    ),
                );
                self.refuse(part, said);
            }
        }
    }

    fn read_title(&mut self, process: Element<'a>) {
        if let Some(about) = own(process, "chart") {
            if about.attribute("version").is_some_and(|version| version != "1") {
                let said = Detail::new(
                    "文件由更新的版本导出，无法读取",
                    "the file was written by a newer version and cannot be read",
                );
                self.refuse(about, said);
            }
            self.chart.title = self.bounded(about, ["标题", "title"], about.attribute("title").map(Into::into), 200);
            return;
        }
        let named = [self.participant(process), Some(process)].into_iter().flatten();
        let title = named.filter_map(|element| Some((element, name_of(element)?))).next();
        if let Some((element, title)) = title {
            self.chart.title = self.bounded(element, ["标题", "title"], Some(title), 200);
        }
    }

    /// The text, which is refused when it is longer than so many characters.
    fn bounded(
        &mut self,
        element: Element<'a>,
        [chinese, english]: [&str; 2],
        text: Option<String>,
        most: usize,
    ) -> Option<String> {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > most {
            let name = quoted(element);
            let said = Detail::new(
                format!("{name}的{chinese}有 {length} 个字，最多 {most} 个字"),
                format!("the {english} of{name} has {length} characters; it may have {most}"),
            );
            self.refuse(element, said);
        }
        text
    }

    /// Whether there are few enough to go on.
    fn read_nodes(&mut self, process: Element<'a>) -> bool {
        for element in children(process) {
            if self.chart.nodes.len() > MOST_NODES * FAR_TOO_MANY || self.told_enough() {
                break;
            }
            match meaning(element) {
                Meaning::Node(kind) => self.read_node(element, kind),
                Meaning::Refused(said) => {
                    self.refused.extend(element.attribute("id"));
                    self.refuse(element, said);
                }
                Meaning::Aside => {}
            }
        }
        let few = self.chart.nodes.len() <= MOST_NODES * FAR_TOO_MANY;
        if !few {
            self.check_sizes();
        }
        few && !self.told_enough()
    }

    fn read_node(&mut self, element: Element<'a>, kind: NodeKind) {
        let place = self.chart.nodes.len();
        let about = own(element, "node");
        if let Some(id) = element.attribute("id")
            && self.nodes.insert(id, place).is_some()
        {
            self.refuse(element, twice(id));
        }
        let name = match (self.text(element, "name"), kind) {
            (Some(name), _) => name,
            (None, NodeKind::Task) => {
                let id = quoted(element);
                let said = Detail::new(
                    format!("环节{id}没有名称；请写明做什么"),
                    format!("the task{id} has no name; say what is done there"),
                );
                self.refuse(element, said);
                String::new()
            }
            (None, kind) => kind.label().into(),
        };
        let name = self.bounded(element, ["名称", "name"], Some(name), 60).unwrap_or_default();
        let mut node = model::Node {
            id: fresh(&mut self.node_ids, self.own, "node_", element.attribute("id"), "node"),
            outcome: (kind == NodeKind::End).then(|| outcome(&name)),
            clock: match kind {
                NodeKind::Start => Clock::NotStarted,
                NodeKind::End => Clock::Stopped,
                NodeKind::Task | NodeKind::ExclusiveGateway | NodeKind::ParallelGateway => Clock::Running,
            },
            kind,
            name,
            lane: String::new(),
            stage: None,
            duration: wait(element).filter(|_| kind == NodeKind::Task),
            excluded: None,
            materials_in: Vec::new(),
            documents_out: Vec::new(),
            note: self.documentation(element),
        };
        match about {
            Some(about) => self.read_about_node(about, &mut node),
            None if kind == NodeKind::ExclusiveGateway => drop(self.foreign_gateways.insert(place)),
            None => {}
        }
        self.positions.nodes.push(Some(self.position(element)));
        self.chart.nodes.push(node);
    }

    /// A text for people: of our own files as it is, of others in one line.
    fn text(&self, element: Element<'a>, attribute: &str) -> Option<String> {
        let text = element.attribute(attribute)?;
        let text = if self.own { text.to_owned() } else { flat(text) };
        (!text.trim().is_empty()).then_some(text)
    }

    fn documentation(&mut self, element: Element<'a>) -> Option<String> {
        let texts = children(element).filter(|inner| is(*inner, "documentation")).map(content);
        let note = match self.own {
            true => texts.collect::<Vec<_>>().join("\n"),
            false => texts.map(|text| text.trim().to_owned()).collect::<Vec<_>>().join("\n"),
        };
        let note = (!note.trim().is_empty()).then_some(note);
        self.bounded(element, ["说明", "documentation"], note, LONGEST_NOTE)
    }

    /// What BPMN has no word for: taken from our own elements, instead of the defaults.
    fn read_about_node(&mut self, about: Element<'a>, node: &mut model::Node) {
        node.clock = self.code(about, "clock", Clock::of, Clock::ALL, Clock::value).unwrap_or(node.clock);
        node.stage = self.code(about, "stage", Stage::of, Stage::ALL, Stage::value);
        let kinds = SpecialProcedureKind::ALL;
        node.excluded = self.code(about, "excluded", SpecialProcedureKind::of, kinds, SpecialProcedureKind::value);
        node.outcome = self.code(about, "outcome", Outcome::of, Outcome::ALL, Outcome::value);
        let value = self.number(about, "durationValue", 9999);
        let unit = self.code(about, "durationUnit", Unit::of, Unit::ALL, Unit::value);
        node.duration = value.zip(unit).map(|(value, unit)| Period { value, unit });
        for part in children(about) {
            match part.tag_name().name() {
                "materialIn" => node.materials_in.extend(self.number(part, "seq", 9999)),
                "documentOut" => {
                    let name = part.attribute("name").unwrap_or_default().to_owned();
                    node.documents_out.extend(self.bounded(part, ["名称", "name"], Some(name), 2000));
                }
                _ => {}
            }
        }
    }

    fn code<T: Copy>(
        &mut self,
        element: Element<'a>,
        attribute: &str,
        of: impl Fn(&str) -> Option<T>,
        all: &[T],
        value: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let text = element.attribute(attribute)?;
        let found = of(text);
        if found.is_none() {
            let words = all.iter().map(|known| value(*known)).collect::<Vec<_>>().join(", ");
            let said = Detail::new(
                format!("属性 {attribute} 应为：{words}"),
                format!("the attribute {attribute} must be one of: {words}"),
            );
            self.refuse(element, said);
        }
        found
    }

    fn number(&mut self, element: Element<'a>, attribute: &str, most: u32) -> Option<u32> {
        let text = element.attribute(attribute)?;
        let found = text.parse().ok().filter(|number| *number <= most);
        if found.is_none() {
            let said = Detail::new(
                format!("属性 {attribute} 应为 0 至 {most} 的整数"),
                format!("the attribute {attribute} must be a whole number from 0 to {most}"),
            );
            self.refuse(element, said);
        }
        found
    }

    fn read_lanes(&mut self, process: Element<'a>) {
        for (element, name) in lanes(process) {
            let about = own(element, "lane");
            let name = if self.own { self.text(element, "name") } else { name };
            let name = name.unwrap_or_else(|| {
                let number = self.chart.lanes.len() + 1;
                format!("泳道{number}")
            });
            let name = self.bounded(element, ["名称", "name"], Some(name), 100).unwrap_or_default();
            let id = fresh(&mut self.lane_ids, self.own, "lane_", element.attribute("id"), "lane");
            let kind = about.and_then(|about| self.code(about, "kind", LaneKind::of, LaneKind::ALL, LaneKind::value));
            let organisation = about.and_then(|about| self.organisation(about));
            for reference in children(element).filter(|inner| is(*inner, "flowNodeRef")) {
                let node = reference.text().map(str::trim).and_then(|id| self.nodes.get(id)).copied();
                if let Some(node) = node {
                    self.put_into_lane(reference, node, &id);
                }
            }
            self.positions.lanes.push(Some(self.position(element)));
            self.chart.lanes.push(Lane { id, kind: kind.unwrap_or_else(|| lane_kind(&name)), name, organisation });
        }
        match self.chart.lanes.is_empty() {
            true => self.make_lane(process),
            false => self.refuse_nodes_outside(),
        }
    }

    fn put_into_lane(&mut self, reference: Element<'a>, node: usize, lane: &str) {
        let node = &mut self.chart.nodes[node];
        if node.lane.is_empty() {
            node.lane = lane.into();
        } else if node.lane != lane {
            let said = Detail::new(
                format!("“{}”同时属于两条泳道；请只放在一条里", node.name),
                format!("“{}” is in two lanes; put it into one", node.name),
            );
            self.refuse(reference, said);
        }
    }

    fn organisation(&mut self, about: Element<'a>) -> Option<Uscc> {
        let code = about.attribute("organisation")?;
        match Uscc::parse(code) {
            Ok(code) => Some(code),
            Err(wrong) => {
                let position = self.position(about);
                self.mistakes.push(FieldError::at("", wrong).with_value(code).at_position(Some(position)));
                None
            }
        }
    }

    /// Without lanes, one party does everything.
    fn make_lane(&mut self, process: Element<'a>) {
        let named = [self.participant(process), Some(process)].into_iter().flatten();
        let name = named.filter_map(name_of).find(|name| name.chars().count() <= 100);
        let name = name.unwrap_or_else(|| "办理机构".into());
        let lane = Lane { id: "lane".into(), kind: LaneKind::Office, name, organisation: None };
        self.chart.nodes.iter_mut().for_each(|node| node.lane.clone_from(&lane.id));
        self.positions.lanes.push(None);
        self.chart.lanes.push(lane);
    }

    fn refuse_nodes_outside(&mut self) {
        for place in 0..self.chart.nodes.len() {
            let node = &self.chart.nodes[place];
            if node.lane.is_empty() {
                let said = Detail::new(
                    format!("“{}”不在任何泳道里；请拖入由谁办理的泳道", node.name),
                    format!("“{}” is in no lane; move it into the lane of who acts", node.name),
                );
                self.refuse_at(self.positions.nodes[place], said);
            }
        }
    }

    fn read_flows(&mut self, process: Element<'a>) {
        for flow in children(process).filter(|element| is(*element, "sequenceFlow")) {
            if self.chart.edges.len() > MOST_EDGES * FAR_TOO_MANY || self.told_enough() {
                return;
            }
            let ends = [self.end(flow, "sourceRef"), self.end(flow, "targetRef")];
            let [Some(from), Some(to)] = ends else { continue };
            let place = self.chart.edges.len();
            if let Some(id) = flow.attribute("id")
                && self.flows.insert(id, place).is_some()
            {
                self.refuse(flow, twice(id));
            }
            let label = self.text(flow, "name").or_else(|| condition(flow));
            let label = self.bounded(flow, ["条件", "label"], label, 60);
            let [from, to] = [from, to].map(|node| self.chart.nodes[node].id.clone());
            let mut edge = Edge { from, to, label, default: None, rework: None };
            if let Some(about) = own(flow, "edge") {
                edge.default =
                    self.code(about, "default", boolean, &[true, false], |is| if is { "true" } else { "false" });
                edge.rework = self.number(about, "maxRounds", 99).map(|max_rounds| Rework { max_rounds });
            }
            self.positions.edges.push(Some(self.position(flow)));
            self.chart.edges.push(edge);
        }
    }

    /// The node at an end of a flow. One that was refused is not refused again.
    fn end(&mut self, flow: Element<'a>, attribute: &str) -> Option<usize> {
        let id = flow.attribute(attribute).map(str::trim).unwrap_or_default();
        let found = self.nodes.get(id).copied();
        if found.is_none() && !self.refused.contains(id) {
            let (name, id) = (quoted(flow), id.chars().take(64).collect::<String>());
            let said = match id.is_empty() {
                true => Detail::new(
                    format!("连线{name}缺少 {attribute}；请把它连到节点上"),
                    format!("the flow{name} has no {attribute}; join it to a node"),
                ),
                false => Detail::new(
                    format!("连线{name}的 {attribute}（{id}）不是流程中的节点"),
                    format!("the {attribute} of the flow{name}, {id}, is no node of the process"),
                ),
            };
            self.refuse(flow, said);
        }
        found
    }

    fn read_defaults(&mut self, process: Element<'a>) {
        let gateways = children(process).filter(|element| is(*element, "exclusiveGateway"));
        for gateway in gateways {
            let Some(flow) = gateway.attribute("default") else { continue };
            let Some(place) = self.flows.get(flow).copied() else { continue };
            let edge = &mut self.chart.edges[place];
            let is_its_own = gateway.attribute("id").and_then(|id| self.nodes.get(id));
            if is_its_own.is_some_and(|node| self.chart.nodes[*node].id == edge.from) {
                edge.default.get_or_insert(true);
                edge.label.get_or_insert_with(|| "其他情形".into());
            }
        }
    }

    /// Data objects: one that a node writes is a document it issues; one that a node only reads is told in its note,
    /// because a chart names materials by their numbers in the item.
    fn read_data(&mut self, process: Element<'a>) {
        let objects = children(process).filter(|part| is(*part, "dataObjectReference") || is(*part, "dataObject"));
        let named: HashMap<_, _> =
            objects.filter_map(|object| Some((object.attribute("id")?, name_of(object)?))).collect();
        let mut written = HashSet::new();
        let mut read = Vec::new();
        for element in children(process) {
            let Some(node) = element.attribute("id").and_then(|id| self.nodes.get(id)).copied() else { continue };
            for part in children(element) {
                if is(part, "dataOutputAssociation")
                    && let Some(name) = reference(part, "targetRef").and_then(|id| named.get(id))
                {
                    written.insert(name);
                    let documents = &mut self.chart.nodes[node].documents_out;
                    if documents.len() <= MOST_DOCUMENTS && !documents.contains(name) {
                        documents.push(name.clone());
                    }
                }
                if is(part, "dataInputAssociation")
                    && let Some(name) = reference(part, "sourceRef").and_then(|id| named.get(id))
                {
                    read.push((node, name));
                }
            }
        }
        for (node, name) in read.into_iter().filter(|(_, name)| !written.contains(name)) {
            if self.told_enough() {
                return;
            }
            self.add_note(node, &format!("所需材料：{name}"));
        }
    }

    fn add_note(&mut self, node: usize, text: &str) {
        let note = self.chart.nodes[node].note.get_or_insert_default();
        if note.chars().count() + text.chars().take(LONGEST_NOTE).count() >= LONGEST_NOTE {
            let said = Detail::new(
                format!("“{}”的说明和注释合计超过 2000 个字", self.chart.nodes[node].name),
                format!(
                    "documentation and annotations of “{}” have more than 2000 characters",
                    self.chart.nodes[node].name
                ),
            );
            return self.refuse_at(self.positions.nodes[node], said);
        }
        if !note.is_empty() {
            note.push('\n');
        }
        note.push_str(text);
    }

    /// Annotations are notes of the nodes that they are tied to.
    fn read_annotations(&mut self, process: Element<'a>) {
        let parts: Vec<_> = [process].into_iter().chain(self.collaborations()).flat_map(children).collect();
        let mut tied: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for association in parts.iter().filter(|part| is(**part, "association")) {
            let ends = ["sourceRef", "targetRef"].map(|end| association.attribute(end).map(unprefixed));
            let [Some(one), Some(other)] = ends else { continue };
            for (node, annotation) in [(one, other), (other, one)] {
                tied.entry(annotation).or_default().extend(self.nodes.get(node));
            }
        }
        for annotation in parts.into_iter().filter(|part| is(*part, "textAnnotation")) {
            if self.told_enough() {
                return;
            }
            let text = child(annotation, "text").map(content).unwrap_or_default();
            let nodes = annotation.attribute("id").and_then(|id| tied.get(id)).filter(|nodes| !nodes.is_empty());
            match nodes {
                _ if text.trim().is_empty() => {}
                Some(nodes) => nodes.iter().for_each(|node| self.add_note(*node, text.trim())),
                None => {
                    let begin: String = flat(&text).chars().take(20).collect();
                    let said = Detail::new(
                        format!("注释“{begin}”没有连到节点；请用关联线连到所说明的节点，或者删去"),
                        format!(
                            "the annotation “{begin}” is tied to no node; tie it to the one that it explains, or remove it"
                        ),
                    );
                    self.refuse(annotation, said);
                }
            }
        }
    }

    /// In a chart ways come together at any node: a gateway with one way out says nothing.
    fn leave_out_joins(&mut self) {
        let graph = Graph::of(&self.chart);
        let joins = |node: &usize| graph.out[*node].len() == 1 && !graph.into[*node].is_empty();
        let onward: HashMap<_, _> = self
            .foreign_gateways
            .iter()
            .copied()
            .filter(joins)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|node| (node, graph.arcs[graph.out[node][0]]))
            .collect();
        let mut left_out = HashSet::new();
        for arc in &graph.arcs {
            if onward.contains_key(&arc.from) {
                continue;
            }
            let mut to = arc.to;
            let mut passed = Vec::new();
            while let Some(next) = onward.get(&to).filter(|_| passed.len() <= onward.len()) {
                passed.push((to, next.edge));
                to = next.to;
            }
            if onward.contains_key(&to) {
                // They lead round and round: let the rules of a graph say so.
                return;
            }
            let labels: Vec<_> = passed.iter().filter_map(|(_, edge)| self.chart.edges[*edge].label.clone()).collect();
            let target = self.chart.nodes[to].id.clone();
            let edge = &mut self.chart.edges[arc.edge];
            edge.to = target;
            edge.label = edge.label.take().or_else(|| labels.into_iter().next());
            left_out.extend(passed);
        }
        let (nodes, edges): (HashSet<_>, HashSet<_>) = left_out.into_iter().unzip();
        retain(&mut self.chart.nodes, |place| !nodes.contains(&place));
        retain(&mut self.positions.nodes, |place| !nodes.contains(&place));
        retain(&mut self.chart.edges, |place| !edges.contains(&place));
        retain(&mut self.positions.edges, |place| !edges.contains(&place));
    }

    /// BPMN has no word for rework: what leads back is it, and one is told once what is missing.
    fn mark_rework(&mut self) {
        for arc in Graph::of(&self.chart).arcs.iter().filter(|arc| arc.back) {
            self.chart.edges[arc.edge].rework.get_or_insert(Rework { max_rounds: 1 });
        }
    }

    fn check_sizes(&mut self) {
        let sizes = [
            ("泳道", "lanes", &self.positions.lanes, MOST_LANES),
            ("节点", "nodes", &self.positions.nodes, MOST_NODES),
            ("连线", "edges", &self.positions.edges, MOST_EDGES),
        ];
        let over =
            sizes.map(|(chinese, english, positions, most)| Some((chinese, english, *positions.get(most)?, most)));
        for (chinese, english, position, most) in over.into_iter().flatten() {
            let said = Detail::new(
                format!("{chinese}超过 {most} 个；请拆成几张图，或者合并环节"),
                format!("there are more than {most} {english}; draw several charts, or merge steps"),
            );
            self.refuse_at(position, said);
        }
    }
}

fn retain<T>(list: &mut Vec<T>, keeps: impl Fn(usize) -> bool) {
    let mut place = 0;
    list.retain(|_| {
        place += 1;
        keeps(place - 1)
    });
}

fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn twice(id: &str) -> Detail {
    let id: String = id.chars().take(64).collect();
    Detail::new(format!("标识 {id} 重复"), format!("the id {id} is given twice"))
}

/// Our own element of this name that an element is extended by.
fn own<'a>(element: Element<'a>, name: &str) -> Option<Element<'a>> {
    child(element, "extensionElements")?.children().find(|inner| inner.has_tag_name((NAMESPACE, name)))
}

fn name_of(element: Element<'_>) -> Option<String> {
    element.attribute("name").map(flat).filter(|name| !name.is_empty())
}

fn process_of<'a>(pool: Element<'a>) -> Option<&'a str> {
    pool.attribute("processRef").map(unprefixed)
}

/// A qualified name without its prefix.
fn unprefixed(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name).trim()
}

fn reference<'a>(element: Element<'a>, name: &str) -> Option<&'a str> {
    child(element, name)?.text().map(str::trim)
}

/// The condition of a flow that has no name, without the marks of an expression.
fn condition(flow: Element<'_>) -> Option<String> {
    let text = flat(&content(child(flow, "conditionExpression")?));
    let bare = ["${", "#{"].iter().find_map(|open| text.strip_prefix(open)?.strip_suffix('}'));
    let bare = bare.or_else(|| text.strip_prefix('=')).unwrap_or(&text).trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The lanes that have no lanes in them, with their names below those of the lanes that they are in; no more than tell that there
/// are far too many.
fn lanes<'a>(process: Element<'a>) -> Vec<(Element<'a>, Option<String>)> {
    const MOST: usize = MOST_LANES * FAR_TOO_MANY;
    let mut found = Vec::new();
    let sets = |element: Element<'a>, set: &'static str| {
        let inner = children(element).filter(move |inner| is(*inner, set)).flat_map(children);
        inner.filter(|inner| is(*inner, "lane")).take(MOST).collect::<Vec<_>>()
    };
    let mut left: Vec<_> = sets(process, "laneSet").into_iter().rev().map(|lane| (lane, name_of(lane))).collect();
    while found.len() + left.len() <= MOST
        && let Some((lane, name)) = left.pop()
    {
        let inner = sets(lane, "childLaneSet");
        if inner.is_empty() {
            found.push((lane, name));
            continue;
        }
        left.extend(inner.into_iter().rev().map(|inner| {
            let names: Vec<_> = [name.clone(), name_of(inner)].into_iter().flatten().collect();
            let path = names.join("·").chars().take(LONGEST_PATH).collect();
            (inner, (!names.is_empty()).then_some(path))
        }));
    }
    found.extend(left);
    found.truncate(MOST);
    found
}

/// The id in the chart of what has this id in the document: no longer than a chart's may be, and none twice.
fn fresh(taken: &mut HashSet<String>, own: bool, prefix: &str, id: Option<&str>, other: &str) -> String {
    let id = id.map(str::trim).filter(|id| !id.is_empty()).unwrap_or(other);
    let id = id.strip_prefix(prefix).filter(|id| own && !id.is_empty()).map_or_else(|| id.to_owned(), decoded);
    let cut = |most| id.chars().take(most).collect::<String>();
    let tried = (2..).map(|number| format!("{}_{number}", cut(56)));
    let fresh = [cut(64)].into_iter().chain(tried).find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(fresh.clone());
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bpmn, check, effort::times, samples};

    /// Line and words of each mistake.
    fn mistakes(text: &str) -> Vec<(usize, String)> {
        let said = |error: &FieldError| {
            let Wrong::Notation(detail) = &error.wrong else { panic!("{error:?}") };
            (error.position.as_deref().expect("a spot").line, detail.english.clone())
        };
        read_bpmn(text).expect_err("it is wrong").iter().map(said).collect()
    }

    fn definitions(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<bpmn:definitions \
             xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
             xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" targetNamespace=\"urn:x\">\n{inner}\n</bpmn:definitions>"
        )
    }

    #[test]
    fn what_is_written_is_read_as_the_same_chart() {
        for (code, chart) in samples::demo() {
            assert_eq!(read_bpmn(&bpmn(&chart, "x")), Ok(chart), "{code}");
        }
        let odd = ["a\"b", "<b>&lt;", "]]>", "x;y", "a -- b", "一 二", "’&amp;", "%20", "{x}", "a\tb\nc"];
        for seed in 0..times("CHARTS", 100) as u64 {
            let mut chart = samples::valid(seed, 4 + usize::try_from(seed % 57).unwrap());
            for (at, node) in chart.nodes.iter_mut().enumerate().filter(|_| seed % 2 == 0) {
                node.name = odd[(at + usize::try_from(seed).unwrap()) % odd.len()].into();
                node.note = Some(node.name.clone());
            }
            let text = bpmn(&chart, "x");
            assert_eq!(read_bpmn(&text), Ok(chart), "{seed}\n{text}");
        }
    }

    #[test]
    fn a_file_of_a_modelling_tool_becomes_a_chart_that_is_right() {
        let text = definitions(
            "<bpmn:collaboration id=\"C\"><bpmn:participant id=\"P\" name=\"街道办\" processRef=\"p\"/></bpmn:collaboration>
             <bpmn:process id=\"p\" isExecutable=\"true\">
               <bpmn:laneSet id=\"L\">
                 <bpmn:lane id=\"l1\" name=\"申请人\"><bpmn:flowNodeRef>s</bpmn:flowNodeRef></bpmn:lane>
                 <bpmn:lane id=\"l2\" name=\"窗口\">
                   <bpmn:flowNodeRef>t</bpmn:flowNodeRef><bpmn:flowNodeRef>g</bpmn:flowNodeRef><bpmn:flowNodeRef>w</bpmn:flowNodeRef>
                   <bpmn:flowNodeRef>e</bpmn:flowNodeRef><bpmn:flowNodeRef>n</bpmn:flowNodeRef></bpmn:lane>
               </bpmn:laneSet>
               <bpmn:startEvent id=\"s\" name=\"提出&#10;申请\"/>
               <bpmn:userTask id=\"t\" name=\"受理\" camunda:assignee=\"demo\"><bpmn:documentation>当场</bpmn:documentation>
                 <bpmn:extensionElements><camunda:properties/></bpmn:extensionElements></bpmn:userTask>
               <bpmn:exclusiveGateway id=\"g\" name=\"齐全？\" default=\"f4\"/>
               <bpmn:intermediateCatchEvent id=\"w\" name=\"公示\"><bpmn:timerEventDefinition>
                 <bpmn:timeDuration>P7D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
               <bpmn:endEvent id=\"e\" name=\"准予\"/><bpmn:endEvent id=\"n\" name=\"不予受理\"/>
               <bpmn:sequenceFlow id=\"f1\" sourceRef=\"s\" targetRef=\"t\"/><bpmn:sequenceFlow id=\"f2\" sourceRef=\"t\" targetRef=\"g\"/>
               <bpmn:sequenceFlow id=\"f3\" name=\"齐全\" sourceRef=\"g\" targetRef=\"w\"/>
               <bpmn:sequenceFlow id=\"f4\" sourceRef=\"g\" targetRef=\"n\"/>
               <bpmn:sequenceFlow id=\"f5\" name=\"补正\" sourceRef=\"g\" targetRef=\"t\"/>
               <bpmn:sequenceFlow id=\"f6\" sourceRef=\"w\" targetRef=\"e\"/>
             </bpmn:process>",
        );
        let chart = read_bpmn(&text).expect("it can be read");
        assert_eq!(check(&chart), []);
        let nodes: Vec<_> = chart.nodes.iter().map(|node| (node.name.as_str(), node.kind, node.outcome)).collect();
        assert_eq!(
            nodes,
            [
                ("提出申请", NodeKind::Start, None),
                ("受理", NodeKind::Task, None),
                ("齐全？", NodeKind::ExclusiveGateway, None),
                ("公示", NodeKind::Task, None),
                ("准予", NodeKind::End, Some(Outcome::Granted)),
                ("不予受理", NodeKind::End, Some(Outcome::NotAccepted)),
            ]
        );
        assert_eq!(chart.nodes[1].note.as_deref(), Some("当场"));
        assert_eq!(chart.nodes[3].duration, Some(Period { value: 7, unit: Unit::CalendarDay }));
        assert_eq!([chart.lanes[0].kind, chart.lanes[1].kind], [LaneKind::Applicant, LaneKind::Office]);
        assert!(chart.edges[3].default == Some(true) && chart.edges[4].rework.is_some());
    }

    #[test]
    fn what_a_chart_cannot_express_is_refused_where_it_stands() {
        let told = mistakes(&definitions(
            "<bpmn:collaboration id=\"C\">
               <bpmn:participant id=\"P\" processRef=\"p\"/><bpmn:participant id=\"Q\" name=\"银行\"/>
               <bpmn:messageFlow id=\"m\" sourceRef=\"a\" targetRef=\"Q\"/></bpmn:collaboration>
             <bpmn:process id=\"p\"><bpmn:startEvent id=\"a\"/>
               <bpmn:inclusiveGateway id=\"g\"/>
               <bpmn:boundaryEvent id=\"b\" attachedToRef=\"a\"/>
               <bpmn:subProcess id=\"s\"><bpmn:task id=\"t\"/></bpmn:subProcess>
               <bpmn:sequenceFlow id=\"f\" sourceRef=\"a\" targetRef=\"nowhere\"/></bpmn:process>",
        ));
        let lines: Vec<_> = told.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [4, 5, 7, 8, 9, 10], "{told:?}");
        for (word, (_, said)) in
            ["pool", "message flow", "inclusive", "boundary", "sub-process", "no node"].iter().zip(&told)
        {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn what_would_take_long_is_refused_before() {
        // Each of these took seconds: names that begin alike, all told by line and column on one line of a megabyte.
        let tasks: String =
            (0..12_000).map(|number| format!("<bpmn:task id=\"{}{number}\" name=\"a\"/>", "a".repeat(40))).collect();
        assert!(
            mistakes(&definitions(&format!("<bpmn:process id=\"p\">{tasks}</bpmn:process>")))[0]
                .1
                .contains("more than 80 nodes")
        );
        let lanes: String =
            (0..20_000).map(|number| format!("<bpmn:lane id=\"{}{number}\"/>", "a".repeat(20))).collect();
        let process = |inner: &str| {
            definitions(&format!("<bpmn:process id=\"p\">{inner}<bpmn:task id=\"t\" name=\"x\"/></bpmn:process>"))
        };
        let many = mistakes(&process(&format!("<bpmn:laneSet>{lanes}</bpmn:laneSet>")));
        assert!(many.iter().any(|(_, said)| said.contains("more than 20 lanes")), "{many:?}");
        let (open, close) =
            ("<bpmn:lane name=\"aa\"/><bpmn:lane name=\"aa\"><bpmn:childLaneSet>", "</bpmn:childLaneSet></bpmn:lane>");
        let deep = format!("<bpmn:laneSet>{}{}</bpmn:laneSet>", open.repeat(8_000), close.repeat(8_000));
        assert!(mistakes(&process(&deep)).iter().any(|(_, said)| said.contains("more than 20 lanes")));
        let long = format!(
            "<bpmn:textAnnotation id=\"n\"><bpmn:text>{}</bpmn:text></bpmn:textAnnotation>",
            "x".repeat(400_000)
        );
        let ties = "<bpmn:association sourceRef=\"t\" targetRef=\"n\"/>".repeat(10_000);
        assert_eq!(mistakes(&process(&(long + &ties))).len(), 1);
        let others: String =
            (0..9_000).map(|number| format!("<bpmn:participant id=\"q{number}\" processRef=\"x{number}\"/>")).collect();
        let others = definitions(&format!("<bpmn:collaboration id=\"c\">{others}</bpmn:collaboration>"));
        assert!(mistakes(&others).len() <= MOST_MISTAKES);
    }

    #[test]
    fn junk_is_refused_or_read_and_never_harms() {
        let sources: Vec<_> = samples::demo().into_iter().take(5).map(|(_, chart)| bpmn(&chart, "x")).collect();
        let odd = [
            "<",
            ">",
            "\"",
            "&",
            "/>",
            "</process>",
            "id=\"a\"",
            "&#0;",
            "<![CDATA[",
            "<!--",
            "xmlns=\"x\"",
            "\0",
            "　",
        ];
        let mut random = samples::Random(11);
        for round in 0..times("SPOILT_CHARTS", 400) {
            let mut text: Vec<char> = sources[round % sources.len()].chars().collect();
            for _ in 0..1 + random.below(6) {
                let at = random.below(text.len());
                let word = odd[random.below(odd.len())].chars();
                let cut = random.below(4).min(text.len() - at);
                text.splice(at..at + cut, word);
            }
            let _ = read_bpmn(&text.into_iter().collect::<String>());
        }
        for seed in 0..times("JUNK_CHARTS", 100) as u64 {
            let _ = read_bpmn(&bpmn(&samples::junk(seed), "x"));
        }
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let wide = format!("<a {}/>", (0..100_000).map(|number| format!("b{number}=\"\" ")).collect::<String>());
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
        for text in [deep.as_str(), wide.as_str(), bomb, "", "\u{feff}", "<?xml version=\"1.0\" encoding=\"GBK\"?><a/>"]
        {
            assert!(read_bpmn(text).is_err());
        }
    }
}
