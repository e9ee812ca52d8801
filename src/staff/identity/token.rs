//! Our own access tokens (RFC 9068): JWT, signed with Ed25519, for ten minutes.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::keys::SigningKey;
use crate::problem::{Code, Problem};

/// The audience of our tokens.
pub const AUDIENCE: &str = "qingdan";
/// The type of an access token (RFC 9068 §2.1).
pub const TYPE: &str = "at+jwt";
/// Clocks of replicas may differ by so much.
const LEEWAY: i64 = 5;
/// Bytes of a token at most.
pub const LONGEST: usize = 8 << 10;

/// Why a token is refused. The log says it, for who runs the issuer; who came with the token learns no more than that it has expired.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Longer than any of ours.
    #[error("it has more than {LONGEST} bytes")]
    TooLong,
    /// Not a JWT, not signed by the key, or not for us.
    #[error("{0}")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// A header that says where its own key is, or asks for what is not known here.
    #[error("its header has jwk, jku, x5u, x5c or crit")]
    BringsAKey,
    /// Of another type, another algorithm, or without the name of a key.
    #[error("its header has another typ or alg than an access token, or no usable kid")]
    Header,
    /// A key that nobody knows.
    #[error("no key with its kid is known")]
    UnknownKey,
    /// A key for another algorithm.
    #[error("its alg is not that of the key with its kid")]
    OtherAlgorithm,
    /// An ID token, a refresh token or another thing that its issuer signs.
    #[error("it is no access token: {0}")]
    NoAccessToken(&'static str),
    /// One that holds only together with a key, which is not asked for.
    #[error("it is bound to a key (cnf); ask the issuer for one that is not")]
    Bound,
    /// A claim that is absent or of another form.
    #[error("its claim {0} is absent or not as it must be")]
    Claim(&'static str),
    /// Too late.
    #[error("it has expired")]
    Expired,
    /// Too early.
    #[error("it does not hold yet (nbf)")]
    NotYet,
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        log::info!("an access token is refused: {error}");
        match error {
            TokenError::Expired => Self::with_detail(
                Code::Unauthenticated,
                "访问令牌已过期，请刷新或者重新登录。",
                "The access token has expired: refresh it, or sign in again.",
            ),
            _ => Self::with_detail(
                Code::Unauthenticated,
                "访问令牌无效。请在 Authorization: Bearer 中携带由本系统（或者已配置的签发方）签发的令牌。",
                "The access token is not valid. Send one that this service, or its configured issuer, has made.",
            ),
        }
    }
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The account's id.
    pub sub: String,
    /// Its own id.
    pub jti: String,
    /// When it was made.
    pub iat: i64,
    /// From when it holds.
    pub nbf: i64,
    /// Until when it holds.
    pub exp: i64,
    /// The session that it belongs to.
    pub sid: String,
}

impl Claims {
    /// The claims of a token for a session, made now.
    pub fn new(issuer: &str, account: &str, session: &str, lasts: TimeDelta, now: DateTime<Utc>) -> Self {
        Self {
            iss: issuer.into(),
            aud: AUDIENCE.into(),
            sub: account.into(),
            jti: uuid::Uuid::now_v7().simple().to_string(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + lasts).timestamp(),
            sid: session.into(),
        }
    }
}

/// Signs a token.
pub fn sign(claims: &Claims, key: &SigningKey) -> Result<String, Problem> {
    let header = Header { typ: Some(TYPE.into()), kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &key.private).map_err(|error| {
        log::error!("signing a token: {error}");
        Code::Internal.into()
    })
}

/// The header of a token that could be an access token. Keys that a token brings along or points to are never looked at:
/// one that does so is refused.
pub fn header(token: &str) -> Result<Header, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::TooLong);
    }
    let header = decode_header(token)?;
    let brings_a_key = header.jwk.is_some()
        || header.jku.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.crit.is_some();
    match brings_a_key {
        true => Err(TokenError::BringsAKey),
        false => Ok(header),
    }
}

/// The `kid` of one of our tokens.
pub fn key_id(token: &str) -> Result<String, TokenError> {
    let header = header(token)?;
    let is_ours = header.alg == Algorithm::EdDSA && header.typ.is_some_and(|kind| kind.eq_ignore_ascii_case(TYPE));
    let is_thumbprint =
        |kid: &String| kid.len() == 43 && kid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    header.kid.filter(|kid| is_ours && is_thumbprint(kid)).ok_or(TokenError::Header)
}

/// Returns the claims of a token, if `key` signed it for us and it holds now.
pub fn read(token: &str, key: &DecodingKey, issuer: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    // By our own `now`, below.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, key, &validation)?.claims;
    must_hold(claims.nbf, claims.exp, LEEWAY, now)?;
    Ok(claims)
}

/// Refuses what does not hold yet or no longer.
pub fn must_hold(from: i64, until: i64, leeway: i64, now: DateTime<Utc>) -> Result<(), TokenError> {
    let now = now.timestamp();
    if until.saturating_add(leeway) <= now {
        return Err(TokenError::Expired);
    }
    match from > now.saturating_add(leeway) {
        true => Err(TokenError::NotYet),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_learns_why_and_the_client_that_it_is_not_valid() {
        let (long, other) = ("x".repeat(LONGEST + 1), "eyJhbGciOiJIUzI1NiJ9.e30.AA");
        let why = |token: &str| key_id(token).expect_err("it is none of ours").to_string();
        assert_eq!(why(&long), "it has more than 8192 bytes");
        assert!(why(other).starts_with("its header has another typ or alg"), "{}", why(other));
        assert!(!why("nonsense").is_empty());
        let told = [key_id(&long), key_id(other), key_id("nonsense")].map(|refused| {
            let problem = Problem::from(refused.expect_err("it is none of ours"));
            (problem.code, problem.detail.map(|detail| detail.english))
        });
        assert!(told.iter().all(|told| *told == told_of(TokenError::UnknownKey)), "{told:?}");
        assert_ne!(told_of(TokenError::Expired), told[0].clone());
    }

    fn told_of(error: TokenError) -> (Code, Option<String>) {
        let problem = Problem::from(error);
        (problem.code, problem.detail.map(|detail| detail.english))
    }
}
