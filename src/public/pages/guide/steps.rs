//! The procedure: the chart, and its steps as an ordered list for those who cannot or will not read charts.

use maud::{Markup, PreEscaped, html};

use super::item_view::ItemView;
use crate::{
    charts::{Chart, Node},
    public::items::{ChartSheet, Imprint, Layout},
    values::{
        code_lists::{Clock, NodeKind},
        local_time,
    },
};

/// 办理流程
pub fn section(view: &ItemView<'_>) -> Markup {
    let content = html! {
        @match &view.item.chart {
            _ if view.is_unread("/chart") => p { (view.unfilled()) },
            Some(chart) => { (picture(view)) (list(view, chart)) },
            None if view.is_draft() => p { (view.unfilled()) },
            None => p { (view.say("没有流程图。", "There is no chart.")) },
        }
    };
    view.section("steps", view.say("怎么办理", "Step by step"), &content)
}

/// The chart as a picture within the page.
pub fn svg(view: &ItemView<'_>, layout: Layout) -> Option<String> {
    let published = view.edition.map(|edition| local_time(edition.change.published_at).date().to_string());
    let imprint =
        Imprint { organisation: String::new(), revision: view.revision, published: published.unwrap_or_default() };
    ChartSheet::of_item(view.item.clone(), imprint).map(|sheet| sheet.within_a_page().laid_out(layout).svg())
}

fn picture(view: &ItemView<'_>) -> Markup {
    let label = view.say("流程图，可以左右滚动", "Workflow chart, scrolls sideways");
    html! {
        @if let Some((wide, narrow)) = svg(view, Layout::Wide).zip(svg(view, Layout::Narrow)) {
            figure {
                div.chart.wide tabindex="0" role="region" aria-label=(label) { (PreEscaped(wide)) }
                div.chart.narrow { (PreEscaped(narrow)) }
                @if view.edition.is_some() {
                    figcaption.screen { a href=(view.picture.at(&format!("{}/chart.svg", view.own()))) { (view.say("看大图", "Full size")) } }
                }
            }
        }
    }
}

fn list(view: &ItemView<'_>, chart: &Chart) -> Markup {
    let steps: Vec<_> = in_order(chart).into_iter().filter(|node| node.kind != NodeKind::ParallelGateway).collect();
    html! {
        ol.steps lang=[view.zh()] { @for node in steps { li { (step(chart, node)) } } }
    }
}

fn step(chart: &Chart, node: &Node) -> Markup {
    let lane = chart.lanes.iter().find(|lane| lane.id == node.lane).map(|lane| lane.name.as_str());
    let branches: Vec<_> = chart.edges.iter().filter(|edge| edge.from == node.id && edge.label.is_some()).collect();
    let name = |id: &str| chart.nodes.iter().find(|node| node.id == id).map_or(String::new(), |node| node.name.clone());
    let time = node.duration.map(|duration| match node.clock {
        Clock::Suspended => format!("{}，不计入时限", duration.chinese()),
        Clock::NotStarted | Clock::Running | Clock::Stopped => duration.chinese(),
    });
    html! {
        b { (node.name) } @if let Some(lane) = lane { span.soft { "　" (lane) } } @if let Some(time) = time { span.soft { "　" (time) } }
        @if !node.documents_out.is_empty() { span.soft { "　出具：" (node.documents_out.join("、")) } }
        @if !branches.is_empty() {
            ul { @for edge in branches {
                li { (edge.label.as_deref().unwrap_or_default()) " → " (name(&edge.to))
                    @if let Some(rework) = &edge.rework { "（最多" (rework.max_rounds) "次）" } }
            } }
        }
        @if let Some(note) = &node.note { span.line.soft { (note) } }
    }
}

/// The nodes so that each stands behind those that lead to it, as listed where that leaves a choice.
fn in_order(chart: &Chart) -> Vec<&Node> {
    let mut left: Vec<&Node> = chart.nodes.iter().collect();
    let mut ordered: Vec<&Node> = Vec::new();
    while !left.is_empty() {
        let is_ready = |node: &Node| {
            let mut entering = chart.edges.iter().filter(|edge| edge.to == node.id && edge.rework.is_none());
            entering.all(|edge| !left.iter().any(|other| other.id == edge.from))
        };
        let next = left.iter().position(|node| is_ready(node)).unwrap_or(0);
        ordered.push(left.remove(next));
    }
    ordered
}
