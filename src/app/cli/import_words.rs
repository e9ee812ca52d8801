//! Why, and on what decision, a file from the shell changes the register.

use clap::Args;
use serde_json::json;

use crate::staff::imports::Applying;

/// The reason and the decision of an import; both are needed where it changes records that the register has.
#[derive(Args)]
pub struct ImportWords {
    /// Reason for the changes, such as 年度清单核对
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Title of the document on which the changes were decided
    #[arg(long, value_name = "TITLE")]
    document: Option<String>,

    /// Number of that document, such as 侯政〔2026〕8号
    #[arg(long, value_name = "NUMBER", requires = "document")]
    document_number: Option<String>,

    /// Date of that document, such as 2026-12-01
    #[arg(long, value_name = "DATE", requires = "document")]
    document_date: Option<String>,
}

impl ImportWords {
    /// As a client says them.
    pub fn applying(&self) -> Applying {
        let document = self.document.as_ref().map(|title| {
            let mut document = json!({ "title": title });
            for (name, value) in [("number", &self.document_number), ("date", &self.document_date)] {
                if let Some(value) = value {
                    document[name] = json!(value);
                }
            }
            document
        });
        Applying { reason: self.reason.clone(), document }
    }
}
