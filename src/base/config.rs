//! Every setting, read once: a flag, an environment variable of the same name, and a default, all shown by `--help`.

use std::{fmt, num::NonZeroU32, path::PathBuf, str::FromStr};

use clap::Args;

use crate::base::network::{Networks, Origins};

/// The settings of a process that opens the register.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// Database of the register: sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME
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

    /// Address and port of the figures for Prometheus, `/metrics`, which are nowhere else; without it they are nowhere
    #[arg(long, env = "QINGDAN_METRICS_LISTEN")]
    pub metrics_listen: Option<String>,

    /// Threads that answer requests [default: one for each core]
    #[arg(long, env = "QINGDAN_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// Address under which the public reaches the service, such as https://qingdan.example. With https, browsers are told to
    /// use nothing else (HSTS). Without it, answers that name the whole address are kept by no cache
    #[arg(long, env = "QINGDAN_PUBLIC_URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Address ranges that webhooks may be sent to although they are not public, separated by commas; there also by http.
    /// Without any, only public addresses by https
    #[arg(long, env = "QINGDAN_WEBHOOK_ALLOW", default_value_t)]
    pub webhook_allow: Networks,

    /// Whether grants to review, to publish and to administer wait until a second administrator confirms them, once there has been
    /// one: on or off
    #[arg(long, env = "QINGDAN_SECOND_ADMINISTRATOR", default_value = "on", value_parser = on_or_off)]
    pub second_administrator: bool,

    /// Witnesses that are asked to cosign each checkpoint of the log, separated by commas: KEY@ADDRESS, where the key is written as
    /// NAME+ID+KEY (of type 04) and add-checkpoint lies below the address
    #[arg(long, env = "QINGDAN_WITNESSES", value_delimiter = ',')]
    pub witnesses: Vec<String>,

    /// Who runs the site.
    #[command(flatten)]
    pub owner: OwnerSettings,

    /// The proxies that the edge believes, the origins that it allows.
    #[command(flatten)]
    pub edge: EdgeSettings,

    /// How much a client may ask for.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// Settings of the site's owner: what pages, booklets, posters and `GET /v1` say of who runs it.
#[derive(Args, Clone, Debug, Default)]
pub struct OwnerSettings {
    /// Name of the site, at the head of every page [default: 清单 qingdan]
    #[arg(long, env = "QINGDAN_SITE_NAME", value_parser = one_line)]
    pub site_name: Option<String>,

    /// 主办单位: the office that is responsible for the site
    #[arg(long, env = "QINGDAN_SITE_OFFICE", value_parser = one_line)]
    pub site_office: Option<String>,

    /// ICP备案号: number of the site in the register of the ministry, such as 闽ICP备12345678号-1
    #[arg(long, env = "QINGDAN_SITE_ICP", value_parser = one_line)]
    pub site_icp: Option<String>,

    /// 公安备案号: number of the site in the register of the police, such as 闽公网安备35012102000001号
    #[arg(long, env = "QINGDAN_SITE_POLICE", value_parser = one_line)]
    pub site_police: Option<String>,

    /// 网站标识码: code of a government's site, ten digits
    #[arg(long, env = "QINGDAN_SITE_CODE", value_parser = one_line)]
    pub site_code: Option<String>,

    /// Address of the office
    #[arg(long, env = "QINGDAN_SITE_ADDRESS", value_parser = one_line)]
    pub site_address: Option<String>,

    /// Telephone of the office
    #[arg(long, env = "QINGDAN_SITE_PHONE", value_parser = one_line)]
    pub site_phone: Option<String>,

    /// File of the logo: an SVG of plain shapes, without scripts, styles, texts and pictures, of 256 kB at most
    #[arg(long, env = "QINGDAN_SITE_LOGO")]
    pub site_logo: Option<PathBuf>,
}

