//! A chart as a Mermaid flowchart: lanes as subgraphs. What Mermaid cannot say (times, materials, outcomes, …) stands in
//! comments `%% qingdan: {json}`, each naming what it is about, so that nothing of the graph is lost.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{
    analysis::heaviest_path,
    graph::Graph,
    model::{Chart, Edge, Node},
};
use qingdan_base::values::code_lists::{Clock, NodeKind};

/// The flowchart, under this title.
pub fn mermaid(chart: &Chart, title: &str) -> String {
    let graph = Graph::of(chart);
    let critical = heaviest_path(chart, &graph, Clock::Running);
    let nodes = names("n_", chart.nodes.iter().map(|node| node.id.as_str()));
    let lanes = names("l_", chart.lanes.iter().map(|lane| lane.id.as_str()));
    let mut text = format!("---\ntitle: {}\n---\nflowchart TD\n", safe_json(&json!(title)));
    text += &comment("", json!({ "chart": { "version": 1, "title": chart.title } }));
    for (place, lane) in chart.lanes.iter().enumerate() {
        let about =
            json!({ "lane": lanes[place], "id": lane.id, "kind": lane.kind, "organisation": lane.organisation });
        text += &comment("  ", about);
        text += &format!("  subgraph {}[\"{}\"]\n", lanes[place], label(&lane.name));
        let first = chart.lanes.iter().position(|other| other.id == lane.id) == Some(place);
        for (at, node) in chart.nodes.iter().enumerate().filter(|(_, node)| first && node.lane == lane.id) {
            text += &step(at, node, &nodes[at]);
        }
        text += "  end\n";
    }
    let known: HashSet<_> = chart.lanes.iter().map(|lane| lane.id.as_str()).collect();
    for (at, node) in chart.nodes.iter().enumerate().filter(|(_, node)| !known.contains(node.lane.as_str())) {
        text += &step(at, node, &nodes[at]);
    }
    for arc in &graph.arcs {
        text += &line(&chart.edges[arc.edge], &nodes[arc.from], &nodes[arc.to]);
    }
    text + &classes(chart, &graph, &critical, &nodes)
}

/// Names that Mermaid reads as such, each once: no keyword begins with the prefix.
fn names<'a>(prefix: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    ids.map(|id| {
        let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let base = format!("{prefix}{plain}");
        let mut name = base.clone();
        while !taken.insert(name.clone()) {
            let count = next.entry(base.clone()).or_insert(1);
            *count += 1;
            name = format!("{base}_{count}");
        }
        name
    })
    .collect()
}

fn step(at: usize, node: &Node, name: &str) -> String {
    let (open, close) = match node.kind {
        NodeKind::Start | NodeKind::End => ("([", "])"),
        NodeKind::Task => ("[", "]"),
        NodeKind::ExclusiveGateway => ("{", "}"),
        NodeKind::ParallelGateway => ("{{", "}}"),
    };
    comment("    ", about_node(at, node, name)) + &format!("    {name}{open}\"{}\"{close}\n", label(&node.name))
}

/// Everything of a node but its name.
fn about_node(at: usize, node: &Node, name: &str) -> Value {
    let mut about = Map::new();
    about.insert("node".into(), json!(name));
    about.insert("seq".into(), json!(at));
    if let Ok(Value::Object(members)) = serde_json::to_value(node) {
        let bare = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        about.extend(members.into_iter().filter(|(name, value)| name != "name" && !bare(value)));
    }
    Value::Object(about)
}

fn line(edge: &Edge, from: &str, to: &str) -> String {
    let mut text = String::new();
    if edge.default.is_some() || edge.rework.is_some() {
        text += &comment("  ", json!({ "edge": [from, to], "default": edge.default, "rework": edge.rework }));
    }
    let arrow = if edge.rework.is_some() { "-.->" } else { "-->" };
    let label = edge.label.as_deref().map(|words| format!("|\"{}\"|", label(words))).unwrap_or_default();
    text + &format!("  {from} {arrow}{label} {to}\n")
}

