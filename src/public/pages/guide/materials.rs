//! Papers to bring: a table on paper and desktops, cards on phones.

use maud::{Markup, html};

use super::item_view::ItemView;
use crate::{
    model::items::Material,
    problem::Language,
    public::pages::text,
    values::code_lists::{MaterialForm, Necessity},
};

/// 申请材料
pub fn section(view: &ItemView<'_>) -> Markup {
    let materials = &view.item.materials;
    let content = html! {
        @if materials.is_empty() {
            p { @if view.is_draft() && view.item.no_materials != Some(true) { (view.unfilled()) }
                @else { b { (view.say("不需要提交材料。", "No papers are needed.")) } } }
        } @else {
            (summary(view))
            table.materials role="table" {
                thead role="rowgroup" { tr role="row" {
                    @for name in columns(view) { th scope="col" role="columnheader" { (name) } }
                } }
                tbody role="rowgroup" { @for (place, material) in materials.iter().enumerate() { (row(view, place, material)) } }
            }
        }
        @if !view.item.intermediary_services.is_empty() {
            p { (view.say("有的材料要由中介机构出具，见", "Some papers come from intermediaries, see "))
                a href=(format!("#{}intermediaries", view.prefix)) { (view.say("中介服务", "Intermediary services")) } (view.say("。", ".")) }
        }
    };
    view.section("materials", view.say("带什么材料", "What to bring"), &content)
}

fn columns(view: &ItemView<'_>) -> [&'static str; 4] {
    match view.language {
        Language::Chinese => ["材料", "原件、复印件和份数", "从哪里来", "要求和表格"],
        Language::English => ["Paper", "Original, copies", "Source", "Requirements and forms"],
    }
}

fn summary(view: &ItemView<'_>) -> Markup {
    let count = |necessity| {
        view.item.materials.iter().filter(|one| !one.obtained_by_sharing && one.necessity == necessity).count()
    };
    let shared = view.item.materials.iter().filter(|one| one.obtained_by_sharing).count();
    let parts = [
        (count(Necessity::Required), ("种必须提供", " always")),
        (count(Necessity::Conditional), ("种按情况提供", " in some cases")),
        (count(Necessity::Later), ("种可以后补", " may follow later")),
        (shared, ("种由部门共享核验、不用带", " obtained by the office itself")),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, (chinese, english))| format!("{count}{}", view.say(chinese, english)))
        .collect();
    let total = view.item.materials.len();
    html! { p { (view.say("共", "In all ")) (total) (view.say("种：", ": ")) (parts.join(view.say("，", ", "))) (view.say("。", ".")) } }
}

fn row(view: &ItemView<'_>, place: usize, material: &Material) -> Markup {
    let [_, copies, source, requirement] = columns(view);
    let at = |field: &str| format!("/materials/{place}/{field}");
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                span.number { (place + 1) } " " (view.filled_or_noted(&at("name"), || html! { span lang=[view.zh()] { (material.name) } }))
                " " (view.filled_or_noted(&at("necessity"), || necessity(view, material)))
            }
            td role="cell" data-label=(copies) { (view.filled_or_noted(&at("kind"), || form(view, material))) }
            td role="cell" data-label=(source) { (view.filled_or_noted(&at("source"), || html! {
                (view.term(material.source.code()))
                @if let Some(organisation) = &material.source_organisation { (view.say("（", " (")) span lang=[view.zh()] { (organisation) } (view.say("）", ")")) }
            })) }
            @if says_nothing(material) { td.nothing role="cell" { span.soft { "—" } } }
            @else { td role="cell" data-label=(requirement) { (requirements(view, material)) } }
        }
    }
}

fn necessity(view: &ItemView<'_>, material: &Material) -> Markup {
    html! {
        @if material.obtained_by_sharing { span.tag.calm { (view.say("不用带", "not to bring")) } }
        @else { span.tag.calm[material.necessity != Necessity::Required] { (view.necessity(material.necessity)) } }
    }
}

fn form(view: &ItemView<'_>, material: &Material) -> Markup {
    html! {
        (view.term(material.kind.code()))
        @if material.form != MaterialForm::Electronic {
            (view.say("，", ", "))
            @match (material.paper_copies, view.language) {
                (0, _) => (view.say("不留存", "none kept")),
                (copies, Language::Chinese) => { (copies) "份" },
                (copies, Language::English) => { (copies) @if copies == 1 { " copy" } @else { " copies" } },
            }
        }
        @if material.form != MaterialForm::Paper { " · " (view.term(material.form.code())) }
    }
}

/// Whether nothing more is known of a paper than its name, kind and source.
fn says_nothing(material: &Material) -> bool {
    material.when.is_none()
        && material.requirement.is_none()
        && material.basis.is_none()
        && material.blank_form_url.is_none()
        && material.sample_url.is_none()
        && !material.obtained_by_sharing
}

fn requirements(view: &ItemView<'_>, material: &Material) -> Markup {
    let blank = material.blank_form_url.as_deref().and_then(text::link);
    let sample = material.sample_url.as_deref().and_then(text::link);
    html! {
        @if let Some(when) = &material.when { p lang=[view.zh()] { (when) } }
        @if let Some(requirement) = &material.requirement { p lang=[view.zh()] { (requirement) } }
        @if material.obtained_by_sharing { p { (view.say("由部门之间数据共享核验，不用提供。", "The office obtains it from other departments.")) } }
        @if let Some(basis) = &material.basis { p.soft lang=[view.zh()] { "依据：" (basis) } }
        @if blank.is_some() || sample.is_some() {
            p.forms {
                @if let Some(url) = blank { a href=(url) download=[text::saved_as(url, &material.name, "空白表格")] { (view.say("空白表格", "Blank form")) span.unseen lang=[view.zh()] { "：" (material.name) } } " " }
                @if let Some(url) = sample { a href=(url) download=[text::saved_as(url, &material.name, "填写样表")] { (view.say("填写样表", "Sample")) span.unseen lang=[view.zh()] { "：" (material.name) } } }
            }
        }
    }
}