/// Settings of the edge: trusted proxies, allowed origins, and its words about itself.
#[derive(Args, Clone, Debug, Default)]
pub struct EdgeSettings {
    /// Address ranges of reverse proxies, separated by commas: only their X-Forwarded-For, -Host and -Proto and
    /// Forwarded are believed
    #[arg(long, env = "QINGDAN_TRUSTED_PROXIES", default_value_t)]
    pub trusted_proxies: Networks,

    /// Web origins whose pages may use the staff part, separated by commas; anybody's may read what is public
    #[arg(long, env = "QINGDAN_CORS_ORIGINS", default_value_t)]
    pub cors_origins: Origins,

    /// Address to which weaknesses are reported, for /.well-known/security.txt: an address that begins with mailto:, https: or tel:
    #[arg(long, env = "QINGDAN_SECURITY_CONTACT", value_parser = security_contact)]
    pub security_contact: Option<String>,

    /// Address of the licence under which the published data may be used, for the service document and the DCAT catalogue
    #[arg(long, env = "QINGDAN_DATA_LICENCE", value_parser = licence)]
    pub data_licence: Option<String>,
}

/// The address of the licence of the published data, where there is one.
#[derive(Clone, Debug, Default)]
pub struct DataLicence(pub Option<String>);

/// How much a client may ask for, and how long it may take.
#[derive(Args, Clone, Debug)]
pub struct LimitSettings {
    /// Requests for one record a minute from one address (of IPv6, one /64), or off; what takes more work counts for more. A caller
    /// whose token holds has four times as many
    #[arg(long, env = "QINGDAN_RATE_LIMIT", default_value_t = Self::default().rate_limit)]
    pub rate_limit: RateLimit,

    /// Attempts to sign in a minute from one address, or off
    #[arg(long, env = "QINGDAN_SIGN_IN_LIMIT", default_value_t = Self::default().sign_in_limit)]
    pub sign_in_limit: RateLimit,

    /// Bytes of a body at most
    #[arg(long, env = "QINGDAN_BODY_LIMIT", default_value_t = Self::default().body_limit,
          value_parser = clap::value_parser!(u32).range(1024..=1 << 30))]
    pub body_limit: u32,

    /// Bytes of a stored form or sample at most
    #[arg(long, env = "QINGDAN_FILE_LIMIT", default_value_t = Self::default().file_limit,
          value_parser = clap::value_parser!(u32).range(1024..=1 << 28))]
    pub file_limit: u32,

    /// Bytes of a file to be imported at most
    #[arg(long, env = "QINGDAN_IMPORT_LIMIT", default_value_t = Self::default().import_limit,
          value_parser = clap::value_parser!(u32).range(1024..=1 << 28))]
    pub import_limit: u32,

    /// Bytes of the bodies of all requests that are held at a time, with what they unfold to in memory: who comes when it is full is told
    /// to come again
    #[arg(long, env = "QINGDAN_BODIES_ROOM", default_value_t = Self::default().bodies_room,
          value_parser = clap::value_parser!(u32).range(1 << 20..=1 << 31))]
    pub bodies_room: u32,

    /// Open drafts of one office (an organisation, or a division where an account has none) at most
    #[arg(long, env = "QINGDAN_DRAFT_QUOTA", default_value_t = Self::default().draft_quota)]
    pub draft_quota: u64,

    /// Bytes that the earlier texts of the open drafts of one office take at most; beyond that the oldest are dropped
    #[arg(long, env = "QINGDAN_VERSION_QUOTA", default_value_t = Self::default().version_quota)]
    pub version_quota: u64,

    /// Bytes that the kept imports of one office take at most; each is kept for 30 days or until it is discarded
    #[arg(long, env = "QINGDAN_IMPORT_QUOTA", default_value_t = Self::default().import_quota)]
    pub import_quota: u64,

    /// Bytes of forms and samples that one office stores within a day at most
    #[arg(long, env = "QINGDAN_FILE_QUOTA", default_value_t = Self::default().file_quota)]
    pub file_quota: u64,

    /// Seconds in which a body has to arrive
    #[arg(long, env = "QINGDAN_BODY_TIMEOUT", default_value_t = Self::default().body_timeout,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub body_timeout: u16,

    /// Seconds in which the line and the headers of a request have to arrive
    #[arg(long, env = "QINGDAN_REQUEST_TIMEOUT", default_value_t = Self::default().request_timeout,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub request_timeout: u16,

    /// Seconds that a connection stays open between requests: behind a proxy longer than that keeps it
    /// [default: 15, behind trusted proxies 90]
    #[arg(long, env = "QINGDAN_KEEP_ALIVE", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub keep_alive: Option<u16>,

    /// Connections that one address (of IPv6, one /64) may have open at once, unless it is a trusted proxy's or the rate limit is
    /// off
    #[arg(long, env = "QINGDAN_CONNECTION_LIMIT", default_value_t = Self::default().connection_limit,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub connection_limit: u32,
}

