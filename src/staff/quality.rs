//! `GET /v1/quality`: what the rules find in the whole register.

use std::{collections::BTreeMap, ops::Range};

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header};
use chrono::{NaiveDate, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    base::blocking,
    problem::{Code, FieldError, Language, Problem, Rule, Severity, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
        quality::{
            Finding, Mean, Survey, Surveyed,
            inspection::{InspectionGroup, inspection},
            survey::{RuleCount, SurveyFinding, kept, rule_counts, survey},
        },
    },
    staff::{
        identity::Permission,
        requests::{Endpoint, Need, Verb},
    },
    values::{division, local_time},
    web::{
        answer::{self, must_accept_json},
        contract::{Operation, Schemas, query_parameter, repeated_parameter, schema},
        cursor::{Cursor, Walk},
        limits::{Ready, Work},
        page::PageRequest,
        parameters::page_parameters,
        picture::pinned,
        query::Parameters,
        routes::with_next,
    },
};

/// The group of this endpoint.
pub const TAG: (&str, &str) = ("quality", "质量 · Quality of the register");

/// The endpoint.
pub const ENDPOINTS: &[Endpoint] =
    &[Endpoint::new(Verb::Get, "/v1/quality", "quality.read", Need::OneOf(&[Permission::QualityRead]), |request| {
        Box::pin(async move {
            request.must_still_hold().await?;
            get_quality(&request.http, &request.catalog).await
        })
    })];

/// 质量报告: what the rules find in the register, a page of it, with counts and scores. Counts are of the findings that the
/// filters choose; scores are of all items in force of the organisations and divisions that they choose.
#[derive(Serialize, ToSchema)]
pub struct QualityReport {
    /// 检查日期: in China; rules about dates are judged on it.
    #[schema(example = "2026-11-24")]
    pub today: NaiveDate,
    /// 质量评分: the mean over the items in force; null without any.
    #[schema(example = 98.4)]
    pub score: Option<f64>,
    /// 事项数: items in force.
    #[schema(example = 187)]
    pub scored: u64,
    /// 按严重程度
    pub severities: Vec<SeverityCount>,
    /// 按规则: the most frequent first.
    pub rules: Vec<RuleCount>,
    /// 按机构: the lowest score first, those without items last.
    pub organisations: Vec<OrganisationQuality>,
    /// 检查演练: with `profile=inspection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Vec<InspectionGroup>>,
    /// 质量发现: one page.
    pub items: Vec<RecordFinding>,
    /// 下一页游标: null on the last page.
    pub next: Option<String>,
    /// 总数: of all pages.
    #[schema(example = 301)]
    pub total: usize,
    /// 变更序号: the register that is shown.
    #[schema(example = 383)]
    pub seq: Seq,
}

/// 严重程度计数
#[derive(Serialize, ToSchema)]
pub struct SeverityCount {
    /// 严重程度
    pub severity: Severity,
    /// 中文名称
    #[schema(example = "警告")]
    pub label: &'static str,
    /// 发现数
    #[schema(example = 6)]
    pub count: u64,
}

/// 机构质量
#[derive(Serialize, ToSchema)]
pub struct OrganisationQuality {
    /// 统一社会信用代码
    #[schema(example = "11350121003619116B")]
    pub code: String,
    /// 机构名称
    #[schema(example = "闽侯县洋里乡人民政府")]
    pub name: String,
    /// 质量评分: the mean over its items in force; null without any.
    #[schema(example = 98.1)]
    pub score: Option<f64>,
    /// 事项数: its items in force.
    #[schema(example = 105)]
    pub scored: u64,
    /// 错误数
    #[schema(example = 0)]
    pub errors: u64,
    /// 警告数
    #[schema(example = 3)]
    pub warnings: u64,
    /// 建议数
    #[schema(example = 180)]
    pub advice: u64,
}

/// 记录的质量发现
#[derive(Serialize, ToSchema)]
pub struct RecordFinding {
    /// 记录类别
    #[schema(example = "item")]
    pub kind: &'static str,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: String,
    /// 名称
    #[schema(example = "最低生活保障对象审核")]
    pub name: String,
    /// 机构: that it belongs to.
    #[schema(example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 质量发现
    #[serde(flatten)]
    pub finding: Finding,
}

