//! CPSV-AP 3.2 (the application profile of the Core Public Service Vocabulary) as JSON-LD: one graph in which every item is a
//! public service. Organisations, legal resources and concepts that several items name are described at each in equal words:
//! in a graph that is once.

use std::io::Write;

use serde_json::{Value, json};

use super::{
    extract::{Extract, Format},
    item_record::{ItemRecord, Member, write_element},
};
use crate::values::{
    Period, Phone, Unit,
    code_lists::{Audience, Category, Channel, Code, CodeList, Contact, Status, System, Theme},
};

/// The media type of JSON-LD.
pub const JSON_LD: &str = "application/ld+json";
/// Chinese, by the authority table of the European Union.
pub const CHINESE: &str = "http://publications.europa.eu/resource/authority/language/ZHO";

/// CPSV-AP.
pub const GRAPH: Format = Format {
    name: "jsonld",
    media_type: JSON_LD,
    variant: "-cpsv",
    begin: |_, out| Ok(write!(out, "{{\"@context\":{},\"@graph\":[", context())?),
    record: |extract, place, entry, out| write_element(place, ItemRecord::read(extract, entry)?.object(SERVICE), out),
    end: |extract, out| {
        let comma = if extract.count() > 0 { "," } else { "" };
        Ok(writeln!(out, "{comma}\n{},\n{}\n]}}", dataset(extract), counted(extract))?)
    },
};

/// The prefixes of the graph.
pub fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "cpsv": "http://purl.org/vocab/cpsv#",
        "cv": "http://data.europa.eu/m8g/",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "eli": "http://data.europa.eu/eli/ontology#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "org": "http://www.w3.org/ns/org#",
        "schema": "https://schema.org/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "time": "http://www.w3.org/2006/time#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "void": "http://rdfs.org/ns/void#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// Marks a text of the register as Chinese.
pub fn chinese(text: &str) -> Value {
    json!({ "@value": text, "@language": "zh-CN" })
}

fn dataset_id(extract: &Extract) -> String {
    format!("{}/v1/catalog.jsonld#{}", extract.base, extract.kind.path)
}

/// Describes the items of the register as the data set that the services are part of.
fn dataset(extract: &Extract) -> Value {
    let name = "权力清单、责任清单和公共服务事项清单";
    json!({
        "@id": dataset_id(extract),
        "@type": "dcat:Dataset",
        "dct:title": chinese(name),
        "dct:description": chinese(&format!("登记簿公布的{name}。")),
        "dct:publisher": publisher(extract),
    })
}

/// Describes the office that began the register.
fn publisher(extract: &Extract) -> Value {
    let by = extract.snapshot.first_change().map(|change| &change.by);
    let code = by.map_or("registry", |by| by.code.as_str());
    json!({
        "@id": format!("{}/v1/organisations/{code}", extract.base),
        "@type": "foaf:Agent",
        "dct:identifier": code,
        "dct:title": chinese(by.map_or("登记机关", |by| by.name.as_str())),
    })
}

/// Says how many services the graph holds, and of which state of the register.
fn counted(extract: &Extract) -> Value {
    json!({
        "@id": format!("{}/v1/exports/{}.jsonld", extract.base, extract.kind.path),
        "@type": "void:Dataset",
        "void:entities": extract.count(),
        "schema:version": extract.seq().to_string(),
    })
}

/// The properties of a public service, in the order in which they are written.
const SERVICE: &[Member] = &[
    ("@id", |of| of.address().into()),
    ("@type", |_| "cpsv:PublicService".into()),
    ("dct:identifier", |of| of.item.code.to_string().into()),
    ("dct:title", |of| chinese(&of.item.name)),
    ("dct:description", |of| chinese(of.item.summary.as_deref().unwrap_or(&of.item.name))),
    ("dcat:keyword", |of| of.item.aliases.iter().chain(&of.item.keywords).map(|word| chinese(word)).collect()),
    ("adms:status", |of| concept(of.extract, &Status::LIST, of.entry.status.code())),
    ("dct:type", |of| json!([concept(of.extract, &Category::LIST, of.item.category.code())])),
    ("dct:audience", |of| {
        let audience = of.item.audience.iter();
        audience.map(|one| concept(of.extract, &Audience::LIST, one.code())).collect()
    }),
    ("cv:thematicArea", |of| {
        of.item.themes.iter().map(|theme| concept(of.extract, &Theme::LIST, theme.code.code())).collect()
    }),
    ("cv:sector", |of| json!([concept(of.extract, &System::LIST, of.item.system.code())])),
    ("dct:language", |_| json!({ "@id": CHINESE, "@type": "dct:LinguisticSystem" })),
    ("cv:hasCompetentAuthority", |of| organisation(of.extract, of.item.organisation.as_str())),
    ("dct:spatial", |of| of.entry.division.as_ref().map(|division| location(of.extract, division)).into()),
    ("cv:processingTime", |of| of.item.promised_limit.or(of.item.legal_limit).map(duration).into()),
    ("cv:hasLegalResource", |of| {
        let bases = of.item.legal_bases.iter();
        bases.map(|basis| legal_resource(of.extract, basis.instrument.as_str())).collect()
    }),
    ("cv:holdsRequirement", |of| {
        let conditions = of.item.conditions.iter();
        conditions.map(|one| part(of, &format!("condition-{}", one.seq), "cv:Requirement", &one.text)).collect()
    }),
    ("cpsv:hasInput", evidence),
    ("cpsv:produces", |of| {
        let results = of.item.results.iter();
        results.map(|one| part(of, &format!("result-{}", one.seq), "cv:Output", &one.name)).collect()
    }),
    ("cv:hasCost", |of| of.item.fees.iter().map(|fee| cost(of, fee.as_str())).collect()),
    ("cv:hasChannel", |of| of.item.channels.iter().map(|channel| self::channel(of, *channel)).collect()),
    ("cv:contactPoint", |of| contact_point(&part_id(of, "contact"), &of.item.consultation)),
    ("cv:relatedService", |of| services(of.extract, of.item.relations.iter().map(|relation| relation.item.as_str()))),
    ("dct:requires", |of| {
        let required = of.item.prerequisites.iter().filter_map(|one| one.item.as_ref());
        services(of.extract, required.map(|key| key.as_str()))
    }),
    ("dct:isPartOf", |of| json!({ "@id": dataset_id(of.extract) })),
];

