//! The list of drafts.

use actix_web::HttpResponse;
use serde_json::json;

use super::{
    model::Draft,
    order::Order,
    select::{DraftSelection, DraftsPage, SelectedDrafts, select},
    tasks::Task,
};
use crate::{
    problem::{Problem, Wrong},
    register::catalog::Snapshot,
    search::Query,
    staff::requests::Request,
    values::code_lists::{Action, DraftState},
    web::{
        cursor::{Cursor, Walk},
        page::PageRequest,
        query::{Parameters, words},
        routes::with_next,
    },
};

/// `GET /v1/drafts`
pub async fn list(request: Request) -> Result<HttpResponse, Problem> {
    let walk = Walk::of(request.catalog.cursor_key(), request.http.path(), request.http.query_string());
    let mut parameters = request.parameters();
    let page = PageRequest::from_query(&mut parameters, &walk);
    let selection = DraftSelection::read(&mut parameters, &request.catalog.snapshot());
    let order = parameters.parsed("sort", sort).unwrap_or_default();
    parameters.finish()?;
    let is_none = || Problem::invalid_cursor(Wrong::NotACursor);
    let after = page.cursor.map(|cursor| order.place(&cursor.after).ok_or_else(is_none)).transpose()?;
    let (seq, page) = (request.catalog.peek().seq(), DraftsPage { order, after, limit: page.limit });
    let SelectedDrafts { drafts, total, has_more } =
        request.fetch(move |conn, context| Ok(select(conn, &selection, &context.caller, page)?)).await?;
    let last = drafts.last().filter(|_| has_more);
    let next = last.map(|draft| Cursor { seq, after: order.place_of(draft) }.write(&walk));
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
            imports: parameters.all("import"),
            words: parameters.parsed("q", words).iter().flat_map(Query::texts).map(str::to_owned).collect(),
            mine: parameters.boolean("mine"),
            waiting: tasks(parameters),
        }
    }
}

/// Takes what the reader is to do next.
fn tasks(parameters: &mut Parameters) -> Vec<Task> {
    let given = known(parameters, "waiting", &Task::ALL.map(Task::value));
    Task::ALL.into_iter().filter(|task| given.iter().any(|name| name == task.value())).collect()
}

/// Reads the name of an order.
fn sort(text: &str) -> Result<Order, Wrong> {
    let known = Order::NAMES.into_iter().find(|(name, _)| *name == text);
    known.map(|(_, order)| order).ok_or_else(|| Wrong::NotInCodeList(Order::NAMES.map(|(name, _)| name).join(", ")))
}

/// Takes the values of a filter that has these values alone.
fn known(parameters: &mut Parameters, name: &str, values: &[&str]) -> Vec<String> {
    let given = parameters.all(name);
    for value in given.iter().filter(|value| !values.contains(&value.as_str())) {
        parameters.wrong(name, value, Wrong::NotInCodeList(values.join(", ")));
    }
    given
}