/// `GET /v1/quality`
pub async fn get_quality(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let current = catalog.snapshot();
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    let filters = Filters::from_query(&mut parameters, &current);
    let on = parameters.parsed("on", |text| text.parse().map_err(|_| Wrong::DateForm));
    parameters.finish()?;
    let place = page.cursor.as_ref().map(place_of).transpose()?;
    let snapshot = pinned(catalog, current, page.cursor.as_ref()).await?;
    let (today, start) = place.unwrap_or_else(|| (on.unwrap_or_else(|| local_time(Utc::now()).date()), 0));
    if kept(&snapshot, today).is_some() {
        request.extensions_mut().insert(Ready(Work::Survey));
    }
    let survey = survey(&snapshot, today).await?;
    let end = start.saturating_add(page.limit);
    let (register, language) = (snapshot.clone(), answer::language(request));
    let report = blocking::run_long(move || report(&register, &survey, &filters, language, start..end));
    let mut report = report.await?;
    let next = (end < report.total).then(|| Cursor { seq: snapshot.seq(), after: format!("{today}:{end}") });
    report.next = next.map(|cursor| cursor.write(&walk));
    // The next day may find something else while the seq stays: nothing is kept.
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    answer.insert_header((answer::REGISTRY_SEQ, snapshot.seq_header().clone()));
    let answer = with_next(request, answer.json(&report), report.next.as_deref());
    Ok(answer::unkept(request, answer).await)
}

/// The day at which a walk began and how many findings it has shown.
fn place_of(cursor: &Cursor) -> Result<(NaiveDate, usize), Problem> {
    let parts = cursor.after.split_once(':');
    let read = parts.and_then(|(today, start)| Some((today.parse().ok()?, start.parse().ok()?)));
    read.ok_or_else(|| Problem::invalid_cursor(Wrong::NotACursor))
}

/// Which findings are asked for.
#[derive(Default)]
pub struct Filters {
    rules: Vec<String>,
    organisations: Vec<String>,
    divisions: Vec<String>,
    severities: Vec<Severity>,
    kinds: Vec<String>,
    inspection: bool,
}

impl Filters {
    /// Takes them from the query.
    fn from_query(parameters: &mut Parameters, register: &Snapshot) -> Self {
        let mut each = |name: &str, check: &dyn Fn(&str) -> Result<(), Wrong>| {
            let values = parameters.all(name);
            for value in &values {
                if let Err(wrong) = check(value) {
                    parameters.wrong(name, value, wrong);
                }
            }
            values
        };
        let listed = |known: bool, values: &dyn Fn() -> Vec<&'static str>| match known {
            true => Ok(()),
            false => Err(Wrong::NotInCodeList(values().join(", "))),
        };
        let known = codes();
        let rules = each("rule", &|value| listed(known.contains(&value), &codes));
        let organisations = each("organisation", &|value| match register.get("organisation", value) {
            Some(_) => Ok(()),
            None => Err(Wrong::ReferenceUnknown { kind: "organisation", key: value.to_owned() }),
        });
        let divisions = each("division", &|value| match division::is_prefix(value) {
            true => Ok(()),
            false => Err(Wrong::DivisionUnknown),
        });
        let severity_names = || Severity::ALL.map(Severity::value).to_vec();
        let severities = each("severity", &|value| listed(Severity::of(value).is_some(), &severity_names));
        let kind_names = || register.kinds().map(|kind| kind.name).collect::<Vec<_>>();
        let kinds = each("kind", &|value| listed(kind_names().contains(&value), &kind_names));
        let profile = parameters.parsed("profile", |value| listed(value == "inspection", &|| vec!["inspection"]));
        Self {
            rules,
            organisations,
            divisions,
            severities: severities.iter().filter_map(|value| Severity::of(value)).collect(),
            kinds,
            inspection: profile.is_some(),
        }
    }

    /// Whether a record belongs to the organisations and divisions that are asked for.
    fn choose(&self, record: &Surveyed) -> bool {
        let any = |values: &[String], fits: &dyn Fn(&str) -> bool| values.is_empty() || values.iter().any(|v| fits(v));
        let below = |code: &str| {
            record.entry.division.as_deref().is_some_and(|own| own.starts_with(division::significant(code)))
        };
        any(&self.organisations, &|code| record.organisation() == Some(code)) && any(&self.divisions, &below)
    }

    /// Whether a finding of a chosen record is asked for.
    fn show(&self, record: &Surveyed, found: &FieldError) -> bool {
        let rule = self.rules.is_empty() || self.rules.iter().any(|rule| rule == found.wrong.code());
        let severity = self.severities.is_empty() || self.severities.contains(&found.wrong.severity());
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == record.kind.name);
        rule && severity && kind
    }
}

/// Every code that a finding can have.
fn codes() -> Vec<&'static str> {
    let rules = Rule::ALL.iter().map(|rule| rule.spec().code);
    rules.chain(Wrong::samples().iter().map(Wrong::code)).collect()
}

