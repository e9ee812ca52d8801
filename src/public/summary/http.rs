//! `GET /v1/summary`, with `year` the figures of a year.

use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use chrono::{DateTime, Datelike, Utc};
use serde_json::json;

use super::{
    counts::{Summary, summary},
    year::{YearFigures, beginning_of, figures, last_day_of},
};
use crate::{
    base::{blocking, turns::Places},
    problem::{Code, Problem, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        quality::survey::survey,
    },
    values::local_time,
    web::{
        answer::{Version, Written, must_accept_json},
        contract::{Operation, Schemas, query_parameter, schema},
        endpoint::{Endpoint, operations},
        limits::{Ready, Work},
        parameters::as_of_parameter,
        picture::{Picture, take_as_of},
        query::Parameters,
        rendered,
    },
};

/// How long a request waits for its turn to count.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first year that can be asked for.
const FIRST: i32 = 1949;

/// The summary of the register.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/v1/summary", &get).promises(&[describe_summary])];

async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    must_accept_json(request)?;
    let (picture, year) = asked(catalog, Parameters::read(request.query_string()), Utc::now()).await?;
    let snapshot = &picture.snapshot;
    let version = picture.version(Version::of(snapshot));
    let version = year.map_or(version, |year| version.depending_on(year));
    if let Some(unchanged) = picture.known(request, version) {
        request.extensions_mut().insert(Ready(Work::Survey));
        return Ok(unchanged);
    }
    let is_made = Cell::new(false);
    let written = async {
        is_made.set(true);
        let disclosure = match year {
            Some(year) => Some(disclosure(snapshot, year).await?),
            None => None,
        };
        let counted: Summary = summary(snapshot).ok_or(Code::NotFound)?;
        Ok(Written::json(snapshot, &Summary { disclosure, ..counted })?.version(version))
    };
    let answer = match year {
        Some(_) => rendered::kept(request, "summary", "", version, written).await?,
        None => written.await?,
    };
    if !is_made.get() {
        request.extensions_mut().insert(Ready(Work::Survey));
    }
    Ok(answer.cached(picture.caching()).answer(request, snapshot))
}

/// The register at the end of the `year` that is asked for, if one is, and the year. With `as_of`, what was known of that year
/// then.
async fn asked(
    catalog: &Catalog,
    mut parameters: Parameters,
    now: DateTime<Utc>,
) -> Result<(Picture, Option<i32>), Problem> {
    let current = catalog.snapshot();
    let year = parameters.parsed("year", |text| {
        let year: i32 = text.parse().map_err(|_| Wrong::WrongType("integer".into()))?;
        let known = FIRST..=year_of(now);
        known.contains(&year).then_some(year).ok_or_else(|| Wrong::OutOfRange(format!("{FIRST}–{}", year_of(now))))
    });
    let as_of = take_as_of(&mut parameters, &current);
    parameters.finish()?;
    let end = year.filter(|year| *year < year_of(now)).map(|year| current.seq_before(beginning_of(year + 1)));
    let until = [end, as_of].into_iter().flatten().min();
    Ok((Picture::of(catalog, current, None, until).await?, year))
}

/// The year in China in which an instant lies.
fn year_of(at: DateTime<Utc>) -> i32 {
    local_time(at).year()
}

/// The figures of a year, counted on a thread that may take its time: every item is read. One at a time, whoever waits for them; 503
/// when others are counted for so long that this one would wait.
async fn disclosure(register: &Arc<Snapshot>, year: i32) -> Result<YearFigures, Problem> {
    static COUNTING: LazyLock<Places> = LazyLock::new(|| Places::new(1));
    let survey = survey(register, last_day_of(year)).await?;
    let register = register.clone();
    blocking::run_in(&COUNTING, PATIENCE, move || figures(&register, &survey, year)).await?
}

/// Describes the endpoint for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<Summary>();
    operations(ENDPOINTS).collect()
}

fn describe_summary(path: &str) -> Operation {
    Operation::json("get_summary", "register", path, schema("Summary"))
        .says(
            "概况 · Summary",
            "Counts of the items in force or suspended by list, category, organisation, audience, charge, initiation and theme; of \
             all by status; and of every other kind. With `year` all of this at the end of that year in China, and under \
             `disclosure` the figures of the yearly report on disclosure (政府信息公开工作年度报告): what was published in the year \
             and in all by its end, by kind of change, kind of record, list and channel; what was done on which documents; which \
             items have a chart, a guide or online handling since that year; how the items on application are handled (at once, \
             online in full 全程网办率, with at most one visit 最多跑一次率), their mean papers and limits, and by how much promises \
             are shorter than the law allows; fees by kind, intermediary services, clean-up rounds, and what the rules of quality \
             find. Each figure says in its schema what is counted. They are counted from the lines of the log alone, so that \
             anybody can count them again from `/v1/changes`, and the same `year`, or the same `as_of`, always has the same answer, \
             but for erasures, and for the rules of quality, which are those of the software that answers. What the register \
             does not record, such as consultations and corrections asked for by readers, is not told.",
        )
        .takes([
            query_parameter(
                "year",
                "年度 · The year of China that is reported on, 1949 to the current one. A year that has not ended is counted so far.",
                json!({ "type": "integer", "minimum": 1949 }),
                "2017",
            ),
            as_of_parameter(),
        ])
}
