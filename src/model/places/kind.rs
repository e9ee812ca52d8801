//! The kind: what the machinery knows of a place.

use super::{
    model::Place,
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Site, Sites, Values, read_as},
    search::Document,
};

/// 办事场所
pub const KIND: Kind = Kind {
    name: "place",
    itself: &["place"],
    path: "places",
    chinese: "办事场所",
    english: "places",
    example: "yangli-hall",
    shape: || &SHAPE,
    read: |value| read_as::<Place>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &["code", "name", "organisation", "division", "address", "longitude", "latitude", "phones", "hours"],
    short: &[
        "code",
        "name",
        "address",
        "longitude",
        "latitude",
        "phones",
        "hours",
        "closures",
        "facilities",
        "valid_until",
    ],
    highlighted: &["name", "address"],
    filters: &[
        Filter::new(
            "division",
            ["行政区划", "division, or the beginning of its code", "350121"],
            Values::Division,
            Facet::Single,
        ),
        Filter::new(
            "organisation",
            ["管理机构", "who runs it", "12350121488101808K"],
            Values::Key(&["organisation"]),
            Facet::Single,
        ),
        Filter::new("facility", ["设施", "what it has", "无障碍通道"], Values::Text, Facet::Multiple),
    ],
    sites: Sites::Own,
    shows_users: false,
    owner: Owner::Organisation,
    recode: None,
    links: &[("items", "/v1/items?place={key}")],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: Place = serde_json::from_str(body)?;
    let facilities = record.facilities.iter().map(|facility| ("facility", facility.clone()));
    let words: Vec<_> =
        record.phones.iter().map(|phone| phone.value.as_str()).chain([record.address.as_str()]).collect();
    Ok(Indexed {
        title: record.name.clone(),
        document: Document {
            names: vec![record.name.clone()],
            body: words.into_iter().chain(record.facilities.iter().map(String::as_str)).collect::<Vec<_>>().join("\n"),
            codes: vec![record.code.to_string()],
        },
        postings: facilities.chain([("organisation", record.organisation.to_string())]).collect(),
        references: references(&record),
        division: Some(record.division.to_string()),
        site: Some(Site::new(
            record.longitude.as_ref(),
            record.latitude.as_ref(),
            &record.hours,
            &record.closures,
            (Some(record.valid_from), record.valid_until),
        )),
        has_chart: false,
    })
}
