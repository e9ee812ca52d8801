//! The meaning of each element of BPMN 2.0 in a chart, and why some cannot be in one: each refusal names the element and says
//! what to draw instead.

use roxmltree::Node as Element;

use crate::model::Node;
use qingdan_base::{
    problem::Detail,
    values::{
        Period, Unit,
        code_lists::{Clock, LaneKind, NodeKind, Outcome},
    },
};

/// The namespace of BPMN 2.0.
const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

/// The elements that are nodes.
const NODES: [(&str, NodeKind); 15] = [
    ("startEvent", NodeKind::Start),
    ("endEvent", NodeKind::End),
    ("exclusiveGateway", NodeKind::ExclusiveGateway),
    ("parallelGateway", NodeKind::ParallelGateway),
    ("task", NodeKind::Task),
    ("userTask", NodeKind::Task),
    ("manualTask", NodeKind::Task),
    ("serviceTask", NodeKind::Task),
    ("scriptTask", NodeKind::Task),
    ("businessRuleTask", NodeKind::Task),
    ("sendTask", NodeKind::Task),
    ("receiveTask", NodeKind::Task),
    ("callActivity", NodeKind::Task),
    ("intermediateCatchEvent", NodeKind::Task),
    ("intermediateThrowEvent", NodeKind::Task),
];
/// The elements that are read elsewhere, or say nothing of the flow.
const ASIDE: [&str; 22] = [
    "sequenceFlow",
    "laneSet",
    "textAnnotation",
    "association",
    "group",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "documentation",
    "extensionElements",
    "ioSpecification",
    "ioBinding",
    "property",
    "auditing",
    "monitoring",
    "resourceRole",
    "performer",
    "humanPerformer",
    "potentialOwner",
    "supports",
    "supportedInterfaceRef",
    "correlationSubscription",
];

/// The meaning of an element of a process in a chart.
pub(super) enum Meaning {
    /// A node.
    Node(NodeKind),
    /// Part of the flow that a chart cannot express.
    Refused(Detail),
    /// Read elsewhere, or says nothing of the flow.
    Aside,
}

/// Returns the meaning of an element of a process.
pub(super) fn meaning(element: Element<'_, '_>) -> Meaning {
    if element.tag_name().namespace() != Some(BPMN) {
        return Meaning::Aside;
    }
    let tag = element.tag_name().name();
    let node = match NODES.iter().find(|(name, _)| *name == tag) {
        Some((_, kind)) => *kind,
        // One that is shut and empty is a step by its name.
        None if tag == "subProcess" && !is_event_sub_process(element) && !has_flow(element) => NodeKind::Task,
        None if ASIDE.contains(&tag) => return Meaning::Aside,
        None => return Meaning::Refused(no_node(element)),
    };
    match marker(element) {
        Some(reason) => Meaning::Refused(reason),
        None => Meaning::Node(node),
    }
}

/// A subprocess, an event or a gateway of a kind that no chart has.
fn no_node(element: Element<'_, '_>) -> Detail {
    let name = quoted(element);
    let tag = element.tag_name().name();
    match tag {
        "boundaryEvent" => Detail::new(
            format!("流程图没有边界事件{name}；请在环节之后加一个判断（排他网关），用条件写明这种情形"),
            format!(
                "a chart has no boundary event{name}; put an exclusive gateway behind the task and name the case on a branch"
            ),
        ),
        "subProcess" if is_event_sub_process(element) => Detail::new(
            format!("流程图没有事件子流程{name}；请把这种情形画成主流程中的一个分支"),
            format!("a chart has no event sub-process{name}; draw the case as a branch of the main flow"),
        ),
        "subProcess" | "transaction" | "adHocSubProcess" => Detail::new(
            format!("流程图不分层，没有子流程{name}；请把其中的环节直接画在主流程里，或者只留一个环节"),
            format!(
                "a chart has one level: draw the steps of the sub-process{name} in the main flow, or one task for all"
            ),
        ),
        "inclusiveGateway" | "complexGateway" => Detail::new(
            format!(
                "流程图只有判断（排他网关）和并行（并行网关），没有 {tag}{name}；请改为并行网关，在各分支上再作判断"
            ),
            format!(
                "a chart has exclusive and parallel gateways only, no {tag}{name}; use a parallel one with an exclusive one on each branch"
            ),
        ),
        "eventBasedGateway" => Detail::new(
            format!("流程图没有基于事件的网关{name}；请改为排他网关，并在各连线上写明条件"),
            format!("a chart has no event-based gateway{name}; use an exclusive one and name the case on each branch"),
        ),
        _ => Detail::new(
            format!("流程图没有 {tag}{name} 这种元素；请改用环节、判断、并行、开始或结束"),
            format!("a chart has no {tag}{name}; use tasks, exclusive and parallel gateways, start and end events"),
        ),
    }
}

