//! The page that checks a bundle in the browser: the only page of ours with a script, which its policy names by its hash.

use std::{collections::BTreeMap, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::Data,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    layout::{self, Frame, Section},
    view::read_language,
};
use crate::{
    problem::{Code, Language, Problem, Wrong},
    register::{
        catalog::{Catalog, Snapshot},
        notary::Notary,
    },
    transparency::VerifierKey,
    values::code_lists::Action,
    web::{answer::Version, owner::Owner, query::Parameters},
};

const SCRIPT: &str = include_str!("verify.js");

/// This script and no other, and connections to this server alone.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
});

/// The page that checks the bundle at a path.
pub fn address(proof: &str) -> String {
    format!("/verify?proof={proof}")
}

/// `GET /verify`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let mut parameters = Parameters::read(request.query_string());
    let proof = parameters.parsed("proof", |text| match is_own(text) {
        true => Ok(text.to_owned()),
        false => Err(Wrong::BadFormat("/v1/items/…/proof".into())),
    });
    let language = parameters.parsed("lang", read_language);
    parameters.only_what_is_wrong()?;
    let language = language.unwrap_or(Language::Chinese);
    let keys = request.app_data::<Data<Notary>>().ok_or(Code::Internal)?.public_keys();
    let snapshot = catalog.snapshot();
    let known: Vec<_> = keys.iter().map(VerifierKey::to_string).collect();
    let owner = Owner::of(request);
    let version = Version::of(&snapshot).variant("-verify").depending_on((language.tag(), &proof, known, &**owner));
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let address = proof.as_deref().map_or_else(|| "/verify".to_owned(), address);
    let frame = Frame {
        language,
        owner: &owner,
        title: language.choose("核验存证", "Verify a proof"),
        description: language.choose(
            "在浏览器中核验登记簿给出的存证：何时、由谁、公布了什么。",
            "Check in the browser what a register published, when, and in whose name.",
        ),
        address: &address,
        json: proof.as_deref(),
        section: Section::Verify,
    };
    let page = frame.page(&snapshot, &content(language, &keys, &terms(language, &snapshot)));
    let mut answer = layout::written(&snapshot, page).version(version).answer(request, &snapshot);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY.clone().ok_or(Code::Internal)?);
    Ok(answer)
}

/// Whether a text is the path of a bundle of this register.
fn is_own(path: &str) -> bool {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
    is_plain && path.starts_with("/v1/") && path.ends_with("/proof")
}

/// The words for kinds and actions, by their values: the script is the same in both languages, and its hash with it.
fn terms(language: Language, snapshot: &Snapshot) -> Value {
    let kinds = snapshot.kinds().map(|kind| match language {
        Language::Chinese => (kind.name, kind.chinese.to_owned()),
        Language::English => (kind.name, kind.name.replace('_', " ")),
    });
    let actions = Action::LIST.codes.iter().map(|code| match language {
        Language::Chinese => (code.value, code.label.to_owned()),
        Language::English => (code.value, code.value.replace('_', " ")),
    });
    json!({ "kinds": kinds.collect::<BTreeMap<_, _>>(), "actions": actions.collect::<BTreeMap<_, _>>() })
}

fn content(language: Language, keys: &[VerifierKey], terms: &Value) -> Markup {
    let say = |chinese, english| language.choose(chinese, english);
    html! {
        h1 { (say("核验存证", "Verify a proof")) }
        p { (say(
            "存证是登记簿公布过某次修订的证据。本页在您的浏览器中核验它：条目在日志中，日志由公钥的主人签名，内容与公布时一致。存证和公钥不会发给任何人。",
            "A proof shows that the register published a revision. This page checks it in your browser: that the line is in the log, \
             that the owner of the public key signed the log, and that the text is the one that was published. Nothing is sent anywhere.",
        )) }
        noscript { p.notice.warn { (say(
            "核验需要脚本。没有脚本时请使用命令：", "This needs a script. Without scripts use the command: "))
            code { "qingdan verify proof" } } }
        form #checker {
            p { label for="bundle" { (say("存证（JSON）：粘贴，或者把文件拖到这里", "Proof (JSON): paste it, or drop its file here")) }
                textarea #bundle rows="6" spellcheck="false" autocomplete="off" required {} }
            p { label for="file" { (say("或者打开文件", "Or open a file")) } input #file type="file" accept=".json,application/json"; }
            p { label for="key" { (say("您从别处取得的日志公钥（可不填）", "Public key of the log that you bring along (optional)")) }
                input #key type="text" spellcheck="false" autocomplete="off" aria-describedby="key-why" placeholder="NAME+ID+KEY"; }
            p.small #key-why { (say(
                "只有填写从公报、上级机关等处取得的公钥，核验才不依赖本服务器；不填时使用下列本服务器所说的公钥。",
                "Only with a key from elsewhere, such as a gazette or the county, is the check independent of this server; without one, \
                 the keys below are used, which this server says are its own.",
            )) }
            p { button type="submit" { (say("核验", "Verify")) } }
        }
        section #result role="status" aria-live="polite" data-terms=(terms.to_string()) {}
        h2 { (say("本服务器所说的日志公钥", "Public keys of the log, as this server says")) }
        ul #keys { @for key in keys { li { code { (key) } } } }
        p { (say("离线核验：", "Offline: ")) code { "qingdan verify proof FILE --key NAME+ID+KEY" } }
        script { (PreEscaped(SCRIPT)) }
    }
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn only_bundles_of_this_register_are_fetched() {
        assert!(is_own("/v1/items/11350121003619116B5000511001000/revisions/2/proof") && is_own("/v1/changes/3/proof"));
        for wrong in
            ["", "//evil.example/v1/proof", "https://a/v1/proof", "/v1/items/../proof", "/v1/a", "/v1/a?b=/proof"]
        {
            assert!(!is_own(wrong), "{wrong}");
        }
    }
}
