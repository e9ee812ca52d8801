//! The types of files that are taken.

/// A type of file that can be told by its content and runs nothing by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// 版式文档
    Pdf,
    /// Picture.
    Png,
    /// Picture.
    Jpeg,
    /// Office Open XML text.
    Docx,
    /// Office Open XML sheet.
    Xlsx,
    /// Word 97–2003.
    Doc,
    /// Excel 97–2003.
    Xls,
    /// OpenDocument text.
    Odt,
    /// OpenDocument sheet.
    Ods,
    /// 版式文档 OFD: GB/T 33190.
    Ofd,
    /// UTF-8 text.
    Text,
    /// UTF-8 table.
    Csv,
}

impl MediaType {
    /// Every type, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Pdf,
        Self::Ofd,
        Self::Docx,
        Self::Xlsx,
        Self::Doc,
        Self::Xls,
        Self::Odt,
        Self::Ods,
        Self::Png,
        Self::Jpeg,
        Self::Csv,
        Self::Text,
    ];

    /// The registered media type, without parameters.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Doc => "application/msword",
            Self::Xls => "application/vnd.ms-excel",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Ofd => "application/ofd",
            Self::Text => "text/plain",
            Self::Csv => "text/csv",
        }
    }

    /// As `Content-Type`: with its charset where it is text.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Pdf
            | Self::Png
            | Self::Jpeg
            | Self::Docx
            | Self::Xlsx
            | Self::Doc
            | Self::Xls
            | Self::Odt
            | Self::Ods
            | Self::Ofd => self.value(),
        }
    }

    /// The endings of file names of this type; the first is added where one is missing.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Doc => &["doc", "wps"],
            Self::Xls => &["xls", "et"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Ofd => &["ofd"],
            Self::Text => &["txt"],
            Self::Csv => &["csv"],
        }
    }

    /// Other names that clients have for it.
    const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["image/jpg", "image/pjpeg"],
            Self::Png => &["image/x-png"],
            Self::Doc => &[
                "application/vnd.ms-word",
                "application/wps-office.wps",
                "application/wps-office.doc",
                "application/kswps",
            ],
            Self::Xls => &["application/wps-office.et", "application/wps-office.xls", "application/kset"],
            // Where the desktop knows one program for both.
            Self::Docx => &["application/wps-office.docx", "application/wps-office.doc", "application/msword"],
            Self::Xlsx => &["application/wps-office.xlsx", "application/wps-office.xls", "application/vnd.ms-excel"],
            Self::Ofd => &["application/vnd.ofd", "application/x-ofd"],
            // What browsers on Windows with Excel say.
            Self::Csv => &[
                "application/csv",
                "text/x-csv",
                "text/comma-separated-values",
                "application/vnd.ms-excel",
                "text/plain",
            ],
            Self::Pdf => &["application/x-pdf"],
            Self::Odt | Self::Ods | Self::Text => &[],
        }
    }

    /// The type with this value.
    pub fn of(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.value() == value)
    }

    /// Whether a client that says `declared` (without parameters, lower case) can mean this type.
    pub fn is_meant_by(self, declared: &str) -> bool {
        let is_container = self.is_office() && CONTAINERS.contains(&declared);
        self.value() == declared || self.aliases().contains(&declared) || is_container || UNKNOWN.contains(&declared)
    }

    /// Whether it is a container of Office: an archive or a compound file.
    const fn is_office(self) -> bool {
        matches!(self, Self::Docx | Self::Xlsx | Self::Doc | Self::Xls | Self::Odt | Self::Ods | Self::Ofd)
    }

    /// Whether a file name ends as one of this type does.
    pub fn ends(self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        extension.is_some_and(|extension| self.extensions().contains(&extension.as_str()))
    }
}

/// Names that browsers on Kylin and other desktops have for every file of Office: they say in what the file is packed, not what it is.
const CONTAINERS: [&str; 7] = [
    "application/vnd.ms-office",
    "application/zip",
    "application/x-zip-compressed",
    "application/x-zip",
    "application/x-ole-storage",
    "application/x-cfb",
    "application/cdfv2",
];
/// Names that say nothing.
const UNKNOWN: [&str; 4] =
    ["application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_value_and_no_browser_runs_any() {
        for kind in MediaType::ALL {
            assert_eq!(MediaType::of(kind.value()), Some(kind));
            assert!(kind.is_meant_by("binary/octet-stream") && !kind.is_meant_by("text/html"));
            assert!(!["html", "svg", "xml", "script"].iter().any(|word| kind.value().ends_with(word)));
        }
    }

    #[test]
    fn a_container_is_any_file_of_office_and_nothing_else() {
        for declared in CONTAINERS {
            for office in
                [MediaType::Docx, MediaType::Xlsx, MediaType::Doc, MediaType::Xls, MediaType::Ods, MediaType::Ofd]
            {
                assert!(office.is_meant_by(declared), "{declared}");
            }
            for other in [MediaType::Pdf, MediaType::Png, MediaType::Jpeg, MediaType::Text, MediaType::Csv] {
                assert!(!other.is_meant_by(declared), "{declared}");
            }
        }
        assert!(!MediaType::Xlsx.is_meant_by("application/msword"));
    }
}