/// Returns the reason for which a node cannot be in a chart.
fn marker(element: Element<'_, '_>) -> Option<Detail> {
    let name = quoted(element);
    if element.attribute("isForCompensation") == Some("true") {
        return Some(compensation(&name));
    }
    children(element).find_map(|inner| match inner.tag_name().name() {
        "standardLoopCharacteristics" => Some(Detail::new(
            format!("环节{name}带循环标记；请加一个判断，用退回的连线（补正）表示重复"),
            format!("the task{name} has a loop marker; put a gateway behind it with a flow back to it"),
        )),
        "multiInstanceLoopCharacteristics" => Some(Detail::new(
            format!("环节{name}带多实例标记；请去掉标记，或者用并行网关分别画出"),
            format!(
                "the task{name} has a multi-instance marker; remove it, or draw the instances between parallel gateways"
            ),
        )),
        "compensateEventDefinition" => Some(compensation(&name)),
        "cancelEventDefinition" => Some(Detail::new(
            format!("流程图没有取消事件{name}；请改为普通的结束，并用连线引到那里"),
            format!("a chart has no cancel event{name}; use an end event and draw the flow to it"),
        )),
        "linkEventDefinition" => Some(Detail::new(
            format!("流程图没有链接事件{name}；请用连线把两处直接连起来"),
            format!("a chart has no link event{name}; join the two places by a sequence flow"),
        )),
        "timerEventDefinition" if is_step(element) && wait(element).is_none() => Some(Detail::new(
            format!("等待事件{name}的时间无法识别；请写作 timeDuration，如 P5D（5 日）、PT8H（8 小时）、P1M（1 个月）"),
            format!("the time of the timer event{name} cannot be read; write a timeDuration such as P5D, PT8H or P1M"),
        )),
        _ => None,
    })
}

fn is_event_sub_process(element: Element<'_, '_>) -> bool {
    element.attribute("triggeredByEvent") == Some("true")
}

fn compensation(name: &str) -> Detail {
    Detail::new(
        format!("流程图没有补偿{name}；请把撤销、恢复的环节画成一个分支"),
        format!("a chart has no compensation{name}; draw the steps that undo something as a branch"),
    )
}

fn is_step(element: Element<'_, '_>) -> bool {
    matches!(element.tag_name().name(), "intermediateCatchEvent" | "intermediateThrowEvent")
}

