//! The kind: what the machinery knows of an organisation.

use super::{
    model::Organisation,
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Site, Sites, Values, read_as},
    search::Document,
    values::code_lists::{ExerciseLevel, OrganisationKind, OrganisationNature},
};

/// 机构
pub const KIND: Kind = Kind {
    name: "organisation",
    itself: &["organisation"],
    path: "organisations",
    chinese: "机构",
    english: "organisations",
    example: "11350121003619116B",
    shape: || &SHAPE,
    read: |value| read_as::<Organisation>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &["code", "name", "short_name", "division", "level", "kind", "address", "phones"],
    short: &["code", "name", "short_name", "division"],
    highlighted: &["name", "short_name", "address", "duties"],
    filters: &[
        Filter::new(
            "division",
            ["行政区划", "division, or the beginning of its code", "350121"],
            Values::Division,
            Facet::Single,
        ),
        Filter::new(
            "level",
            ["行使层级", "level of government", "township"],
            Values::Listed(&ExerciseLevel::LIST),
            Facet::Single,
        ),
        Filter::new(
            "kind",
            ["机构类别", "kind of organisation", "government"],
            Values::Listed(&OrganisationKind::LIST),
            Facet::Single,
        ),
        Filter::new(
            "nature",
            ["机构性质", "nature", "statutory"],
            Values::Listed(&OrganisationNature::LIST),
            Facet::Single,
        ),
        Filter::new(
            "parent",
            ["上级机构", "the organisation above", "11350121003610066R"],
            Values::Key(&["organisation"]),
            Facet::Multiple,
        ),
    ],
    sites: Sites::Own,
    shows_users: false,
    owner: Owner::Itself,
    recode: None,
    links: &[
        ("items", "/v1/items?organisation={key}"),
        ("places", "/v1/places?organisation={key}"),
        ("fees", "/v1/fees?organisation={key}"),
        ("below", "/v1/organisations?parent={key}"),
    ],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: Organisation = serde_json::from_str(body)?;
    let mut postings = vec![
        ("level", record.level.value().to_owned()),
        ("kind", record.kind.value().to_owned()),
        ("nature", record.nature.value().to_owned()),
    ];
    postings.extend(record.parent.iter().map(|parent| ("parent", parent.to_string())));
    let names = std::iter::once(record.name.clone()).chain(record.short_name.clone()).collect();
    let phones = record.phones.iter().map(|phone| phone.value.as_str());
    let words = phones.chain(record.address.as_deref()).chain(record.duties.as_deref()).collect::<Vec<_>>();
    Ok(Indexed {
        title: record.name.clone(),
        document: Document { names, body: words.join("\n"), codes: vec![record.code.to_string()] },
        postings,
        references: references(&record),
        division: Some(record.division.to_string()),
        site: Some(Site::new(
            record.longitude.as_ref(),
            record.latitude.as_ref(),
            &record.hours,
            &[],
            (record.valid_from, record.valid_until),
        )),
        has_chart: false,
    })
}
