//! json, ndjson and csv.

use std::io::Write;

use serde_json::json;

use super::{
    extract::{Extract, Format},
    item_record::write_element,
};
use crate::{
    problem::Problem,
    register::{
        catalog::Entry,
        tables::{Book, END, Layout, Row, guarded, guarded_from_spreadsheets},
    },
    web::answer::JSON,
};

/// One object: the records, their number, the `seq`.
pub const OBJECT: Format = Format {
    name: "json",
    media_type: JSON,
    variant: "-json",
    begin: |_, out| {
        out.extend(b"{\"items\":[");
        Ok(())
    },
    record: |extract, place, entry, out| write_element(place, extract.json(entry)?, out),
    end: write_end,
};

/// A record on each line; the last line says how many there are.
pub const LINES: Format = Format {
    name: "ndjson",
    media_type: "application/x-ndjson",
    variant: "-ndjson",
    begin: |_, _| Ok(()),
    record: |extract, _, entry, out| {
        out.extend(extract.json(entry)?.as_bytes());
        out.push(b'\n');
        Ok(())
    },
    end: |extract, out| {
        let end = json!({ "end": true, "count": extract.count(), "seq": extract.seq() });
        Ok(writeln!(out, "{end}")?)
    },
};

/// A row for each record (RFC 4180), below a row of headers; the last row says how many there are.
pub const TABLE: Format = Format {
    name: "csv",
    media_type: "text/csv; charset=utf-8",
    variant: "-csv",
    begin: |extract, out| {
        if extract.bom {
            out.extend("\u{feff}".as_bytes());
        }
        let headers = &book(extract).records().columns;
        row(&headers.iter().map(|column| column.header.clone()).collect::<Row>(), out)
    },
    record: table_record,
    end: |extract, out| {
        let mut end: Row = vec![END.into(), extract.count().to_string(), extract.seq().to_string()];
        // All rows have as many fields (RFC 4180 §2.4).
        end.resize(book(extract).records().columns.len().max(end.len()), String::new());
        row(&end, out)
    },
};

/// Ends an array of records and the object that holds it, with their number and the `seq`.
pub fn write_end(extract: &Extract, out: &mut Vec<u8>) -> Result<(), Problem> {
    Ok(writeln!(out, "\n],\"count\":{},\"seq\":{}}}", extract.count(), extract.seq())?)
}

fn book(extract: &Extract) -> &'static Book {
    Book::of(extract.kind, Layout::Table)
}

fn table_record(extract: &Extract, _: usize, entry: &Entry, out: &mut Vec<u8>) -> Result<(), Problem> {
    let sheets = book(extract).write(&extract.value(entry)?);
    // Who asks for a mark at the beginning opens the file in a spreadsheet.
    let guard = |cell: &String| if extract.bom { guarded_from_spreadsheets(cell) } else { guarded(cell) };
    sheets.iter().flatten().try_for_each(|cells| row(&cells.iter().map(guard).collect::<Row>(), out))
}

fn row(cells: &Row, out: &mut Vec<u8>) -> Result<(), Problem> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(cells).map_err(std::io::Error::other)?;
    Ok(writer.flush()?)
}
