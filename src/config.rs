//! Every setting, read once: a flag, an environment variable of the same name, and a default, all shown by `--help`.

use std::{path::PathBuf, str::FromStr};

use clap::Args;

/// The settings of a process that opens the register.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// Where the register is kept: sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME
    /// [default: sqlite:qingdan.db in the data directory]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,

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

    /// The address under which readers reach the service, such as https://qd.example.gov.cn
    #[arg(long, env = "QINGDAN_PUBLIC_URL", value_parser = web_address)]
    pub public_url: Option<String>,

    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "QINGDAN_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
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
    pub fn url(&self) -> DatabaseUrl {
        let default = || DatabaseUrl::Sqlite(self.data_dir.join("qingdan.db").display().to_string());
        self.database_url.clone().unwrap_or_else(default)
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(url.into())),
            Some(("sqlite", ":memory:")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.trim_start_matches("//").into())),
            _ => Err("begin it with sqlite: or postgres://"),
        }
    }
}

fn web_address(text: &str) -> Result<String, &'static str> {
    let text = text.trim_end_matches('/');
    match text.starts_with("https://") || text.starts_with("http://") {
        true => Ok(text.into()),
        false => Err("begin it with https:// or http://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_which_database_is_opened() {
        assert_eq!("sqlite:a.db".parse(), Ok(DatabaseUrl::Sqlite("a.db".into())));
        assert_eq!("sqlite:///tmp/a.db".parse(), Ok(DatabaseUrl::Sqlite("/tmp/a.db".into())));
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
