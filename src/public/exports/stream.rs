//! An export that is written while it is sent: piece by piece, each when the one before it was taken.

use std::{
    fs::File,
    io::{self, Read, Write},
};

use actix_web::web::Bytes;
use futures_util::{Stream, stream};

use super::extract::{Extract, Format};
use crate::{
    base::{blocking, threads},
    problem::Problem,
    register::catalog::Encoding,
};

/// Bytes of a piece, before it is encoded.
const PIECE: usize = 64 << 10;

/// An export that is being written, and how far it is.
pub struct Piece {
    extract: Extract,
    format: &'static Format,
    /// The next record; `None` before the beginning.
    at: Option<usize>,
    encoder: Option<Encoder>,
}

/// Encodes bytes as they come.
enum Encoder {
    Identity(Vec<u8>),
    Gzip(Box<flate2::write::GzEncoder<Vec<u8>>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
}

impl Piece {
    /// Before the first piece.
    pub fn new(extract: Extract, format: &'static Format, encoding: Encoding) -> io::Result<Self> {
        Ok(Self { extract, format, at: None, encoder: Some(Encoder::new(encoding)?) })
    }

    /// Writes the next piece; none after the last.
    pub fn write(&mut self) -> Result<Option<Bytes>, Problem> {
        while let Some(mut encoder) = self.encoder.take() {
            let mut plain = Vec::with_capacity(PIECE + PIECE / 4);
            let is_last = self.fill(&mut plain)?;
            encoder.write_all(&plain)?;
            let bytes = match is_last {
                true => encoder.finish()?,
                false => {
                    let bytes = encoder.taken();
                    self.encoder = Some(encoder);
                    bytes
                }
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }

    /// Writes records until the piece is full. Whether that was all.
    fn fill(&mut self, plain: &mut Vec<u8>) -> Result<bool, Problem> {
        let mut at = match self.at {
            Some(at) => at,
            None => {
                (self.format.begin)(&self.extract, plain)?;
                0
            }
        };
        while plain.len() < PIECE {
            let Some(entry) = self.extract.entries.get(at) else {
                (self.format.end)(&self.extract, plain)?;
                return Ok(true);
            };
            (self.format.record)(&self.extract, at, entry, plain)?;
            at += 1;
        }
        self.at = Some(at);
        Ok(false)
    }

    /// The pieces, each written where work may take its time.
    pub fn stream(self) -> impl Stream<Item = Result<Bytes, Problem>> {
        stream::try_unfold(self, |mut piece| async move {
            let (piece, bytes) = blocking::run_long(move || {
                let bytes = piece.write();
                (piece, bytes)
            })
            .await
            .map_err(logged)?;
            Ok(bytes.map_err(logged)?.map(|bytes| (bytes, piece)))
        })
    }
}

/// The bytes of a file, piece by piece.
pub fn stream_file(file: File) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold(file, |mut file| async move {
        let reading = threads::spawn(move || {
            let mut bytes = vec![0; PIECE];
            let read = file.read(&mut bytes).map(|length| {
                bytes.truncate(length);
                bytes
            });
            (file, read)
        });
        let (file, read) = reading.await.map_err(|error| logged(io::Error::other(error).into()))?;
        let bytes = read.map_err(Problem::from).map_err(logged)?;
        Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), file)))
    })
}

/// Logs why an export was cut. The answer has begun: who asked sees only that it was.
fn logged(problem: Problem) -> Problem {
    log::error!("an export was cut: {problem}");
    problem
}

/// Writes a whole export.
pub fn write_to(extract: Extract, format: &'static Format, out: &mut impl Write) -> Result<(), Problem> {
    let mut piece = Piece::new(extract, format, Encoding::Identity)?;
    while let Some(bytes) = piece.write()? {
        out.write_all(&bytes)?;
    }
    Ok(out.flush()?)
}

impl Encoder {
    fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(match encoding {
            Encoding::Identity => Self::Identity(Vec::new()),
            Encoding::Gzip => {
                Self::Gzip(Box::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6))))
            }
            Encoding::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20))),
            Encoding::Zstd => Self::Zstd(Box::new(zstd::stream::write::Encoder::new(Vec::new(), 3)?)),
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Identity(out) => out.write_all(bytes),
            Self::Gzip(out) => out.write_all(bytes),
            Self::Brotli(out) => out.write_all(bytes),
            Self::Zstd(out) => out.write_all(bytes),
        }
    }

    /// Takes out the bytes that were encoded so far.
    fn taken(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Identity(out) => out,
            Self::Gzip(out) => out.get_mut(),
            Self::Brotli(out) => out.get_mut(),
            Self::Zstd(out) => out.get_mut(),
        })
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(out) => Ok(out),
            Self::Gzip(out) => out.finish(),
            Self::Brotli(out) => Ok(out.into_inner()),
            Self::Zstd(out) => out.finish(),
        }
    }
}