fn part_id(of: &ItemRecord<'_>, name: &str) -> String {
    format!("{}#{name}", of.address())
}

fn part(of: &ItemRecord<'_>, name: &str, class: &str, title: &str) -> Value {
    let id = part_id(of, name);
    json!({ "@id": id, "@type": class, "dct:identifier": id, "dct:title": chinese(title) })
}

fn evidence(of: &ItemRecord<'_>) -> Value {
    let materials = of.item.materials.iter().map(|material| {
        let mut node = part(of, &format!("material-{}", material.seq), "cv:Evidence", &material.name);
        if let Some(requirement) = &material.requirement {
            node["dct:description"] = chinese(requirement);
        }
        node
    });
    materials.collect()
}

fn channel(of: &ItemRecord<'_>, channel: Channel) -> Value {
    let id = part_id(of, &format!("channel-{}", channel.value()));
    json!({
        "@id": id,
        "@type": "cv:Channel",
        "dct:identifier": id,
        "dct:description": chinese(channel.label()),
        "dct:type": concept(of.extract, &Channel::LIST, channel.code()),
        "cv:ownedBy": organisation(of.extract, of.item.organisation.as_str()),
    })
}

/// Names those of the items that the graph holds: only they are told to be services.
fn services<'a>(extract: &Extract, keys: impl Iterator<Item = &'a str>) -> Value {
    let is_among = |key: &&str| extract.entries.binary_search_by(|entry| (*entry.key).cmp(key)).is_ok();
    keys.filter(is_among).map(|key| json!({ "@id": format!("{}/v1/items/{key}", extract.base) })).collect()
}

fn concept(extract: &Extract, list: &CodeList, code: &Code) -> Value {
    json!({
        "@id": format!("{}/v1/code-lists/{}#{}", extract.base, list.name, code.value),
        "@type": "skos:Concept",
        "skos:prefLabel": chinese(code.label),
    })
}

fn location(extract: &Extract, division: &str) -> Value {
    json!({ "@id": format!("{}/v1/divisions/{division}", extract.base), "@type": "dct:Location" })
}

/// Describes a public organisation; where the register does not know its division, all of China.
fn organisation(extract: &Extract, code: &str) -> Value {
    let division = extract.snapshot.get("organisation", code).and_then(|entry| entry.division.clone());
    let spatial = match division {
        Some(division) => location(extract, &division),
        None => json!({
            "@id": "http://publications.europa.eu/resource/authority/country/CHN", "@type": "dct:Location",
        }),
    };
    json!({
        "@id": format!("{}/v1/organisations/{code}", extract.base),
        "@type": ["cv:PublicOrganisation", "org:Organization"],
        "dct:identifier": code,
        "skos:prefLabel": chinese(extract.name_of("organisation", code)),
        "dct:spatial": spatial,
    })
}

fn legal_resource(extract: &Extract, key: &str) -> Value {
    json!({
        "@id": format!("{}/v1/legal-instruments/{key}", extract.base),
        "@type": "eli:LegalResource",
        "dct:title": chinese(extract.name_of("legal_instrument", key)),
    })
}

fn cost(of: &ItemRecord<'_>, fee: &str) -> Value {
    let id = part_id(of, &format!("cost-{fee}"));
    json!({
        "@id": id,
        "@type": "cv:Cost",
        "dct:identifier": id,
        "dct:description": chinese(of.extract.name_of("fee", fee)),
        "schema:url": { "@id": format!("{}/v1/fees/{fee}", of.extract.base) },
    })
}

fn contact_point(id: &str, phones: &[Phone]) -> Value {
    let of = |kinds: &[Contact]| -> Vec<&str> {
        phones.iter().filter(|phone| kinds.contains(&phone.kind)).map(|phone| phone.value.as_str()).collect()
    };
    let (telephones, emails) = (of(&[Contact::Phone, Contact::Window]), of(&[Contact::Email]));
    match phones {
        [] => Value::Null,
        _ => json!({ "@id": id, "@type": "cv:ContactPoint", "cv:telephone": telephones, "cv:email": emails }),
    }
}

/// Writes a length of time as XML Schema does. Working days have no form there: they become the calendar days that they take,
/// seven for five.
fn duration(period: Period) -> Value {
    let text = match period.unit {
        Unit::CalendarDay => format!("P{}D", period.value),
        Unit::WorkingDay => format!("P{}D", (period.value * 7).div_ceil(5)),
        Unit::Hour => format!("PT{}H", period.value),
        Unit::Month => format!("P{}M", period.value),
    };
    json!({ "@value": text, "@type": "xsd:duration" })
}
