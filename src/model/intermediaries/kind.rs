//! The kind: what the machinery knows of an intermediary.

use super::{
    model::Intermediary,
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Sites, Values, read_as},
    search::Document,
    values::code_lists::{IntermediaryNature, Pricing},
};

/// 中介机构
pub const KIND: Kind = Kind {
    name: "intermediary",
    itself: &["intermediary"],
    path: "intermediaries",
    chinese: "中介机构",
    english: "intermediaries",
    example: "91350100MA3450011C",
    shape: || &SHAPE,
    read: |value| read_as::<Intermediary>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &["code", "name", "nature", "division", "address", "phones", "qualifications", "services"],
    short: &["code", "name", "division", "address", "phones", "qualifications", "services"],
    highlighted: &["name", "address"],
    filters: &[
        Filter::new(
            "division",
            ["行政区划", "division, or the beginning of its code", "3501"],
            Values::Division,
            Facet::Single,
        ),
        Filter::new(
            "nature",
            ["机构性质", "nature", "enterprise"],
            Values::Listed(&IntermediaryNature::LIST),
            Facet::Single,
        ),
        Filter::new(
            "pricing",
            ["定价方式", "who sets the price of a service", "market"],
            Values::Listed(&Pricing::LIST),
            Facet::Multiple,
        ),
        Filter::new(
            "qualification",
            ["资质名称", "a qualification that it has", "测绘资质证书"],
            Values::Text,
            Facet::Multiple,
        ),
        Filter::new(
            "service",
            ["中介服务", "a service that it offers", "宅基地权属勘测"],
            Values::Text,
            Facet::Multiple,
        ),
        Filter::new(
            "fee",
            ["收费项目", "a fee that it charges", "fee-homestead-survey"],
            Values::Key(&["fee"]),
            Facet::None,
        ),
    ],
    sites: Sites::None,
    shows_users: false,
    owner: Owner::Division,
    recode: None,
    links: &[("items", "/v1/items?intermediary={key}"), ("fees", "/v1/fees?organisation={key}")],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: Intermediary = serde_json::from_str(body)?;
    let mut postings = vec![("nature", record.nature.value().to_owned())];
    postings.extend(record.qualifications.iter().map(|qualification| ("qualification", qualification.name.clone())));
    for service in &record.services {
        postings.push(("pricing", service.pricing.value().to_owned()));
        postings.push(("service", service.name.clone()));
        if let Some(fee) = &service.fee {
            postings.push(("fee", fee.to_string()));
        }
    }
    let words = record.phones.iter().map(|phone| phone.value.clone()).chain([record.address.clone()]);
    let qualifications = record.qualifications.iter().map(|qualification| qualification.name.clone());
    let services = record.services.iter().map(|service| service.name.clone());
    Ok(Indexed {
        title: record.name.clone(),
        document: Document {
            names: vec![record.name.clone()],
            body: words.chain(qualifications).chain(services).collect::<Vec<_>>().join("\n"),
            codes: vec![record.code.to_string()],
        },
        postings,
        references: references(&record),
        division: Some(record.division.to_string()),
        ..Indexed::default()
    })
}
