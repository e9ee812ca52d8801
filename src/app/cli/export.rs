//! `qingdan export KIND.FORMAT`.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::CommandError;
use crate::{
    app::server::StartError,
    base::config::{DatabaseSettings, DatabaseUrl, Unusable},
    model::{KINDS, kinds::Kind},
    public::exports::{Asking, WORKBOOK, format, write_to, write_workbook},
    register::{catalog::Catalog, db::Db},
};

/// The part of the register that is exported, and its format.
#[derive(Args)]
pub struct ExportRequest {
    /// Such as items.xlsx, fees.csv, organisations.ndjson, items.jsonld
    #[arg(value_name = "KIND.FORMAT")]
    file: String,
    /// The register as it was: after this change, at this instant, or at the end of this day
    #[arg(long, value_name = "SEQ or TIME")]
    as_of: Option<String>,
    /// Filters as in the query string of a list, such as `list=power&status=in_force`
    #[arg(long, value_name = "QUERY", default_value = "")]
    filter: String,
    /// The address by which the register is known, for formats that name records by their addresses
    #[arg(long, env = "QINGDAN_PUBLIC_URL", default_value = "https://qingdan.invalid")]
    public_url: String,
}

/// Writes the export to standard output.
pub fn export(asked: &ExportRequest, database: &DatabaseSettings) -> Result<(), CommandError> {
    let (kind, ending) =
        asked.kind().ok_or(CommandError::Input("such as items.xlsx, fees.csv, organisations.ndjson"))?;
    let url = database.url()?;
    // It would be made, and an empty register exported.
    if let DatabaseUrl::Sqlite(path) = &url
        && !Path::new(path).exists()
    {
        return Err(Unusable { setting: "DATABASE_URL", reason: "there is no such file" }.into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let db = Db::open(&url).map_err(StartError::from)?;
    let extract = runtime.block_on(async {
        let catalog = Catalog::load(&KINDS, &db).await.map_err(StartError::from)?;
        let asking = Asking { kind, query: &asked.query(), base: &asked.public_url, takes_bom: ending == "csv" };
        let (picture, filters) = asking.read(&catalog).await?;
        Ok::<_, CommandError>(asking.extract(&picture, filters)?)
    })?;
    let mut out = io::stdout().lock();
    match format(kind, ending) {
        Some(format) => write_to(extract, format, &mut out)?,
        None => {
            let file = tempfile::NamedTempFile::new()?;
            write_workbook(&extract, file.path(), &|| true)?;
            io::copy(&mut File::open(file.path())?, &mut out)?;
        }
    }
    Ok(out.flush()?)
}

impl ExportRequest {
    fn kind(&self) -> Option<(&'static Kind, &str)> {
        let (path, ending) = self.file.split_once('.')?;
        let kind = KINDS.into_iter().find(|kind| kind.path == path)?;
        (ending == WORKBOOK || format(kind, ending).is_some()).then_some((kind, ending))
    }

    fn query(&self) -> String {
        let as_of = self.as_of.as_ref().map(|text| format!("as_of={}", utf8_percent_encode(text, NON_ALPHANUMERIC)));
        let parts: Vec<_> = [Some(self.filter.clone()), as_of].into_iter().flatten().collect();
        parts.join("&")
    }
}
