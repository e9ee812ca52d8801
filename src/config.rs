//! Every setting, read once: a flag, an environment variable of the same name, and a default, all shown by `--help`.

use std::{path::PathBuf, str::FromStr};

use clap::Args;

/// The settings of a process that opens the register.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// Where the register is kept: sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME
    /// [default: sqlite:qingdan.db in the data directory]
    // Read as text: clap would repeat a value that it refuses, and a password with it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Directory of what the process keeps on disk
    #[arg(long, env = "QINGDAN_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
}

/// The settings of a server.
#[derive(Args, Clone, Debug)]
pub struct ServerSettings {
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, env = "QINGDAN_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "QINGDAN_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// What may be stored.
    #[command(flatten)]
    pub files: FileSettings,
}

/// What may be stored beside records.
#[derive(Args, Clone, Debug)]
pub struct FileSettings {
    /// Bytes of a stored form or sample at most
    #[arg(long, env = "QINGDAN_FILE_LIMIT", default_value_t = Self::default().file_limit,
          value_parser = clap::value_parser!(u32).range(1024..=1 << 28))]
    pub file_limit: u32,
}

impl FileSettings {
    /// Bytes of a file at most.
    pub fn limit(&self) -> usize {
        usize::try_from(self.file_limit).unwrap_or(usize::MAX)
    }
}

impl Default for FileSettings {
    fn default() -> Self {
        Self { file_limit: 10 << 20 }
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), workers: None, files: FileSettings::default() }
    }
}

/// Where the register is kept. The scheme alone decides which database is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL URL.
    Postgres(String),
    /// A file of SQLite.
    Sqlite(String),
    /// SQLite in memory: gone when the process ends.
    Memory,
}

impl DatabaseSettings {
    /// The database that is meant.
    pub fn url(&self) -> Result<DatabaseUrl, Unusable> {
        match &self.database_url {
            Some(url) => url.parse(),
            None => Ok(DatabaseUrl::Sqlite(self.data_dir.join("qingdan.db").display().to_string())),
        }
    }
}

/// A setting that cannot be used, named as the operator wrote it; never with its value, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct Unusable {
    /// The variable.
    pub setting: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl FromStr for DatabaseUrl {
    type Err = Unusable;

    fn from_str(url: &str) -> Result<Self, Unusable> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(url.into())),
            Some(("sqlite", ":memory:")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => {
                Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path).into()))
            }
            _ => Err(Unusable { setting: "DATABASE_URL", reason: "begin it with sqlite: or postgres://" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_which_database_is_opened() {
        assert_eq!("sqlite:a.db".parse(), Ok(DatabaseUrl::Sqlite("a.db".into())));
        for url in ["sqlite:/tmp/a.db", "sqlite:///tmp/a.db", "sqlite:////tmp/a.db"] {
            let path = url.parse().map(|url| match url {
                DatabaseUrl::Sqlite(path) => path.replace("//", "/"),
                other => format!("{other:?}"),
            });
            assert_eq!(path, Ok("/tmp/a.db".into()), "{url}");
        }
        assert_eq!("sqlite::memory:".parse(), Ok(DatabaseUrl::Memory));
        assert_eq!("postgres:///a".parse(), Ok(DatabaseUrl::Postgres("postgres:///a".into())));
    }

    #[test]
    fn a_mistyped_scheme_is_refused_instead_of_becoming_a_file_name() {
        for url in ["postgre://localhost/a", "a.db", "sqlite:", "", "postgres:a"] {
            assert!(url.parse::<DatabaseUrl>().is_err(), "{url}");
        }
    }
}
