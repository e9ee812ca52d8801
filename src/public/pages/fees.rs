//! The fee list: what is charged, by which rules, on what basis, by whom, and where the money goes.

use maud::{Markup, html};

use super::{
    components::{fact, fact_of, items_by, others, table},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    tariff::{self, RuleInWords},
    text::{citation, span},
    view::{View, body},
};
use crate::{
    model::fees::{Fee, KIND},
    problem::Problem,
    register::catalog::Entry,
};

/// `GET /fees`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::Fees,
    title: ["收费目录清单", "Fee list"],
    about: [
        "收什么费、按什么标准、依据什么、谁来收、钱到哪里。目录之外一律不得收费。",
        "What is charged, at what rate, on what basis, by whom, and where the money goes. Nothing else may be charged.",
    ],
    filters: &["kind", "pricing", "fund_management", "payer"],
    columns: &[
        ["收费标准", "Rates"],
        ["收费性质", "Nature"],
        ["定价方式", "Pricing"],
        ["收费主体", "Charged by"],
        ["资金去向", "Money goes to"],
    ],
    cells: |view, entry| {
        let record: Fee = body(entry)?;
        Ok(vec![
            html! { @for each in &tariff::rules(view.language, &record) {
                @let name = html! { @if record.rules.len() > 1 { span.soft { (view.data(&each.name)) (view.say("：", ": ")) } } };
                @if let [price] = &each.prices[..] { p { (name) (text(view, price)) } }
                @else { (name) @for price in &each.prices { p { (text(view, price)) } } }
                @if !each.limits.is_empty() { p { (text(view, &each.limits)) } }
            } },
            html! { span.short { (view.term(record.kind.code())) } },
            html! { span.short { (view.term(record.pricing.code())) } },
            charged_by(view, &record),
            html! { span.short { (view.term(record.fund_management.code())) } },
        ])
    },
    order: Order::Listed,
    record: RecordPage { is_of_today: true, parts },
};

fn charged_by(view: &View, record: &Fee) -> Markup {
    let key = record.organisation.as_str();
    view.link(view.payee_kind(key), key)
}

/// Words of ours, in which a name of the register may stand.
fn text(view: &View, text: &str) -> Markup {
    match text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        true => view.data(text),
        false => html! { (text) },
    }
}

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: Fee = body(entry)?;
    let content = html! {
        @if record.valid_until.is_some_and(|until| until < view.today) {
            p.notice.bad { b { (view.say("执行期限已过", "No longer in force")) } }
        }
        h2 { (view.say("收费标准", "Rates")) }
        (rules(view, &record))
        (reductions(view, &record))
        h2 { (view.say("收费依据和去向", "Basis, and where the money goes")) }
        (facts(view, &record))
        h2 { (view.say("收取此费的事项", "Items that charge it")) }
        (items_by(view, "fee", &entry.key, None))
        (others(view, ["按此收费的中介机构", "Intermediaries that charge it"], "intermediary", "fee", &entry.key))
    };
    let rules: Vec<_> = record.rules.iter().map(|rule| rule.name.as_str()).collect();
    let description = rules.join("；");
    Ok(RecordParts { title: record.name, description, content })
}

fn rules(view: &View, record: &Fee) -> Markup {
    let row = |rule: &RuleInWords| {
        let rates = html! {
            @for price in &rule.prices { p { (text(view, price)) } }
            @if !rule.limits.is_empty() { p { (text(view, &rule.limits)) } }
        };
        let when = html! { @if rule.when.is_empty() { "—" } @else { (text(view, &rule.when)) } };
        (view.data(&rule.name), vec![rates, when])
    };
    let columns = [["标准", "Rate"], ["适用条件", "Applies when"]];
    let rows = tariff::rules(view.language, record).iter().map(row).collect();
    table(view, ["按次序适用", "Read in this order"], ["名称", "Rule"], &columns, rows)
}

fn reductions(view: &View, record: &Fee) -> Markup {
    html! {
        @if !record.reductions.is_empty() {
            h2 { (view.say("减免", "Reductions")) }
            ul.plain { @for each in &record.reductions {
                li {
                    b { (view.data(&each.name)) } br; (text(view, &tariff::reduction(view.language, record, each)))
                    br; span.soft { (view.say("依据：", "Basis: ")) (view.data(&each.basis)) }
                }
            } }
        }
    }
}

fn facts(view: &View, record: &Fee) -> Markup {
    html! {
        dl.facts {
            (fact(view.say("收费性质", "Nature"), &html! { (view.term(record.kind.code())) }))
            (fact(view.say("定价方式", "Pricing"), &html! { (view.term(record.pricing.code())) }))
            @if !record.legal_bases.is_empty() {
                (fact(view.say("收费依据", "Legal basis"), &html! {
                    @for basis in &record.legal_bases {
                        p { (citation(view, basis))
                            @if !basis.text.is_empty() { br; span.soft { (view.data(&basis.text)) } } }
                    }
                }))
            }
            (fact(view.say("收费主体", "Charged by"), &charged_by(view, record)))
            (fact(view.say("资金去向", "Money goes to"), &html! { (view.term(record.fund_management.code())) }))
            (fact(view.say("缴费对象", "Who pays"), &html! { (view.terms(record.payer.iter().map(|payer| payer.code()))) }))
            (fact(view.say("执行期限", "In force"), &span(view, Some(record.valid_from), record.valid_until)))
            (fact_of(view.say("说明", "Note"), record.note.as_ref(), |note| view.data(note)))
        }
    }
}
