//! The list of drafts.

use actix_web::HttpResponse;
use serde_json::json;

use super::{
    model::Draft,
    select::{DraftSelection, SelectedDrafts, select},
};
use crate::{
    problem::{Problem, Wrong},
    register::catalog::Snapshot,
    staff::requests::Request,
    values::code_lists::{Action, DraftState},
    web::{
        cursor::{Cursor, Walk},
        page::PageRequest,
        query::Parameters,
        routes::with_next,
    },
};

/// `GET /v1/drafts`
pub async fn list(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let mut parameters = request.parameters();
    let page = PageRequest::from_query(&mut parameters, &walk);
    let selection = DraftSelection::read(&mut parameters, &request.catalog.snapshot());
    parameters.finish()?;
    let (seq, limit, before) = (request.catalog.peek().seq(), page.limit, page.cursor.map(|cursor| cursor.after));
    let SelectedDrafts { drafts, total, has_more } = request
        .fetch(move |conn, context| Ok(select(conn, &selection, &context.caller, before.as_deref(), limit)?))
        .await?;
    let last = drafts.last().filter(|_| has_more);
    let next = last.map(|draft| Cursor { seq, after: draft.id.clone() }.write(&walk));
    let items: Vec<_> = drafts.iter().map(Draft::summary).collect();
    let answer = request.answer(&json!({ "items": items, "next": next, "total": total, "seq": seq }), None)?;
    Ok(with_next(&request.http, answer, next.as_deref()))
}

impl DraftSelection {
    /// Takes the filters of a list.
    fn read(parameters: &mut Parameters, register: &Snapshot) -> Self {
        let kinds: Vec<&str> = register.kinds().map(|kind| kind.name).collect();
        let states: Vec<&str> = DraftState::ALL.iter().map(|state| state.value()).collect();
        let actions: Vec<&str> = Action::ALL.iter().map(|action| action.value()).collect();
        Self {
            states: known(parameters, "state", &states),
            kinds: known(parameters, "kind", &kinds),
            actions: known(parameters, "action", &actions),
            keys: parameters.all("key"),
            organisations: parameters.all("organisation"),
            authors: parameters.all("author"),
        }
    }
}

/// Takes the values of a filter that has these values alone.
fn known(parameters: &mut Parameters, name: &str, values: &[&str]) -> Vec<String> {
    let given = parameters.all(name);
    for value in given.iter().filter(|value| !values.contains(&value.as_str())) {
        parameters.wrong(name, value, Wrong::NotInCodeList(values.join(", ")));
    }
    given
}
