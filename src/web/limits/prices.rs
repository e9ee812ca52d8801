//! Prices of answers: the one table of them, and which line of it a request is.

use std::borrow::Cow;

use actix_web::http::Method;
use percent_encoding::percent_decode_str;

/// The work that a request asks for, as its address says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Requests of those who watch over the service: without limit.
    Watching,
    /// An attempt to sign in: has a limit of its own.
    SignIn,
    /// One record, or what stands ready as it is sent: one revision, a code list, a tile of the log.
    Record,
    /// A page of a list, a page for people, and whatever is not told apart below.
    Page,
    /// A request of staff to the staff part itself: drafts, accounts, imports, the trail. It shows no earlier state.
    Desk,
    /// A page of the audit trail.
    Trail,
    /// A page of the audit trail for which every fitting line is looked at to count them: by outcome, by division or between two times.
    Tally,
    /// A search by words.
    Search,
    /// A chart, a guide, a poster or a QR code, in whatever notation.
    Drawing,
    /// A chart in pixels.
    Picture,
    /// A picture in pixels that is larger than usual.
    LargePicture,
    /// A page of the feed.
    Feed,
    /// The register as it was at an earlier moment.
    PastState,
    /// Work that looks at many records: the report of quality, a booklet, a sitemap, the check, preview, submission or publication of
    /// drafts, a transfer, a step of many drafts.
    Survey,
    /// Work that writes a whole register, or reads one: an export, an import.
    Export,
    /// An export as a workbook, which is written whole before it is sent.
    Workbook,
    /// Every rule asked of every record once more: the figures of a year, the report of quality on a day that is named. What stands
    /// ready of them costs like [`Work::Survey`].
    Figures,
}

/// The work that a request asks for, and whether an earlier state has to be found for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedWork {
    /// The work that it takes: the dearest of what its path and its query ask for.
    pub work: Work,
    /// Whether a register of an earlier moment has to be found before anything is known of the answer: also whether it is unchanged.
    pub of_then: bool,
    /// The price of the rows of a list beside that, in requests for one record: whole bodies are read for them, or searched.
    pub rows: u64,
}

/// Rows of a list for which so many requests for one record count, where `fields` or the responsibility list asks for whole bodies.
const WHOLE: u64 = 25;
/// Rows of a search that cost one more where what was found is highlighted.
const HIGHLIGHTED: u64 = 10;
/// Rows of a page at most, and usually.
const MOST_ROWS: u64 = 200;
const USUAL_ROWS: u64 = 20;

/// Drafts of one request for which it is paid once more: a step of one takes a fraction of a survey.
const PAID_DRAFTS: usize = 25;

/// Price of a token that does not hold: anybody can send one, and each is checked.
pub const BAD_TOKEN: u64 = 10;

impl Work {
    /// The table of prices, in requests for one record: dear is what takes long on a large register, and nobody who reads as people do
    /// comes near the limit.
    pub const fn price(self) -> u64 {
        match self {
            Self::Watching => 0,
            Self::SignIn | Self::Record => 1,
            Self::Page | Self::Desk | Self::Trail => 2,
            Self::Search | Self::Drawing | Self::Feed => 5,
            Self::Picture | Self::Tally => 10,
            Self::LargePicture | Self::PastState | Self::Survey => 20,
            Self::Export => 100,
            Self::Workbook | Self::Figures => 300,
        }
    }

    /// The price of those of so many drafts of one request for which its address has not paid.
    pub const fn price_of_more(drafts: usize) -> u64 {
        let more = drafts.saturating_sub(1) / PAID_DRAFTS;
        Self::Survey.price().saturating_mul(more as u64)
    }

