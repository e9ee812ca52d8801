//! CPSV-AP 3.2 (the application profile of the Core Public Service Vocabulary) as JSON-LD: one graph in which every item is a
//! public service. What several items name (organisations, legal resources, concepts) is described at each, in the same
//! words: in a graph that is once.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::{
    extract::{Extract, Format},
    printed::item,
};
use crate::{
    model::items::Item,
    register::catalog::Entry,
    values::{
        Period, Phone, Unit,
        code_lists::{Audience, Category, Channel, Code, CodeList, Contact, Status, System, Theme},
    },
};

/// The media type of JSON-LD.
pub const JSON_LD: &str = "application/ld+json";
/// Chinese, by the authority table of the European Union.
const CHINESE: &str = "http://publications.europa.eu/resource/authority/language/ZHO";

/// CPSV-AP.
pub const GRAPH: Format = Format {
    name: "jsonld",
    media_type: JSON_LD,
    variant: "-cpsv",
    begin: |_, out| Ok(write!(out, "{{\"@context\":{},\"@graph\":[", context())?),
    record: |extract, place, entry, out| {
        let comma = if place > 0 { "," } else { "" };
        Ok(write!(out, "{comma}\n{}", service(extract, entry, &item(entry)?))?)
    },
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

/// A text of the register.
pub fn chinese(text: &str) -> Value {
    json!({ "@value": text, "@language": "zh-CN" })
}

fn dataset_id(extract: &Extract) -> String {
    format!("{}/v1/catalog.jsonld#{}", extract.base, extract.kind.path)
}

/// The register's items as the data set that the services are part of.
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

/// The office that began the register.
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

/// How many services the graph holds, and of which state of the register.
fn counted(extract: &Extract) -> Value {
    json!({
        "@id": format!("{}/v1/exports/{}.jsonld", extract.base, extract.kind.path),
        "@type": "void:Dataset",
        "void:entities": extract.count(),
        "schema:version": extract.seq().to_string(),
    })
}

fn service(extract: &Extract, entry: &Entry, item: &Item) -> Value {
    let own = format!("{}/v1/items/{}", extract.base, item.code);
    let part = |name: &str| format!("{own}#{name}");
    let mut node = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            node.insert(name.into(), value);
        }
    };
    put("@id", own.clone().into());
    put("@type", "cpsv:PublicService".into());
    put("dct:identifier", item.code.to_string().into());
    put("dct:title", chinese(&item.name));
    put("dct:description", chinese(item.summary.as_deref().unwrap_or(&item.name)));
    put("dcat:keyword", item.aliases.iter().chain(&item.keywords).map(|word| chinese(word)).collect());
    put("adms:status", concept(extract, &Status::LIST, entry.status.code()));
    put("dct:type", json!([concept(extract, &Category::LIST, item.category.code())]));
    let audience = item.audience.iter().map(|one| concept(extract, &Audience::LIST, one.code()));
    put("dct:audience", audience.collect());
    let themes = item.themes.iter().map(|theme| concept(extract, &Theme::LIST, theme.code.code()));
    put("cv:thematicArea", themes.collect());
    put("cv:sector", json!([concept(extract, &System::LIST, item.system.code())]));
    put("dct:language", json!({ "@id": CHINESE, "@type": "dct:LinguisticSystem" }));
    put("cv:hasCompetentAuthority", organisation(extract, item.organisation.as_str()));
    if let Some(division) = &entry.division {
        put("dct:spatial", location(extract, division));
    }
    put("cv:processingTime", item.promised_limit.or(item.legal_limit).map_or(Value::Null, duration));
    let instruments = item.legal_bases.iter().map(|basis| legal_resource(extract, basis.instrument.as_str()));
    put("cv:hasLegalResource", instruments.collect());
    let requirements = item
        .conditions
        .iter()
        .map(|condition| named(&part(&format!("condition-{}", condition.seq)), "cv:Requirement", &condition.text));
    put("cv:holdsRequirement", requirements.collect());
    let evidence = item.materials.iter().map(|material| {
        let mut node = named(&part(&format!("material-{}", material.seq)), "cv:Evidence", &material.name);
        if let Some(requirement) = &material.requirement {
            node["dct:description"] = chinese(requirement);
        }
        node
    });
    put("cpsv:hasInput", evidence.collect());
    let outputs =
        item.results.iter().map(|result| named(&part(&format!("result-{}", result.seq)), "cv:Output", &result.name));
    put("cpsv:produces", outputs.collect());
    let costs = item.fees.iter().map(|fee| cost(extract, &part(&format!("cost-{fee}")), fee.as_str()));
    put("cv:hasCost", costs.collect());
    let channels = item.channels.iter().map(|channel| {
        let id = part(&format!("channel-{}", channel.value()));
        json!({
            "@id": id,
            "@type": "cv:Channel",
            "dct:identifier": id,
            "dct:description": chinese(channel.label()),
            "dct:type": concept(extract, &Channel::LIST, channel.code()),
            "cv:ownedBy": organisation(extract, item.organisation.as_str()),
        })
    });
    put("cv:hasChannel", channels.collect());
    put("cv:contactPoint", contact_point(&part("contact"), &item.consultation));
    let related = item.relations.iter().map(|relation| relation.item.as_str()).filter(|key| is_among(extract, key));
    put("cv:relatedService", related.map(|key| json!({ "@id": format!("{}/v1/items/{key}", extract.base) })).collect());
    let required = item.prerequisites.iter().filter_map(|one| one.item.as_ref()).map(|key| key.as_str());
    let required = required.filter(|key| is_among(extract, key));
    put("dct:requires", required.map(|key| json!({ "@id": format!("{}/v1/items/{key}", extract.base) })).collect());
    put("dct:isPartOf", json!({ "@id": dataset_id(extract) }));
    Value::Object(node)
}

/// Whether the graph holds the item: only then is it told to be a service.
fn is_among(extract: &Extract, key: &str) -> bool {
    extract.entries.binary_search_by(|entry| (*entry.key).cmp(key)).is_ok()
}

fn named(id: &str, class: &str, name: &str) -> Value {
    json!({ "@id": id, "@type": class, "dct:identifier": id, "dct:title": chinese(name) })
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

/// A public organisation; where the register does not know its division, all of China.
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

fn cost(extract: &Extract, id: &str, fee: &str) -> Value {
    json!({
        "@id": id,
        "@type": "cv:Cost",
        "dct:identifier": id,
        "dct:description": chinese(extract.name_of("fee", fee)),
        "schema:url": { "@id": format!("{}/v1/fees/{fee}", extract.base) },
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

/// A length of time as XML Schema writes it. Working days have no form there: they are told as the calendar days that they
/// take, seven for five.
pub fn duration(period: Period) -> Value {
    let text = match period.unit {
        Unit::CalendarDay => format!("P{}D", period.value),
        Unit::WorkingDay => format!("P{}D", (period.value * 7).div_ceil(5)),
        Unit::Hour => format!("PT{}H", period.value),
        Unit::Month => format!("P{}M", period.value),
    };
    json!({ "@value": text, "@type": "xsd:duration" })
}
