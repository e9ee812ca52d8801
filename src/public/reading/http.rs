//! Handlers that every kind of record has: one record, lists, revisions, comparisons.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{list::list, request::ListRequest};
use crate::{
    base::blocking,
    model::kinds::Kind,
    problem::{Code, Problem},
    register::catalog::{Catalog, Snapshot},
    web::{
        answer::{self, Caching, Version, Written, must_accept_json},
        cursor::Walk,
        one::{TwoRevisions, comparison, must_not_be_erased, revision, revision_row},
        page::{PageRequest, Rows},
        picture::{Picture, take_as_of},
        query::Parameters,
        routes::{ReadError, named, part, revision_number, with_next},
    },
};

/// Answers a record: the bytes that are ready, or with a query the record as it was.
pub async fn get_record(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    if !request.query_string().is_empty() {
        return get_earlier_record(kind, request, catalog).await;
    }
    let snapshot = catalog.peek();
    let entry = named(kind, request, &snapshot)?;
    must_not_be_erased(entry)?;
    Ok(answer::prepared(request, &snapshot, &entry.answer))
}

/// Answers a record as the register showed it at `as_of`.
async fn get_earlier_record(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    let parameters = Parameters::read(request.query_string());
    let picture = Picture::of_record(catalog, kind, &part(request, "key")?, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = named(kind, request, snapshot)?;
    must_not_be_erased(entry)?;
    let answer = Written::text(snapshot, answer::JSON, entry.answer.plain().clone());
    let answer = answer.version(picture.version(Version::shown(entry))).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

/// Answers a page of a list.
pub async fn get_list(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let current = catalog.snapshot();
    let asked = ListRequest::read(kind, request.query_string(), &walk, &current)?;
    let picture = Picture::of(catalog, current, asked.cursor.as_ref(), asked.as_of).await?;
    let snapshot = &picture.snapshot;
    let version = picture.version(Version::of(snapshot));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, is_ready) = (snapshot.clone(), asked.is_ready());
    let write = move || {
        let shelf = register.shelf(kind.name).ok_or(Code::NotFound)?;
        list(&register, shelf, &asked, &walk)
    };
    let page = if is_ready { write()? } else { blocking::run(write).await?? };
    let answer = Written::text(snapshot, answer::JSON, page.json).version(version).cached(picture.caching());
    let answer = answer.answer(request, snapshot);
    Ok(with_next(request, answer, page.next.as_deref()))
}

/// Answers a page of rows that are no records.
pub fn rows<T: Serialize>(
    request: &HttpRequest,
    snapshot: &Snapshot,
    rows: &Rows<T>,
    (version, caching): (Version, Caching),
) -> Result<HttpResponse, Problem> {
    let answer = Written::json(snapshot, rows)?.version(version).cached(caching).answer(request, snapshot);
    Ok(with_next(request, answer, rows.next()))
}

/// Answers a page of the revisions of a record.
pub async fn get_revisions(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    let walk = Walk::of(catalog.cursor_key(), request.path(), request.query_string());
    let mut parameters = Parameters::read(request.query_string());
    let page = PageRequest::from_query(&mut parameters, &walk);
    let current = catalog.snapshot();
    let as_of = take_as_of(&mut parameters, &current);
    parameters.finish()?;
    let picture = Picture::of(catalog, current, page.cursor.as_ref(), as_of).await?;
    let snapshot = &picture.snapshot;
    let entry = named(kind, request, snapshot)?;
    let page = page.of(entry.revisions.iter().collect(), &walk, snapshot.seq())?;
    let page = page.map(|revision| revision_row(kind, entry, revision));
    Ok(rows(request, snapshot, &page, (picture.version(Version::of(snapshot)), picture.caching()))?)
}

/// Answers one revision of a record.
pub async fn get_revision(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    let number = revision_number(&part(request, "n")?)?;
    let picture = Picture::asked(catalog, Parameters::read(request.query_string())).await?;
    let snapshot = &picture.snapshot;
    let entry = named(kind, request, snapshot)?;
    let text = revision(kind, entry, number)?;
    let published = entry.revision(number).map(|revision| (revision.change.seq, revision.change.published_at));
    let (seq, at) = published.unwrap_or((snapshot.seq(), snapshot.at()));
    let version = picture.version(Version::altered(seq, at));
    let answer = Written::text(snapshot, answer::JSON, text).version(version).cached(picture.caching());
    Ok(answer.answer(request, snapshot))
}

/// Answers how two revisions of a record differ.
pub async fn get_comparison(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, ReadError> {
    must_accept_json(request)?;
    let mut parameters = Parameters::read(request.query_string());
    let two = TwoRevisions::from_query(&mut parameters);
    let picture = Picture::asked(catalog, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = named(kind, request, snapshot)?;
    let version = picture.version(Version::of(snapshot));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let (register, entry) = (snapshot.clone(), entry.clone());
    let compare = move || {
        let (from, to) = two.of(&entry);
        Written::json(&register, &comparison(kind, &entry, from, to)?)
    };
    let answer = blocking::run(compare).await??;
    Ok(answer.version(version).cached(picture.caching()).answer(request, snapshot))
}