impl LimitSettings {
    /// So many, unless there are to be no limits at all.
    pub fn unless_off(&self, most: u32) -> Option<u32> {
        match self.rate_limit {
            RateLimit::Off => None,
            RateLimit::PerMinute(_) => Some(most),
        }
    }
}

impl ServerSettings {
    /// Seconds that a connection stays open between requests. A proxy that finds one closed which it wanted to use answers 502.
    pub fn keep_alive(&self) -> u16 {
        self.limits.keep_alive.unwrap_or(if self.edge.trusted_proxies.is_empty() { 15 } else { 90 })
    }
}

/// Requests a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// As many as one likes.
    Off,
    /// So many.
    PerMinute(NonZeroU32),
}

impl RateLimit {
    /// More would be no limit.
    const MOST: u32 = 1_000_000_000;

    /// So many a minute; off when it is 0.
    pub const fn per_minute(requests: u32) -> Self {
        match NonZeroU32::new(requests) {
            Some(requests) => Self::PerMinute(requests),
            None => Self::Off,
        }
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        let (edge, limits) = (EdgeSettings::default(), LimitSettings::default());
        Self {
            listen: "127.0.0.1:8080".into(),
            metrics_listen: None,
            workers: None,
            public_url: None,
            webhook_allow: Networks::default(),
            second_administrator: true,
            witnesses: Vec::new(),
            owner: OwnerSettings::default(),
            edge,
            limits,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            rate_limit: RateLimit::per_minute(600),
            sign_in_limit: RateLimit::per_minute(20),
            body_limit: 1 << 20,
            file_limit: 10 << 20,
            import_limit: 64 << 20,
            bodies_room: 128 << 20,
            draft_quota: 20_000,
            version_quota: 1 << 30,
            import_quota: 1 << 30,
            file_quota: 1 << 30,
            body_timeout: 30,
            request_timeout: 10,
            keep_alive: None,
            connection_limit: 256,
        }
    }
}

/// The directory of the private keys.
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

    /// Also accept access tokens of this OpenID Connect issuer: its `iss`, exactly
    #[arg(long, env = "QINGDAN_OIDC_ISSUER")]
    pub oidc_issuer: Option<String>,

    /// Audience (`aud`) that the issuer's tokens must name
    #[arg(long, env = "QINGDAN_OIDC_AUDIENCE")]
    pub oidc_audience: Option<String>,

    /// The issuer's public keys (JWKS): a file or an https address
    #[arg(long, env = "QINGDAN_OIDC_JWKS")]
    pub oidc_jwks: Option<String>,

    /// Roles of the issuer's callers: VALUE=ROLE@WHERE;… where VALUE stands in the claim of QINGDAN_OIDC_ROLES_CLAIM
    /// and WHERE is a division, an organisation or * for everything
    #[arg(long, env = "QINGDAN_OIDC_ROLES")]
    pub oidc_roles: Option<String>,

    /// The claim with a caller's groups or roles: a name, or a JSON pointer such as /realm_access/roles
    #[arg(long, env = "QINGDAN_OIDC_ROLES_CLAIM", default_value = "groups")]
    pub oidc_roles_claim: String,

    /// The claim that only tokens of people have, never those of programs: a name, or a JSON pointer; only with it are roles to review,
    /// to publish and to administer worth anything
    /// [default: auth_time as a number, amr, idtyp=user or aut=APPLICATION_USER]
    #[arg(long, env = "QINGDAN_OIDC_PERSON_CLAIM")]
    pub oidc_person_claim: Option<String>,
}

