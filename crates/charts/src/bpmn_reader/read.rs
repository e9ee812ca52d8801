//! A chart from BPMN 2.0 XML. Our own export comes back as the very same chart; files of bpmn.io, Camunda Modeler and
//! others are read with these defaults: time counts from the first task, lanes and outcomes are what their names say,
//! gateways that only join ways are left out, a flow that leads back is one round of rework, data objects that a task
//! writes are documents, and annotations are notes. What a chart cannot express is refused where it stands.

use std::collections::HashSet;

use super::{
    elements::{child, children, has_flow, is, quoted},
    source::{Element, MOST_MISTAKES, Reader, name_of, own, process_of},
};
use crate::{model::Chart, source_positions::SourcePositions, xml::parse};
use qingdan_base::problem::FieldError;

/// Reads the chart that a BPMN document describes, or every mistake in it with line and column.
pub fn read_bpmn(text: &str) -> Result<Chart, Vec<FieldError>> {
    read_bpmn_with_positions(text).map(|(chart, _)| chart)
}

/// Reads as [`read_bpmn`] does and says where each part stands, for what is found wrong with the chart afterwards.
pub fn read_bpmn_with_positions(text: &str) -> Result<(Chart, SourcePositions), Vec<FieldError>> {
    let document = parse(text).map_err(|error| vec![error])?;
    let mut reader = Reader::of(text, &document);
    reader.read();
    match reader.mistakes.is_empty() {
        true => Ok((reader.chart, reader.positions)),
        false => Err(reader.mistakes),
    }
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        if !is(self.root, "definitions") {
            return self.refuse(
                self.root,
                "根元素不是 BPMN 2.0 的 definitions；请从建模工具以“BPMN 2.0 XML”格式导出",
                "the root element is not `definitions` of BPMN 2.0; export the diagram as BPMN 2.0 XML",
            );
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

    /// The one process that has something in it.
    fn process(&mut self) -> Option<Element<'a>> {
        let processes: Vec<_> =
            children(self.root).filter(|element| is(*element, "process") && has_flow(*element)).collect();
        for process in processes.iter().skip(1).take(MOST_MISTAKES) {
            let name = quoted(self.participant(*process).unwrap_or(*process));
            self.refuse(
                *process,
                format!("一个文件只能有一个流程，这里还有流程{name}；请合并到一个泳池，用泳道区分各方"),
                format!(
                    "a chart has one process, and{name} is another; draw all in one pool with a lane for each party"
                ),
            );
        }
        if processes.is_empty() {
            self.refuse(self.root, "文件中没有流程，或者流程是空的", "there is no process, or nothing in it");
        }
        processes.first().copied()
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
                self.refuse(
                    part,
                    format!("泳池{name}里没有流程；请删去，或者改为流程所在泳池中的一条泳道"),
                    format!("the pool{name} has no process; remove it, or make it a lane of the pool with the process"),
                );
            }
            if let Some(many) = child(part, "participantMultiplicity") {
                self.refuse(
                    many,
                    format!("泳池{name}带多实例标记，流程图无法表示；请去掉标记"),
                    format!("the pool{name} has a multi-instance marker, which a chart has not; remove it"),
                );
            }
            if is(part, "messageFlow") {
                self.refuse(part, format!("流程图没有泳池之间的消息流{name}；请把各方画成同一泳池的泳道，用顺序流连接"),
                    format!(
                        "a chart has no message flow{name} between pools; make the parties lanes of one pool and use sequence flows"
                    ));
            }
        }
    }

    fn read_title(&mut self, process: Element<'a>) {
        if let Some(about) = own(process, "chart") {
            if about.attribute("version").is_some_and(|version| version != "1") {
                self.refuse(
                    about,
                    "文件由更新的版本导出，无法读取",
                    "the file was written by a newer version and cannot be read",
                );
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
}

#[cfg(test)]
mod tests {
    use qingdan_base::{
        problem::Wrong,
        values::{
            Period, Unit,
            code_lists::{LaneKind, NodeKind, Outcome},
        },
    };

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
            let _ = read_bpmn(&random.spoilt(&sources[round % sources.len()], &odd, 6, 3));
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