/// Reports what the filters choose of a survey, with these rows of the findings.
fn report(
    snapshot: &Snapshot,
    survey: &Survey,
    filters: &Filters,
    language: Language,
    rows: Range<usize>,
) -> QualityReport {
    let chosen: Vec<_> = survey.records.iter().filter(|record| filters.choose(record)).collect();
    let found: Vec<_> = chosen
        .iter()
        .flat_map(|record| record.found.iter().map(move |found| (*record, found)))
        .filter(|(record, found)| filters.show(record, found))
        .collect();
    let mut mean = Mean::default();
    chosen.iter().filter_map(|record| record.score()).for_each(|score| mean.add(score));
    let row = |(record, found): &(&Surveyed, &FieldError)| RecordFinding {
        kind: record.kind.name,
        key: record.entry.key.to_string(),
        name: record.entry.indexed.title.clone(),
        organisation: record.organisation().map(str::to_owned),
        finding: Finding::of(found, language),
    };
    QualityReport {
        today: survey.today,
        score: mean.value(),
        scored: mean.count(),
        severities: severities(&found),
        rules: rule_counts(&found, language),
        organisations: organisations(snapshot, &chosen, &found),
        inspection: filters.inspection.then(|| inspection(survey, &chosen)),
        total: found.len(),
        items: found.iter().skip(rows.start).take(rows.len()).map(row).collect(),
        next: None,
        seq: snapshot.seq(),
    }
}

fn severities(found: &[SurveyFinding<'_>]) -> Vec<SeverityCount> {
    let count = |severity| found.iter().filter(|(_, found)| found.wrong.severity() == severity).count() as u64;
    let row = |severity: Severity| SeverityCount { severity, label: severity.label(), count: count(severity) };
    Severity::ALL.into_iter().map(row).collect()
}

fn organisations(snapshot: &Snapshot, chosen: &[&Surveyed], found: &[SurveyFinding<'_>]) -> Vec<OrganisationQuality> {
    let mut means: BTreeMap<&str, (Mean, [u64; 3])> = BTreeMap::new();
    for record in chosen {
        if let (Some(organisation), Some(score)) = (record.organisation(), record.score()) {
            means.entry(organisation).or_default().0.add(score);
        }
    }
    for (record, found) in found {
        if let Some(organisation) = record.organisation() {
            let (_, counts) = means.entry(organisation).or_default();
            counts[found.wrong.severity() as usize] += 1;
        }
    }
    let name = |code: &str| {
        let known = snapshot.get("organisation", code).or_else(|| snapshot.get("intermediary", code));
        known.map(|entry| entry.indexed.title.clone()).unwrap_or_default()
    };
    let row = |(code, (mean, [errors, warnings, advice])): (&str, (Mean, [u64; 3]))| OrganisationQuality {
        code: code.to_owned(),
        name: name(code),
        score: mean.value(),
        scored: mean.count(),
        errors,
        warnings,
        advice,
    };
    let mut rows: Vec<_> = means.into_iter().map(row).collect();
    let rank = |row: &OrganisationQuality| row.score.unwrap_or(f64::INFINITY);
    rows.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then_with(|| a.code.cmp(&b.code)));
    rows
}

/// Describes the endpoint for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<QualityReport>();
    let text = || json!({ "type": "string" });
    let severity = json!({ "type": "string", "enum": Severity::ALL.map(Severity::value) });
    let profile = json!({ "type": "string", "enum": ["inspection"] });
    let describe = |endpoint: &Endpoint| {
        endpoint
            .operation(TAG.0, schema("QualityReport"))
            .says(
                "质量报告 · Quality",
                "Every rule over the whole register: findings a page at a time, the worst of each record first, with counts by \
                 rule, organisation and severity, and scores. Of an item in force: 100, less 10 for each error, 3 for each \
                 warning and 1 for each advice, not below 0; of the register and of an organisation the mean. \
                 `profile=inspection` adds a rehearsal of the national check of service platforms.",
            )
            .takes([
                repeated_parameter("rule", "规则 · By rule.", text(), "material-vague"),
                repeated_parameter("organisation", "机构 · By the organisation it belongs to.", text(), "11350121003619116B"),
                repeated_parameter("division", "行政区划 · By division, or the beginning of its code.", text(), "350121"),
                repeated_parameter("severity", "严重程度 · By severity.", severity.clone(), "warning"),
                repeated_parameter("kind", "记录类别 · By kind of record.", text(), "item"),
                query_parameter(
                    "on",
                    "检查日期 · Judged as on this day; today in China unless given.",
                    json!({ "type": "string", "format": "date" }),
                    "2026-11-24",
                ),
                query_parameter("profile", "检查演练 · Adds the rehearsal.", profile.clone(), "inspection"),
            ])
            .takes(page_parameters())
            .refuses(&[Code::InvalidCursor])
    };
    ENDPOINTS.iter().map(describe).collect()
}
