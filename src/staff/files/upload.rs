//! Reads a file that is sent to be stored: as a form, or as it is.

use std::{collections::BTreeMap, convert::Infallible};

use actix_web::web::Bytes;
use futures_util::stream;
use multer::{Field, Multipart};
use tokio::runtime::Handle;

use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    register::files::{FileContent, MediaType, name::clean, sniff},
    staff::requests::Request,
};

/// The type that a client names when it does not know the type.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";
/// A form with files (RFC 7578).
pub const FORM: &str = "multipart/form-data";
/// Bytes of a form beside its file, at most.
pub const AROUND: usize = 64 << 10;
/// Parts of a form that are looked at.
const MOST_PARTS: u64 = 16;

/// A file as it was sent.
pub struct Offered {
    /// Its content.
    pub bytes: Bytes,
    /// The media type that the client names: lower case, without parameters.
    declared: Option<String>,
    /// Its name, as the client has it.
    pub name: Option<String>,
}

/// Characters of a plain field of a form at most: what holds for all new records may have a chart in it.
const LONGEST_FIELD: usize = 1_000_000;

/// Reads what was sent.
pub async fn read(request: &Request) -> Result<Offered, Problem> {
    let mut parameters = request.parameters();
    let name = parameters.one("name");
    parameters.finish()?;
    let taken: Vec<_> = [FORM, UNKNOWN_TYPE].into_iter().chain(MediaType::ALL.map(MediaType::value)).collect();
    let offered = match request.must_be(&taken)? {
        FORM => from_form(request, &[]).await?.0,
        declared => Offered { bytes: request.body.clone(), declared: Some(declared.into()), name: None },
    };
    Ok(Offered { name: name.or(offered.name), ..offered })
}

/// Reads a form with one `file` and perhaps these plain fields.
pub async fn from_form(
    request: &Request,
    names: &'static [&'static str],
) -> Result<(Offered, BTreeMap<&'static str, String>), Problem> {
    let content_type = request.http.headers().get("content-type").and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(unreadable)?;
    let (body, runtime) = (request.body.clone(), Handle::current());
    // It is there whole: this waits for nothing, but looks at every byte and copies the file.
    request.work(move || runtime.block_on(taken_apart(body, boundary, names))).await?
}

async fn taken_apart(
    body: Bytes,
    boundary: String,
    names: &[&'static str],
) -> Result<(Offered, BTreeMap<&'static str, String>), Problem> {
    let mut form = Multipart::new(stream::once(async { Ok::<_, Infallible>(body) }), boundary);
    let (mut file, mut fields, mut mistakes, mut parts) = (None, BTreeMap::new(), Vec::new(), 0);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        parts += 1;
        if parts > MOST_PARTS {
            mistakes.push(FieldError::at("", Wrong::TooMany(MOST_PARTS)));
            break;
        }
        match field.name() {
            Some("file") if file.is_none() => file = Some(from_field(field).await?),
            Some("file") => mistakes.push(FieldError::at("/file", Wrong::GivenTwice)),
            other => match names.iter().copied().find(|name| Some(*name) == other) {
                Some(name) => {
                    let text = field.text().await.map_err(unreadable)?;
                    if text.chars().count() > LONGEST_FIELD {
                        mistakes.push(FieldError::at(pointer(name), Wrong::TooLong(LONGEST_FIELD as u64)));
                    } else if fields.insert(name, text).is_some() {
                        mistakes.push(FieldError::at(pointer(name), Wrong::GivenTwice));
                    }
                }
                None => mistakes.push(FieldError::at(pointer(other.unwrap_or_default()), Wrong::UnknownField)),
            },
        }
    }
    match (file, mistakes.is_empty()) {
        (Some(file), true) => Ok((file, fields)),
        (Some(_), false) => Err(Problem::invalid_body(mistakes)),
        (None, _) => {
            mistakes.push(FieldError::at("/file", Wrong::Required));
            Err(Problem::invalid_body(mistakes))
        }
    }
}

async fn from_field(field: Field<'_>) -> Result<Offered, Problem> {
    let declared = field.content_type().map(|declared| declared.essence_str().to_ascii_lowercase());
    let name = field.file_name().map(str::to_owned);
    Ok(Offered { bytes: field.bytes().await.map_err(unreadable)?, declared, name })
}

fn unreadable(error: multer::Error) -> Problem {
    let english = format!("This is no whole multipart/form-data: {error}");
    Problem::with_detail(Code::UnreadableBody, "不是完整的 multipart/form-data。", english)
}

/// The pointer to a field of the form (RFC 6901 §3); a long name is cut.
fn pointer(name: &str) -> String {
    let short: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("/{}", short.replace('~', "~0").replace('/', "~1"))
}

impl Offered {
    /// A file that was sent as it is, under this name.
    pub fn raw(bytes: Bytes, name: Option<String>) -> Self {
        Self { bytes, declared: None, name }
    }

    /// The file that it is and what it is called, or everything that is wrong with it.
    pub fn examine(self, most: usize) -> Result<(FileContent, String), Problem> {
        if self.bytes.len() > most {
            return Err(Problem::with_detail(
                Code::BodyTooLarge,
                format!("文件不得超过 {most} 字节。"),
                format!("A file has at most {most} bytes."),
            ));
        }
        let kind = sniff(&self.bytes).map(|kind| self.said(kind));
        // A name is examined even when the file is not of any type: both mistakes are told.
        let name = clean(self.name.as_deref().unwrap_or_default(), kind.clone().unwrap_or(MediaType::Text));
        let kind = kind.and_then(|kind| match self.agrees(kind) {
            true => Ok(kind),
            false => Err(Wrong::FileDeclared(kind.value())),
        });
        match (kind, name) {
            (Ok(kind), Ok(name)) => Ok((FileContent::new(kind, self.bytes), name)),
            (kind, name) => {
                let at = [("/file", kind.err()), ("/name", name.err())];
                let mistakes = at.into_iter().filter_map(|(place, wrong)| Some(FieldError::at(place, wrong?)));
                Err(Problem::invalid_body(mistakes.collect()))
            }
        }
    }

    /// Text is a table when it is said to be one: by content they cannot be told apart.
    fn said(&self, kind: MediaType) -> MediaType {
        let declared = self.declared.as_deref().is_some_and(|declared| declared.ends_with("/csv"));
        let named = self.name.as_deref().is_some_and(|name| MediaType::Csv.ends(name));
        match kind == MediaType::Text && (declared || named) {
            true => MediaType::Csv,
            false => kind,
        }
    }

    fn agrees(&self, kind: MediaType) -> bool {
        let declared = self.declared.as_deref().filter(|declared| *declared != UNKNOWN_TYPE);
        declared.is_none_or(|declared| kind.is_meant_by(declared))
    }
}
