//! Nodes and lanes.

use super::{
    elements::{Meaning, children, is, lane_kind, meaning, plain_node, quoted, wait},
    source::{
        Element, FAR_TOO_MANY, LONGEST_NOTE, LONGEST_PATH, MOST_LANES, MOST_NODES, Reader, fresh, name_of, own, twice,
    },
};
use crate::{
    model::{self, Lane},
    xml::content,
};
use qingdan_base::{
    problem::{Detail, FieldError},
    values::{
        Period, Unit, Uscc,
        code_lists::{Clock, LaneKind, NodeKind, Outcome, SpecialProcedureKind, Stage},
    },
};

impl<'a> Reader<'a> {
    /// Reads the nodes; returns whether there are few enough to go on.
    pub(super) fn read_nodes(&mut self, process: Element<'a>) -> bool {
        for element in children(process) {
            if self.chart.nodes.len() > MOST_NODES * FAR_TOO_MANY || self.told_enough() {
                break;
            }
            match meaning(element) {
                Meaning::Node(kind) => self.read_node(element, kind),
                Meaning::Refused(said) => {
                    self.refused.extend(element.attribute("id"));
                    self.refuse_at(Some(self.position(element)), said);
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
            self.refuse_at(Some(self.position(element)), twice(id));
        }
        let name = self.name_of_node(element, kind);
        let id = fresh(&mut self.node_ids, self.own, "node_", element.attribute("id"), "node");
        let mut node = model::Node {
            duration: wait(element).filter(|_| kind == NodeKind::Task),
            note: self.documentation(element),
            ..plain_node(id, kind, name)
        };
        match about {
            Some(about) => self.read_about_node(about, &mut node),
            None if kind == NodeKind::ExclusiveGateway => drop(self.foreign_gateways.insert(place)),
            None => {}
        }
        self.positions.nodes.push(Some(self.position(element)));
        self.chart.nodes.push(node);
    }

    /// The name of a node; a task must have one.
    fn name_of_node(&mut self, element: Element<'a>, kind: NodeKind) -> String {
        let name = match (self.text(element, "name"), kind) {
            (Some(name), _) => name,
            (None, NodeKind::Task) => {
                let id = quoted(element);
                self.refuse(
                    element,
                    format!("环节{id}没有名称；请写明做什么"),
                    format!("the task{id} has no name; say what is done there"),
                );
                String::new()
            }
            (None, kind) => kind.label().into(),
        };
        self.bounded(element, ["名称", "name"], Some(name), 60).unwrap_or_default()
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

    /// Reads from our own elements what BPMN has no word for; it stands instead of the defaults.
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

    pub(super) fn read_lanes(&mut self, process: Element<'a>) {
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
            self.refuse_at(Some(self.position(reference)), said);
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