    fn at(method: &Method, path: &str) -> Self {
        let mut parts = path.split('/').skip(1);
        let parts: [&str; 4] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        match parts {
            ["health", "live" | "ready", "", _] => Self::Watching,
            ["v1", "sessions", ..] | ["v1", "oauth", "token", _] if *method == Method::POST => Self::SignIn,
            ["v1", "exports", file, _] if file.ends_with(".xlsx") => Self::Workbook,
            ["v1", "exports", ..] => Self::Export,
            ["v1", "imports", ..] if *method == Method::POST => Self::Export,
            ["v1", "imports", "template.xlsx", _] | ["v1", "imports", _, "report.xlsx"] => Self::Survey,
            ["v1", "quality", ..] | ["sitemap.xml" | "sitemaps", ..] | ["organisations", _, "booklet", _] => {
                Self::Survey
            }
            ["v1", "changes" | "changes.atom", ..] => Self::Feed,
            ["v1", "charts", ..] => Self::Drawing,
            ["v1", _, _, "chart.png"] => Self::Picture,
            ["v1", "drafts", _, "check" | "submit" | "preview" | "publish"]
            | [
                "v1",
                "publications" | "transfers" | "submissions" | "reviews" | "returns" | "withdrawals" | "discards",
                ..,
            ] => Self::Survey,
            ["v1", _, _, part] if DRAWN.contains(&part) => Self::Drawing,
            ["v1", "audit", "", _] => Self::Trail,
            ["v1", "sessions" | "me" | "users" | "clients" | "drafts" | "webhooks" | "imports" | "audit", ..] => {
                Self::Desk
            }
            // One record, code list, division, schema or file, one of its revisions, or a piece of the log.
            ["v1", _, key, "" | "revisions"] if !key.is_empty() => Self::Record,
            // Entries are written for each request; hashes stand ready.
            ["v1", "log", "tile", "entries"] => Self::Feed,
            ["v1", "log", "tile", _]
            | ["docs" | "problems", ..]
            | ["openapi.json" | "robots.txt" | ".well-known", ..] => Self::Record,
            _ => Self::Page,
        }
    }
}

impl RequestedWork {
    /// A request to the address of the metrics, at which there is nothing else.
    pub const METRICS: Self = Self { work: Work::Watching, of_then: false, rows: 0 };

    /// Reads from the address of a request what it asks for.
    pub fn of(method: &Method, path: &str, query: &str) -> Self {
        let by_path = match path.contains('%') {
            // The router decodes paths.
            true => Work::at(method, &percent_decode_str(path).decode_utf8_lossy()),
            false => Work::at(method, path),
        };
        let asked = Self { work: by_path, of_then: false, rows: 0 };
        if query.is_empty() || matches!(by_path, Work::Watching | Work::SignIn) {
            return asked;
        }
        let asked = query.split('&').fold(asked, Self::and);
        // A list; what is dearer by itself is no list.
        match by_path == Work::Page && matches!(asked.work, Work::Page | Work::Search | Work::PastState) {
            true => Self { rows: Rows::of(path, query).price(), ..asked },
            false => asked,
        }
    }

    /// The price, in requests for one record.
    pub const fn price(self) -> u64 {
        self.work.price() + self.rows
    }

    /// Goes on in a state of the register that is not at hand any more.
    pub fn in_a_state_to_be_made(self) -> Self {
        let work = match self.work {
            Work::Survey => Work::Figures,
            work if work.price() < Work::PastState.price() => Work::PastState,
            work => work,
        };
        Self { work, ..self }
    }

    /// Adds what one more parameter of the query asks for.
    fn and(self, pair: &str) -> Self {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name);
        let (work, of_then) = match &*name {
            _ if value.is_empty() => return self,
            "as_of" => (Work::PastState, true),
            // A walk goes on in the register in which it began.
            "cursor" => (self.work, !matches!(self.work, Work::Desk | Work::Trail | Work::Tally)),
            "outcome" | "division" | "since" | "until" if self.work == Work::Trail => (Work::Tally, false),
            // The rules are asked of every record once more for a day that nobody asked for lately.
            "on" if self.work == Work::Survey => (Work::Figures, false),
            "q" => (Work::Search, false),
            // Only pictures have one; they take as much more as they are larger.
            "scale" => (if is_large(value) { Work::LargePicture } else { Work::Picture }, false),
            // The end of a year that is over is an earlier moment.
            "year" => (Work::Figures, true),
            _ => return self,
        };
        let work = if work.price() > self.work.price() { work } else { self.work };
        Self { work, of_then: self.of_then || of_then, ..self }
    }
}

/// The demands of a query on the rows of a list.
#[derive(Default)]
struct Rows {
    limit: Option<u64>,
    are_named: bool,
    are_whole: bool,
    is_search: bool,
    are_highlighted: bool,
}

impl Rows {
    fn of(path: &str, query: &str) -> Self {
        // Pages for people highlight whatever they find.
        let usual = Self { are_highlighted: !path.starts_with("/v1/"), ..Self::default() };
        query.split('&').fold(usual, Self::and)
    }

