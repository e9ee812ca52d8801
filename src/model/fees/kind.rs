//! The kind: what the machinery knows of a fee.

use super::{
    model::Fee,
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Sites, Values, read_as},
    search::Document,
    values::code_lists::{Audience, FeeKind, FundManagement, Pricing},
};

/// 收费项目
pub const KIND: Kind = Kind {
    name: "fee",
    itself: &["fee"],
    path: "fees",
    chinese: "收费项目",
    english: "fees",
    example: "fee-rural-water",
    shape: || &SHAPE,
    read: |value| read_as::<Fee>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &[
        "code",
        "name",
        "kind",
        "pricing",
        "organisation",
        "fund_management",
        "legal_bases",
        "rules",
        "reductions",
        "payer",
        "valid_from",
        "valid_until",
        "note",
    ],
    short: &[
        "code",
        "name",
        "kind",
        "pricing",
        "fund_management",
        "parameters",
        "rules",
        "reductions",
        "payer",
        "valid_from",
        "valid_until",
        "note",
    ],
    highlighted: &["name", "note"],
    filters: &[
        Filter::new(
            "kind",
            ["收费性质", "nature of the fee", "service_charge"],
            Values::Listed(&FeeKind::LIST),
            Facet::Single,
        ),
        Filter::new(
            "pricing",
            ["定价方式", "who sets the price", "government_guided"],
            Values::Listed(&Pricing::LIST),
            Facet::Single,
        ),
        Filter::new(
            "fund_management",
            ["资金管理方式", "where the money goes", "treasury"],
            Values::Listed(&FundManagement::LIST),
            Facet::Single,
        ),
        Filter::new(
            "organisation",
            ["收费主体", "who charges", "12350121488102018E"],
            Values::Key(&["organisation", "intermediary"]),
            Facet::Single,
        ),
        Filter::new("payer", ["缴费对象", "who pays", "person"], Values::Listed(&Audience::LIST), Facet::Multiple),
        Filter::new(
            "legal_instrument",
            ["收费依据", "a legal instrument it rests on", "lex-shf"],
            Values::Key(&["legal_instrument"]),
            Facet::Multiple,
        ),
        Filter::new(
            "division",
            ["行政区划", "division of who charges, or the beginning of its code", "350121"],
            Values::Division,
            Facet::Single,
        ),
    ],
    sites: Sites::None,
    shows_users: true,
    owner: Owner::Organisation,
    recode: None,
    links: &[("items", "/v1/items?fee={key}"), ("intermediaries", "/v1/intermediaries?fee={key}")],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: Fee = serde_json::from_str(body)?;
    let mut postings = vec![
        ("kind", record.kind.value().to_owned()),
        ("pricing", record.pricing.value().to_owned()),
        ("fund_management", record.fund_management.value().to_owned()),
        ("organisation", record.organisation.to_string()),
    ];
    postings.extend(record.payer.iter().map(|payer| ("payer", payer.value().to_owned())));
    postings.extend(record.legal_bases.iter().map(|basis| ("legal_instrument", basis.instrument.to_string())));
    let rules = record.rules.iter().map(|rule| rule.name.as_str());
    let bases = record.legal_bases.iter().map(|basis| basis.text.as_str());
    Ok(Indexed {
        title: record.name.clone(),
        document: Document {
            names: vec![record.name.clone()],
            body: rules.chain(bases).chain(record.note.as_deref()).collect::<Vec<_>>().join("\n"),
            codes: vec![record.code.to_string()],
        },
        postings,
        references: references(&record),
        ..Indexed::default()
    })
}
