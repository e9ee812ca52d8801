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
}

/// Where the private keys are.
#[derive(Args, Clone, Debug)]
pub struct KeySettings {
    /// Directory of the private keys that tokens are signed with; only the process may read it
    /// [default: keys in the data directory]
    #[arg(long, env = "QINGDAN_KEYS_DIR")]
    pub keys_dir: Option<PathBuf>,
}

/// The settings of tokens: our own, and those of another issuer.
#[derive(Args, Clone, Debug)]
pub struct IdentitySettings {
    #[command(flatten)]
    /// The keys of our own tokens.
    pub keys: KeySettings,

    /// Address under which the service is reached from outside; tokens name it as their issuer [default issuer: qingdan]
    #[arg(long, env = "QINGDAN_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Also accept access tokens of this OpenID Connect issuer: its `iss`, exactly
    #[arg(long, env = "QINGDAN_OIDC_ISSUER")]
    pub oidc_issuer: Option<String>,

    /// What the issuer's tokens must name as their audience (`aud`)
    #[arg(long, env = "QINGDAN_OIDC_AUDIENCE")]
    pub oidc_audience: Option<String>,

    /// The issuer's public keys (JWKS): a file or an https address
    #[arg(long, env = "QINGDAN_OIDC_JWKS")]
    pub oidc_jwks: Option<String>,

    /// What the issuer's callers may do: VALUE=ROLE@WHERE;… where VALUE stands in the claim of QINGDAN_OIDC_ROLES_CLAIM
    /// and WHERE is a division, an organisation or * for everything
    #[arg(long, env = "QINGDAN_OIDC_ROLES")]
    pub oidc_roles: Option<String>,

    /// The claim with a caller's groups or roles: a name, or a JSON pointer such as /realm_access/roles
    #[arg(long, env = "QINGDAN_OIDC_ROLES_CLAIM", default_value = "groups")]
    pub oidc_roles_claim: String,
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

impl KeySettings {
    /// The directory that is meant.
    pub fn directory(&self, database: &DatabaseSettings) -> PathBuf {
        let given = self.keys_dir.clone().filter(|path| !path.as_os_str().is_empty());
        given.unwrap_or_else(|| database.data_dir.join("keys"))
    }
}

impl IdentitySettings {
    /// What our own tokens name as their issuer.
    pub fn issuer(&self) -> Result<String, Unusable> {
        match given(self.public_url.as_deref()) {
            None => Ok("qingdan".into()),
            Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
                Ok(url.trim_end_matches('/').into())
            }
            Some(_) => Err(Unusable { setting: "QINGDAN_PUBLIC_URL", reason: "begin it with https:// or http://" }),
        }
    }
}

/// A variable that is set but empty is not given: compose files write them so.
pub fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
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