    fn and(self, pair: &str) -> Self {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        match &*decoded(name) {
            _ if value.trim().is_empty() => self,
            // A limit that is no number is refused later.
            "limit" => Self { limit: self.limit.max(value.trim().parse().ok()), ..self },
            "code" => Self { are_named: true, ..self },
            "fields" => Self { are_whole: true, ..self },
            "list" if value.contains("responsibility") => Self { are_whole: true, ..self },
            "q" => Self { is_search: true, ..self },
            "highlight" if value.trim() != "false" => Self { are_highlighted: true, ..self },
            _ => self,
        }
    }

    fn price(&self) -> u64 {
        let usual = if self.are_named { MOST_ROWS } else { USUAL_ROWS };
        let rows = self.limit.unwrap_or(usual).min(MOST_ROWS);
        let whole = if self.are_whole { rows.div_ceil(WHOLE) } else { 0 };
        let highlighted = if self.is_search && self.are_highlighted { rows.div_ceil(HIGHLIGHTED) } else { 0 };
        whole + highlighted
    }
}

/// A name or value as whoever answers reads it.
fn decoded(text: &str) -> Cow<'_, str> {
    match text.contains(['%', '+']) {
        true => percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned().into(),
        false => text.into(),
    }
}

/// Whether a picture of this scale is larger than usual.
fn is_large(scale: &str) -> bool {
    decoded(scale).trim().parse::<f64>().is_ok_and(|scale| scale > USUAL_SCALE)
}

/// The scale of pictures that are asked for without one.
const USUAL_SCALE: f64 = 2.0;

