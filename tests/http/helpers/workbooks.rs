//! Workbooks that an office edits: read, altered, written again. And a register of a few items, which are exported in no time.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use qingdan::register::publication::Step;
use reqwest::Method;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::Value;

use crate::helpers::app::{Answer, TestApp, first_publication, insist};

/// A power on the list of responsibilities, with a telephone number and a window.
pub const POWER: &str = "11350121003619116B5000105001000";
/// A service with two fees, and a basis that sets nothing.
pub const WATER: &str = "12350121488102018E5352019002000";
/// A service that is done at once.
pub const AT_ONCE: &str = "12350121488101808K5352011009000";
/// A power with a fee, and a basis that sets nothing.
pub const CHARGED: &str = "11350121003619116B5000423001000";

/// Publishes four items of the demonstration, and all that is no item.
pub async fn a_few_items(app: &TestApp) {
    let few = [POWER, WATER, AT_ONCE, CHARGED];
    let is_wanted = |step: &Step| step.kind != "item" || step.key.as_deref().is_some_and(|key| few.contains(&key));
    app.publish(first_publication().into_iter().filter(is_wanted).collect()).await.expect("published");
}

/// The sheets of a workbook, in order: name and rows.
#[derive(Clone)]
pub struct Sheets(pub Vec<(String, Vec<Vec<Data>>)>);

impl Sheets {
    /// Those of a file.
    pub fn of(bytes: &[u8]) -> Self {
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
        let sheets = workbook.worksheets().into_iter();
        Self(sheets.map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect())).collect())
    }

    /// Those of the export of items.
    pub async fn exported(app: &TestApp) -> Self {
        let answer = app.get("/v1/exports/items.xlsx").await;
        answer.expect_status(200);
        Self::of(&answer.bytes)
    }

    /// One sheet alone.
    pub fn alone(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(own, _)| own == name).cloned().collect())
    }

    /// The rows of a sheet.
    pub fn rows(&mut self, name: &str) -> &mut Vec<Vec<Data>> {
        let sheet = self.0.iter_mut().find(|(own, _)| own == name);
        &mut sheet.unwrap_or_else(|| panic!("no sheet {name}")).1
    }

    /// Edits the cell below a header in the first row that has a code.
    pub fn edit(&mut self, sheet: &str, code: &str, header: &str, edit: impl Fn(&str) -> String) {
        let rows = self.rows(sheet);
        let column = rows.iter().find_map(|row| row.iter().position(|cell| *cell == header));
        let column = column.unwrap_or_else(|| panic!("no header {header}"));
        let row = rows.iter_mut().find(|row| row.iter().any(|cell| *cell == code));
        let row = row.unwrap_or_else(|| panic!("no row of {code}"));
        let before = row[column].to_string();
        let after = edit(&before);
        assert_ne!(before, after, "{sheet} {header}: nothing was edited");
        row[column] = Data::String(after);
    }

    /// Writes them; what is a day is shown as one.
    pub fn written(&self) -> Vec<u8> {
        let mut book = Workbook::new();
        let day = Format::new().set_num_format("yyyy/m/d");
        for (name, rows) in &self.0 {
            let page = book.add_worksheet();
            page.set_name(name).expect("a name");
            for (row, cells) in (0..).zip(rows) {
                for (column, cell) in (0..).zip(cells) {
                    let written = match cell {
                        Data::Empty => continue,
                        Data::Float(figure) => page.write(row, column, *figure),
                        Data::Int(figure) => page.write(row, column, f64::from(i32::try_from(*figure).expect("small"))),
                        Data::DateTime(date) => page.write_number_with_format(row, column, date.as_f64(), &day),
                        other => page.write(row, column, other.to_string()),
                    };
                    written.expect("written");
                }
            }
        }
        book.save_to_buffer().expect("a workbook")
    }
}

/// Sends a workbook of items.
pub async fn send_workbook(app: &TestApp, who: &str, bytes: Vec<u8>) -> Answer {
    let request = app.request(Method::POST, "/v1/imports?kind=item").bearer_auth(who);
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    insist(request.header("content-type", media_type).header("accept-language", "zh").body(bytes)).await
}

/// The report on a workbook of items.
pub async fn report_on(app: &TestApp, who: &str, bytes: Vec<u8>) -> Value {
    let answer = send_workbook(app, who, bytes).await;
    answer.expect_status(201);
    answer.json()
}

/// The rows of a report that came to something else than nothing, in short lines.
pub fn told(import: &Value) -> Vec<String> {
    let rows = import["rows"].as_array().expect("rows").iter().filter(|row| row["outcome"] != "unchanged");
    rows.map(|row| format!("{} {} {} {}", row["sheet"], row["row"], row["outcome"], row["problems"])).collect()
}