/// How long an event waits: days are calendar days.
pub(super) fn wait(element: Element<'_, '_>) -> Option<Period> {
    let timer = child(element, "timerEventDefinition")?;
    let text: String = child(timer, "timeDuration")?.text()?.trim().to_ascii_uppercase();
    let period = |figures: &str, each: u32, unit| {
        let value = figures.parse::<u32>().ok()?.checked_mul(each)?;
        (value <= 9999).then_some(Period { value, unit })
    };
    if let Some(hours) = text.strip_prefix("PT").and_then(|rest| rest.strip_suffix('H')) {
        return period(hours, 1, Unit::Hour);
    }
    let rest = text.strip_prefix('P')?;
    let (figures, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
    match unit {
        "D" => period(figures, 1, Unit::CalendarDay),
        "W" => period(figures, 7, Unit::CalendarDay),
        "M" => period(figures, 1, Unit::Month),
        _ => None,
    }
}

/// Returns the kind of party that acts in a lane with this name.
pub(crate) fn lane_kind(name: &str) -> LaneKind {
    const WORDS: [(&str, LaneKind); 8] = [
        ("申请人", LaneKind::Applicant),
        ("当事人", LaneKind::Applicant),
        ("申报人", LaneKind::Applicant),
        ("群众", LaneKind::Applicant),
        ("applicant", LaneKind::Applicant),
        ("专家", LaneKind::Expert),
        ("expert", LaneKind::Expert),
        ("中介", LaneKind::Intermediary),
    ];
    let name = name.to_lowercase();
    WORDS.iter().find(|(word, _)| name.contains(word)).map_or(LaneKind::Office, |(_, kind)| *kind)
}

/// A node of which nothing is known but kind and name: its time runs unless the chart has not begun or is over.
pub(crate) fn plain_node(id: String, kind: NodeKind, name: String) -> Node {
    Node {
        id,
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
        duration: None,
        excluded: None,
        materials_in: Vec::new(),
        documents_out: Vec::new(),
        note: None,
    }
}

/// How a chart comes out at an end with this name.
fn outcome(name: &str) -> Outcome {
    const WORDS: [(&str, Outcome); 9] = [
        ("不予受理", Outcome::NotAccepted),
        ("不受理", Outcome::NotAccepted),
        ("不予", Outcome::Refused),
        ("不准", Outcome::Refused),
        ("撤回", Outcome::Withdrawn),
        ("转报", Outcome::Transferred),
        ("结案", Outcome::Closed),
        ("准予", Outcome::Granted),
        ("批准", Outcome::Granted),
    ];
    WORDS.iter().find(|(word, _)| name.contains(word)).map_or(Outcome::Completed, |(_, outcome)| *outcome)
}

/// The elements in an element.
pub(super) fn children<'a>(element: Element<'a, 'a>) -> impl Iterator<Item = Element<'a, 'a>> {
    element.children().filter(Element::is_element)
}

/// The first element of BPMN in an element that has this name.
pub(super) fn child<'a, 'b>(element: Element<'a, 'b>, name: &str) -> Option<Element<'a, 'b>> {
    element.children().find(|inner| is(*inner, name))
}

/// Whether an element is that of BPMN.
pub(super) fn is(element: Element<'_, '_>, name: &str) -> bool {
    element.has_tag_name((BPMN, name))
}

/// Whether a process has anything in it that flows.
pub(super) fn has_flow(process: Element<'_, '_>) -> bool {
    // No deeper than this level: what a sub-process in it is, is a question of its own.
    let flows = |element: Element<'_, '_>| {
        let name = element.tag_name().name();
        let is_node = ["Event", "Gateway", "Task", "Process", "Activity"].iter().any(|end| name.ends_with(end));
        element.tag_name().namespace() == Some(BPMN) && (is_node || name == "task" || name == "transaction")
    };
    process.children().any(flows)
}

/// An element's name, as one puts it behind the word for what it is; its id where it has none.
pub(super) fn quoted(element: Element<'_, '_>) -> String {
    let name = element.attribute("name").map(flat).filter(|name| !name.is_empty());
    let name = name.or_else(|| element.attribute("id").map(Into::into)).unwrap_or_default();
    let cut: String = name.chars().take(40).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    if name.is_empty() { name } else { format!("“{cut}{more}”") }
}

/// A text in one line. Where Chinese was broken to fit a box, there was no space.
pub(crate) fn flat(text: &str) -> String {
    let mut flat = String::new();
    for word in text.split_whitespace() {
        let ends = flat.chars().next_back().is_some_and(|c| c.is_ascii());
        let begins = word.chars().next().is_some_and(|c| c.is_ascii());
        if !flat.is_empty() && (ends || begins) {
            flat.push(' ');
        }
        flat += word;
    }
    flat
}
