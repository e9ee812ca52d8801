//! The result of a quotation: its total, and how it comes about.

use maud::{Markup, html};

use crate::{
    model::fees::unit_name,
    public::{
        items::{FeeQuote, QuotedBasis, QuotedFee, QuotedLine},
        pages::view::View,
    },
};

/// The result of a quotation: its total, and each fee with its lines.
pub fn result(view: &View, quote: &FeeQuote) -> Markup {
    html! {
        section aria-labelledby="result" {
            h2 id="result" { (view.say("试算结果", "Result")) }
            p.total { strong { (quote.total) } " " (view.say("元", "yuan")) }
            p { (quote.statement.text(view.language)) }
            (circumstances(view, quote))
            @for quoted in &quote.fees { (fee(view, quoted)) }
            p.soft {
                (view.say("按本登记簿公布的收费标准逐项计算，每行四舍五入到分。事项第 ", "Computed line by line from the published charging rules, each line rounded half-up to 0.01 yuan. Item revision "))
                (quote.item.revision) (view.say(" 版，变更序号 ", ", change ")) (quote.item.seq)
                (view.say("。", "."))
            }
        }
    }
}

/// The case as it was understood: on paper the form is not there.
fn circumstances(view: &View, quote: &FeeQuote) -> Markup {
    html! { @if !quote.given.is_empty() {
        dl.facts { @for given in &quote.given {
            div { dt { (view.data(&given.label)) } dd {
                @match &given.value_label { Some(label) => (view.data(label)), None => (given.value) }
                @if let Some(unit) = &given.unit { " " (unit_name(unit, view.language)) }
            } }
        } }
    } }
}

fn fee(view: &View, fee: &QuotedFee) -> Markup {
    html! {
        h3 { (view.data(&fee.name)) }
        @if let Some(reason) = &fee.not_charged_because { p.notice { (reason.text(view.language)) } }
        @else if fee.lines.is_empty() { p { (view.say("没有适用的收费标准，不收取。", "No rule applies: nothing is charged.")) } }
        @else { (lines(view, fee)) }
        dl {
            (fact(view.say("谁定价", "Who set the price"), &html! { (view.say(&fee.price_set_by.zh, &fee.price_set_by.en)) }))
            (fact(view.say("谁收取", "Who collects"), &html! { (view.data(&fee.collected_by.name)) }))
            (fact(view.say("钱去哪里", "Where the money goes"), &html! { (view.term(fee.fund_management)) }))
            (fact(view.say("收费性质", "Nature"), &html! { (view.term(fee.kind)) }))
            (fact(view.say("执行期限", "In force"), &html! {
                (fee.valid_from) " – " @if let Some(until) = fee.valid_until { (until) } @else { (view.say("长期", "no end")) }
            }))
            @if !fee.legal_bases.is_empty() {
                (fact(view.say("依据", "Legal basis"), &html! { @for cited in &fee.legal_bases { (basis(view, cited)) } }))
            }
            @if let Some(note) = &fee.note { (fact(view.say("说明", "Note"), &view.data(note))) }
        }
    }
}

fn basis(view: &View, basis: &QuotedBasis) -> Markup {
    html! { p lang=[view.zh()] { (basis.citation) "：" (basis.text) } }
}

fn lines(view: &View, fee: &QuotedFee) -> Markup {
    html! {
        table.lines {
            caption { (view.say("计费明细", "Lines")) }
            thead { tr {
                th scope="col" { (view.say("项目和算式", "Line and arithmetic")) }
                th.amount scope="col" { (view.say("金额（元）", "Yuan")) }
            } }
            tbody { @for quoted in &fee.lines { (line(view, quoted)) } }
            tfoot { tr { th scope="row" { (view.say("小计", "Sum")) } td.amount { (fee.total) } } }
        }
    }
}

fn line(view: &View, line: &QuotedLine) -> Markup {
    html! {
        tr {
            th scope="row" {
                (view.data(&line.name))
                div.arithmetic { (line.arithmetic.text(view.language)) }
                @if let Some(range) = &line.range {
                    div.soft { (view.say("政府指导价，允许在 ", "Guided price: between ")) (range.lowest) (view.say(" 元至 ", " and ")) (range.highest)
                        (view.say(" 元之间", " yuan are allowed")) }
                }
                @if line.kind == "reduction" {
                    @if let Some(basis) = &line.basis { div.soft { (view.say("依据：", "Basis: ")) (view.data(basis)) } }
                }
            }
            td.amount { (line.amount.replace('-', "−")) }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { dt { (name) } dd { (value) } }
}
