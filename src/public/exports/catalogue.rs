//! `GET /v1/catalog.jsonld`: the register described as a data catalogue (DCAT 3), so that data portals can harvest it.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    cpsv::{CHINESE, JSON_LD, chinese, context},
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
    let text = blocking::run(move || Description::of(&register, &base, licence.as_deref()).text()).await??;
    let answer = Written::text(snapshot, JSON_LD, text).version(version).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

/// Statements that stand in several nodes of the description.
struct Description<'a> {
    snapshot: &'a Snapshot,
    base: &'a str,
    licence: Value,
    publisher: Value,
    issued: Value,
    modified: Value,
    spatial: Value,
}

impl<'a> Description<'a> {
    fn of(snapshot: &'a Snapshot, base: &'a str, licence: Option<&str>) -> Self {
        let issued = snapshot.first_change().map(|change| date_time(change.published_at));
        let modified = (snapshot.seq() > 0).then(|| date_time(snapshot.at()));
        let spatial = division(snapshot)
            .map(|code| json!({ "@id": format!("{base}/v1/divisions/{code}"), "@type": "dct:Location" }));
        Self {
            snapshot,
            base,
            licence: licence.map(|licence| json!({ "@id": licence, "@type": "dct:LicenseDocument" })).into(),
            publisher: publisher(snapshot, base),
            issued: issued.into(),
            modified: modified.into(),
            spatial: spatial.into(),
        }
    }

    fn text(&self) -> Result<Vec<u8>, Problem> {
        Ok(serde_json::to_vec(&self.catalogue())?)
    }

    /// Returns the address of the catalogue.
    fn own(&self) -> String {
        format!("{}/v1/catalog.jsonld", self.base)
    }

    fn catalogue(&self) -> Value {
        let base = self.base;
        without_nulls(json!({
            "@context": context(),
            "@id": self.own(),
            "@type": "dcat:Catalog",
            "dct:title": titles("权责清单和公共服务事项登记簿", "Register of powers, responsibilities and public services"),
            "dct:description": chinese("权力清单、责任清单、公共服务事项清单，以及其机构、场所、收费、依据、中介机构和清理结果。"),
            "dct:publisher": self.publisher,
            "dct:issued": self.issued,
            "dct:modified": self.modified,
            "dct:spatial": self.spatial,
            "dct:license": self.licence,
            "dct:rights": chinese("行政机关依法主动公开的政府信息。"),
            "foaf:homepage": { "@id": format!("{base}/") },
            "dcat:service": {
                "@id": format!("{base}/v1"),
                "@type": "dcat:DataService",
                "dct:title": chinese("登记簿接口"),
                "dcat:endpointURL": { "@id": format!("{base}/v1") },
                "dcat:endpointDescription": { "@id": format!("{base}/openapi.json") },
            },
            "dcat:dataset": self.snapshot.kinds().map(|kind| self.dataset(kind)).collect::<Vec<_>>(),
        }))
    }

    /// Describes the records of a kind.
    fn dataset(&self, kind: &'static Kind) -> Value {
        let about = format!("登记簿公布的{}：全部现行和暂停的记录，可按条件筛选，可取任一历史时点。", kind.chinese);
        without_nulls(json!({
            "@id": format!("{}#{}", self.own(), kind.path),
            "@type": "dcat:Dataset",
            "dct:title": titles(kind.chinese, kind.english),
            "dct:description": chinese(&about),
            "dct:publisher": self.publisher,
            "dct:identifier": kind.path,
            "dct:issued": self.issued,
            "dct:modified": self.modified,
            "dct:spatial": self.spatial,
            "dct:temporal": without_nulls(json!({
                "@type": "dct:PeriodOfTime", "dcat:startDate": self.issued, "dcat:endDate": self.modified,
            })),
            "dct:license": self.licence,
            "dcat:version": self.snapshot.seq().to_string(),
            "dcat:landingPage": { "@id": format!("{}/v1/{}", self.base, kind.path), "@type": "foaf:Document" },
            "dct:language": { "@id": CHINESE, "@type": "dct:LinguisticSystem" },
            "dct:accessRights": { "@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC" },
            "dcat:contactPoint": contact(self.snapshot),
            "dcat:distribution": distributions(kind, self.base),
        }))
    }
}

fn titles(chinese_title: &str, english: &str) -> Value {
    json!([chinese(chinese_title), { "@value": english, "@language": "en" }])
}

fn date_time(at: DateTime<Utc>) -> Value {
    json!({ "@value": instant(at), "@type": "xsd:dateTime" })
}

/// Describes the files of a kind.
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

/// Describes the office that began the register.
fn publisher(snapshot: &Snapshot, base: &str) -> Value {
    let Some(by) = snapshot.first_change().map(|change| &change.by) else { return Value::Null };
    json!({
        "@id": format!("{base}/v1/organisations/{}", by.code),
        "@type": "foaf:Agent",
        "dct:identifier": by.code,
        "dct:title": chinese(&by.name),
        "foaf:name": chinese(&by.name),
    })
}

/// Says how to reach that office, by the register's own record of it.
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

/// Returns the division of the office that began the register.
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