/// The database of the register. The scheme alone decides which database is opened.
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
    /// The directory that is meant: none for a register in memory, unless one is given.
    pub fn directory(&self, database: &DatabaseSettings) -> Result<Option<PathBuf>, Unusable> {
        let given = self.keys_dir.clone().filter(|path| !path.as_os_str().is_empty());
        let beside = match database.url()? {
            DatabaseUrl::Memory => None,
            DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_) => Some(database.data_dir.join("keys")),
        };
        Ok(given.or(beside))
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
    /// The mistake in it.
    pub reason: &'static str,
}

impl FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let limit = text.parse().ok().filter(|limit: &NonZeroU32| limit.get() <= Self::MOST);
        limit.map(Self::PerMinute).ok_or("write off, or requests per minute from 1 to 1000000000")
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::PerMinute(requests) => requests.fmt(f),
        }
    }
}

/// Scheme, host, perhaps port and path; without the slash at the end.
fn public_url(text: &str) -> Result<String, &'static str> {
    let url = text.trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let fits = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>".contains(&byte));
    match fits && rest.bytes().next().is_some_and(|first| first != b'/') {
        true => Ok(url.into()),
        false => Err("write it as https://HOST or http://HOST, without query and account"),
    }
}

/// A text that stands in one line of a page; empty is not given.
fn one_line(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match text.chars().any(char::is_control) || text.chars().count() > 100 {
        true => Err("write one line of at most 100 characters"),
        false => Ok(text.into()),
    }
}

fn on_or_off(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("write on or off"),
    }
}

fn licence(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    match !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(&byte)) {
        true => Ok(text.into()),
        false => Err("write the address of the licence: https://…"),
    }
}

fn security_contact(text: &str) -> Result<String, &'static str> {
    let known = ["mailto:", "https://", "tel:"]
        .into_iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    match known && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.into()),
        false => Err("begin it with mailto:, https:// or tel:"),
    }
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

    #[test]
    fn limits_and_addresses_are_read_or_refused() {
        assert_eq!("off".parse(), Ok(RateLimit::Off));
        assert_eq!("600".parse(), Ok(RateLimit::per_minute(600)));
        for wrong in ["", "0", "-1", "many", "1000000001", "Off"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong}");
        }
        assert_eq!(public_url("https://qingdan.example/"), Ok("https://qingdan.example".into()));
        assert!(
            ["qingdan.example", "https://", "https:///a", "https://a?b", "https://u@a"]
                .into_iter()
                .all(|url| public_url(url).is_err())
        );
        assert_eq!(licence("https://a.example/cc0"), Ok("https://a.example/cc0".into()));
        assert!(["CC0", "https://", "https://a b", "https://a\">"].into_iter().all(|text| licence(text).is_err()));
        assert_eq!(one_line(" 洋里乡人民政府 "), Ok("洋里乡人民政府".into()));
        assert!(one_line("a\nb").is_err() && one_line(&"字".repeat(101)).is_err());
        assert!(security_contact("mailto:a@b.example").is_ok());
        assert!(
            ["a@b.example", "mailto:", "mailto:a@b\r\nX: y"]
                .into_iter()
                .all(|contact| security_contact(contact).is_err())
        );
    }
}