/// The critical path, and the steps whose time does not count.
fn classes(chart: &Chart, graph: &Graph, critical: &[usize], nodes: &[String]) -> String {
    let mut text = String::new();
    let named = |of: Vec<usize>| of.into_iter().map(|node| nodes[node].as_str()).collect::<Vec<_>>().join(",");
    if !critical.is_empty() {
        text += "  classDef critical stroke-width:3px\n";
        text += &format!("  class {} critical\n", named(critical.to_vec()));
    }
    let suspended: Vec<_> =
        (0..chart.nodes.len()).filter(|node| chart.nodes[*node].clock == Clock::Suspended).collect();
    if !suspended.is_empty() {
        text += "  classDef suspended stroke-dasharray:5 3\n";
        text += &format!("  class {} suspended\n", named(suspended));
    }
    let steps: HashSet<_> = critical.windows(2).map(|step| (step[0], step[1])).collect();
    let strong = graph.arcs.iter().enumerate().filter(|(_, arc)| !arc.back && steps.contains(&(arc.from, arc.to)));
    let strong: Vec<_> = strong.map(|(at, _)| at.to_string()).collect();
    if !strong.is_empty() {
        text += &format!("  linkStyle {} stroke-width:3px\n", strong.join(","));
    }
    text
}

fn comment(indent: &str, mut about: Value) -> String {
    if let Some(members) = about.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    format!("{indent}%% qingdan: {}\n", safe_json(&about))
}

/// JSON in one line, without what Mermaid looks for before it knows of comments: directives, tags, entities.
fn safe_json(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '%' | '<' | '>' | '&' | '#' | ';' | '\u{2028}' | '\u{2029}' => {
                text += &format!("\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text
}

/// Writes words in quotes: everything that could be markup, an entity or a list is written by its number.
fn label(text: &str) -> String {
    if text.trim().is_empty() {
        return " ".into();
    }
    let mut written = String::new();
    let mut leading = true;
    for c in text.chars() {
        match c {
            '\n' => written += "<br/>",
            ' ' | '(' | ')' | ',' | '/' | '\'' | '?' | '!' => written.push(c),
            '.' | '-' | '=' | '+' if !leading && !written.ends_with(c) => written.push(c),
            '\t' | '\u{2028}' | '\u{2029}' => written += &format!("#{};", u32::from(c)),
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => written += &format!("#{};", u32::from(c)),
            _ => written.push(c),
        }
        // "1. " and "- " begin lists of Markdown.
        leading = (leading && c.is_ascii_digit()) || c == '\n';
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_label_is_never_markup() {
        assert_eq!(label("材料(原件)"), "材料(原件)");
        assert_eq!(label("a\"b#c;<d>--[e]"), "a#34;b#35;c#59;#60;d#62;-#45;#91;e#93;");
        assert_eq!(label("1. 受理\n- 审查"), "1#46; 受理<br/>#45; 审查");
    }

    #[test]
    fn a_chart_names_its_lanes_steps_and_branches() {
        let text = mermaid(&samples::worked_example(), "流程图");
        assert!(text.starts_with("---\ntitle: \"流程图\"\n---\nflowchart TD\n"));
        assert!(text.contains("n_start --> n_accept\n") && text.contains("n_split{{\"split\"}}"), "{text}");
        assert!(text.contains("\"excluded\":\"public_notice\""), "{text}");
    }

    #[test]
    fn even_junk_is_written() {
        for seed in 0..200 {
            mermaid(&samples::junk(seed), "");
        }
    }

    /// Writes charts for `tests/browser/mermaid.mjs` to the folder that `MERMAID_FOLDER` names.
    #[test]
    fn charts_for_the_real_parser_are_written_when_asked_for() {
        let Ok(folder) = std::env::var("MERMAID_FOLDER") else { return };
        let write = |name: String, chart: &Chart| {
            std::fs::write(format!("{folder}/{name}.mmd"), mermaid(chart, &name)).expect("a folder");
        };
        for (code, chart) in samples::demo() {
            write(code, &chart);
        }
        for seed in 0..150 {
            let mut chart = samples::valid(seed, 30);
            let odd = [
                "end",
                "a\"b",
                "#35;x",
                "x;y",
                "<b>&lt;",
                "a --> b",
                "[(x)]{y}",
                "1. 受理",
                "- x",
                "%%{init: {}}%%",
                "`x` **y** $$z$$",
                "default",
            ];
            for (at, node) in chart.nodes.iter_mut().enumerate() {
                node.name = odd[(at + usize::try_from(seed).unwrap()) % odd.len()].into();
                node.note = Some(node.name.clone());
            }
            write(format!("random{seed}"), &chart);
            write(format!("junk{seed}"), &samples::junk(seed));
        }
    }
}
