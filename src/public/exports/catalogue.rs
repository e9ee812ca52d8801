//! `GET /v1/catalog.jsonld`: the register described as a data catalogue (DCAT 3), so that data portals can harvest it.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::{Value, json};

use super::{
    cpsv::{JSON_LD, chinese, context},
    http::{WORKBOOK, WORKBOOK_TYPE, formats},
};
use crate::{
    base::{blocking, config::DataLicence, public_address::public_base},
    model::{kinds::Kind, organisations::Organisation},
    problem::Problem,
    register::catalog::{Catalog, Snapshot, instant},
    web::{
        answer::{self, Version, Written},
        picture::Picture,
        query::Parameters,
    },
};

/// The media types of the files, as IANA lists them.
const IANA: &str = "https://www.iana.org/assignments/media-types/";

/// Answers the description.
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    answer::negotiate(request, &[JSON_LD, answer::JSON])?;
    let picture = Picture::asked(catalog, Parameters::read(request.query_string())).await?;
    let (snapshot, base) = (&picture.snapshot, public_base(request));
    let licence = request.app_data::<Data<DataLicence>>().and_then(|licence| licence.0.as_deref());
    let version = picture.version(Version::of(snapshot)).depending_on(licence).naming(&base);
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, licence) = (snapshot.clone(), licence.map(str::to_owned));
    let text = blocking::run(move || written(&register, &base, licence.as_deref())).await??;
    let answer = Written::text(snapshot, JSON_LD, text).version(version).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

fn written(snapshot: &Snapshot, base: &str, licence: Option<&str>) -> Result<Vec<u8>, Problem> {
    Ok(serde_json::to_vec(&description(snapshot, base, licence)?)?)
}

fn description(snapshot: &Snapshot, base: &str, licence: Option<&str>) -> Result<Value, Problem> {
    let licence = licence.map(|licence| json!({ "@id": licence, "@type": "dct:LicenseDocument" }));
    let own = format!("{base}/v1/catalog.jsonld");
    let first = snapshot.first_change();
    let publisher = publisher(snapshot, base)?;
    let issued = first.map(|change| instant(change.published_at));
    let modified = (snapshot.seq() > 0).then(|| instant(snapshot.at()));
    let date = |text: &Option<String>| text.as_ref().map(|at| json!({ "@value": at, "@type": "xsd:dateTime" }));
    let spatial =
        division(snapshot).map(|code| json!({ "@id": format!("{base}/v1/divisions/{code}"), "@type": "dct:Location" }));
    let datasets: Vec<_> = snapshot
        .kinds()
        .map(|kind| {
            without_nulls(json!({
                "@id": format!("{own}#{}", kind.path),
                "@type": "dcat:Dataset",
                "dct:title": [chinese(kind.chinese), { "@value": kind.english, "@language": "en" }],
                "dct:description": chinese(&format!("登记簿公布的{}：全部现行和暂停的记录，可按条件筛选，可取任一历史时点。", kind.chinese)),
                "dct:publisher": publisher,
                "dct:identifier": kind.path,
                "dct:issued": date(&issued),
                "dct:modified": date(&modified),
                "dct:spatial": spatial,
                "dct:temporal": without_nulls(json!({
                    "@type": "dct:PeriodOfTime", "dcat:startDate": date(&issued), "dcat:endDate": date(&modified),
                })),
                "dct:license": licence,
                "dcat:version": snapshot.seq().to_string(),
                "dcat:landingPage": { "@id": format!("{base}/v1/{}", kind.path), "@type": "foaf:Document" },
                "dct:language": { "@id": "http://publications.europa.eu/resource/authority/language/ZHO", "@type": "dct:LinguisticSystem" },
                "dct:accessRights": { "@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC" },
                "dcat:contactPoint": contact(snapshot),
                "dcat:distribution": distributions(kind, base),
            }))
        })
        .collect();
    Ok(without_nulls(json!({
        "@context": context(),
        "@id": own,
        "@type": "dcat:Catalog",
        "dct:title": [chinese("权责清单和公共服务事项登记簿"), { "@value": "Register of powers, responsibilities and public services", "@language": "en" }],
        "dct:description": chinese("权力清单、责任清单、公共服务事项清单，以及其机构、场所、收费、依据、中介机构和清理结果。"),
        "dct:publisher": publisher,
        "dct:issued": date(&issued),
        "dct:modified": date(&modified),
        "dct:spatial": spatial,
        "dct:license": licence,
        "dct:rights": chinese("行政机关依法主动公开的政府信息。"),
        "foaf:homepage": { "@id": format!("{base}/") },
        "dcat:service": {
            "@id": format!("{base}/v1"),
            "@type": "dcat:DataService",
            "dct:title": chinese("登记簿接口"),
            "dcat:endpointURL": { "@id": format!("{base}/v1") },
            "dcat:endpointDescription": { "@id": format!("{base}/openapi.json") },
        },
        "dcat:dataset": datasets,
    })))
}

/// The files of a kind.
fn distributions(kind: &'static Kind, base: &str) -> Vec<Value> {
    let texts = formats(kind).map(|format| (format.name, format.media_type));
    texts
        .chain([(WORKBOOK, WORKBOOK_TYPE)])
        .map(|(ending, media_type)| {
            let address = format!("{base}/v1/exports/{}.{ending}", kind.path);
            let media_type = media_type.split(';').next().unwrap_or(media_type);
            json!({
                "@id": address,
                "@type": "dcat:Distribution",
                "dct:title": chinese(&format!("{}（{ending}）", kind.chinese)),
                "dcat:downloadURL": { "@id": address },
                "dcat:accessURL": { "@id": address },
                "dcat:mediaType": { "@id": format!("{IANA}{media_type}") },
            })
        })
        .collect()
}

/// The office that began the register.
fn publisher(snapshot: &Snapshot, base: &str) -> Result<Value, Problem> {
    let Some(by) = snapshot.first_change().map(|change| &change.by) else { return Ok(Value::Null) };
    Ok(json!({
        "@id": format!("{base}/v1/organisations/{}", by.code),
        "@type": "foaf:Agent",
        "dct:identifier": by.code,
        "dct:title": chinese(&by.name),
        "foaf:name": chinese(&by.name),
    }))
}

/// How to reach that office, by the register's own record of it.
fn contact(snapshot: &Snapshot) -> Value {
    let known = snapshot.first_change().and_then(|change| {
        let entry = snapshot.get("organisation", &change.by.code)?;
        serde_json::from_str::<Organisation>(&entry.body().ok()??).ok()
    });
    known.map_or(Value::Null, |office| {
        let phones: Vec<_> = office.phones.iter().map(|phone| phone.value.as_str()).collect();
        json!({ "@type": "vcard:Organization", "vcard:fn": office.name, "vcard:hasTelephone": phones, "vcard:street-address": office.address })
    })
}

/// The division of the office that began the register.
fn division(snapshot: &Snapshot) -> Option<String> {
    let office = snapshot.get("organisation", &snapshot.first_change()?.by.code)?;
    office.division.as_deref().map(str::to_owned)
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}