/// The last parts of addresses below a record where something is drawn.
const DRAWN: [&str; 8] = ["chart", "chart.svg", "chart.mmd", "chart.bpmn", "compare.svg", "guide", "poster", "qr.svg"];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> RequestedWork {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        RequestedWork::of(&Method::GET, path, query)
    }

    #[test]
    fn each_address_costs_what_its_answer_takes() {
        let cases = [
            (Work::Record, vec!["/v1/items/1135", "/v1/items/1135/revisions/2", "/v1/log/tile/0/000", "/openapi.json"]),
            (Work::Record, vec!["/v1/code-lists/themes", "/v1/schemas/item.json", "/docs/", "/v1/items/1135?fields=a"]),
            (
                Work::Page,
                vec!["/", "/v1/items", "/v1/items?limit=200", "/v1/items/1135/compare?from=1", "/lists/power"],
            ),
            (Work::Page, vec!["/nothing", "/v1/items?q="]),
            (
                Work::Desk,
                vec!["/v1/drafts", "/v1/imports/1?outcome=refused", "/v1/me", "/v1/me/audit", "/v1/users?cursor=a"],
            ),
            (Work::Trail, vec!["/v1/audit", "/v1/audit?limit=200", "/v1/audit?actor=li&cursor=a"]),
            (
                Work::Tally,
                vec!["/v1/audit?outcome=refused", "/v1/audit?actor=li&division=35&cursor=a", "/v1/audit?%73ince=a"],
            ),
            (Work::Survey, vec!["/v1/drafts/1/check", "/v1/drafts/1/submit", "/v1/drafts/1/preview/record"]),
            (Work::Search, vec!["/v1/items?q=a", "/search?q=a", "/v1/items?%71=a", "/v1/items?cursor=abc&q=a"]),
            (
                Work::Drawing,
                vec![
                    "/v1/items/1135/chart",
                    "/v1/items/1135/guide",
                    "/v1/items/1135/ch%61rt.svg",
                    "/v1/charts/preview",
                ],
            ),
            (
                Work::Picture,
                vec!["/v1/items/1135/chart.png", "/v1/items/1135/chart.png?scale=2", "/v1/items/1135/chart?scale=0.5"],
            ),
            (
                Work::LargePicture,
                vec![
                    "/v1/items/1135/chart.png?scale=2.25",
                    "/v1/items/1135/chart?sc%61le=%34",
                    "/v1/items/1135/chart.png?scale=%204+",
                    "/v1/charts/preview?scale=4",
                ],
            ),
            (Work::Feed, vec!["/v1/changes?since=0", "/v1/changes/stream", "/v1/changes.atom"]),
            (
                Work::PastState,
                vec!["/v1/items?as_of=7", "/v1/items/1135?as_of=7", "/?%61s_of=7", "/v1/items?as_of=7&q=a"],
            ),
            (Work::Survey, vec!["/v1/quality", "/sitemap.xml", "/organisations/1/booklet"]),
            (Work::Figures, vec!["/v1/summary?year=2024", "/v1/summary?as_of=7&year=2024"]),
            (Work::Survey, vec!["/v1/quality?on=", "/v1/quality?profile=inspection"]),
            (Work::Figures, vec!["/v1/quality?on=2026-11-24", "/v1/quality?rule=a&on=2026-11-24"]),
            (Work::Page, vec!["/v1/items/1135/fee-quote?on=2026-11-24"]),
            (Work::Export, vec!["/v1/exports/items.csv", "/v1/exports/items.csv?as_of=7", "/v1/e%78ports/items.json"]),
            (Work::Workbook, vec!["/v1/exports/items.xlsx", "/v1/exports/items.xls%78?as_of=7"]),
            (Work::Watching, vec!["/health/live", "/health/ready", "/health/ready?as_of=7"]),
        ];
        for (work, addresses) in cases {
            for address in addresses {
                assert_eq!(of(address).work, work, "{address}");
            }
        }
    }

    #[test]
    fn a_step_of_many_drafts_costs_more_the_more_they_are() {
        for path in ["submissions", "reviews", "returns", "withdrawals", "discards", "publications"] {
            assert_eq!(RequestedWork::of(&Method::POST, &format!("/v1/{path}"), "").work, Work::Survey, "{path}");
        }
        let prices = [(0, 0), (1, 0), (25, 0), (26, 20), (200, 140), (500, 380)];
        for (drafts, price) in prices {
            assert_eq!(Work::price_of_more(drafts), price, "{drafts} drafts");
        }
    }

    #[test]
    fn an_earlier_register_is_found_first_however_it_is_asked_for() {
        for address in
            ["/v1/items?as_of=7", "/v1/items?cursor=abc", "/v1/items?q=a&%63ursor=abc", "/v1/exports/items.csv?as_of=7"]
        {
            assert!(of(address).of_then, "{address}");
        }
        for address in
            ["/v1/items", "/v1/items?as_of=", "/v1/items?q=cursor", "/v1/items?cursors=abc", "/v1/drafts?cursor=abc"]
        {
            assert!(!of(address).of_then, "{address}");
        }
        for (address, price) in [
            ("/v1/items?cursor=abc", 20),
            ("/v1/items/1135/revisions?cursor=abc", 20),
            ("/v1/items?cursor=abc&q=a&highlight=true&limit=10", 21),
            ("/v1/quality?cursor=abc", 300),
            ("/v1/exports/items.csv?cursor=abc", 100),
        ] {
            assert_eq!(of(address).in_a_state_to_be_made().price(), price, "{address}");
        }
    }

    #[test]
    fn rows_cost_what_is_read_for_each_of_them() {
        for (address, price) in [
            ("/v1/items?limit=200", 2),
            ("/v1/items?fields=name", 3),
            ("/v1/items?limit=200&fields=name", 10),
            ("/v1/items?limit=200+&fields=name", 10),
            ("/v1/items?lim%69t=200&list=respons%69bility", 10),
            ("/v1/items?code=1135&fields=name", 10),
            ("/v1/items?limit=100000&fields=name", 10),
            ("/v1/items?limit=200&highlight=true", 2),
            ("/v1/items?limit=200&highlight=false&q=a", 5),
            ("/v1/items?limit=200&highlight=true&q=a", 25),
            ("/search?limit=200&q=a", 25),
            ("/lists/power?limit=200", 2),
            ("/v1/items?limit=200&highlight=true&q=a&fields=name", 33),
            ("/v1/items?limit=200&highlight=true&q=a&fields=name&as_of=7", 48),
            ("/v1/exports/items.csv?fields=name", 100),
        ] {
            assert_eq!(of(address).price(), price, "{address}");
        }
    }

    #[test]
    fn only_a_post_is_an_attempt_to_sign_in() {
        for path in ["/v1/sessions", "/v1/sessions/refresh", "/v1/oauth/token", "/v1/%73essions", "/v1/oauth%2ftoken"] {
            assert_eq!(RequestedWork::of(&Method::POST, path, "").work, Work::SignIn, "{path}");
            assert_eq!(RequestedWork::of(&Method::POST, path, "q=a").work, Work::SignIn, "{path}");
        }
        assert_eq!(RequestedWork::of(&Method::DELETE, "/v1/sessions/current", "").work, Work::Desk);
        assert_eq!(RequestedWork::of(&Method::POST, "/v1/sessionsx", "").work, Work::Page);
    }
}
