//! Passwords: which are refused (NIST SP 800-63B §5.1.1.2: length and blocklist, no composition, no expiry), and hashing.

use std::{collections::HashSet, sync::LazyLock, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use unicode_normalization::UnicodeNormalization;

use super::account::Hidden;
use crate::{
    base::{blocking, turns::Places},
    problem::{Code, Problem, Wrong},
    values::has_resident_check,
};

/// Characters of a password at least.
pub const SHORTEST: usize = 12;
/// Characters of a password at most.
pub const LONGEST: usize = 128;
/// Characters beside a common word that do not make it a good password: a date and a mark.
const DECORATION: usize = 9;
/// Different characters of a password at least.
const FEWEST_DIFFERENT: usize = 5;
/// How this service and its records are called.
const SERVICE: [&str; 4] = ["qingdan", "清单", "quanliqingdan", "权责清单"];
/// Rows and columns of a keyboard, and runs that people type.
const RUNS: [&str; 15] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik,",
    "9ol.",
    "!@#$%^&*()",
];

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines();
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
});

/// The one form of a password, however a keyboard composes it.
pub fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Whether an account may have this password.
pub fn check(password: &str, username: &str) -> Result<(), Wrong> {
    let password = normal(password);
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Wrong::TooShort(SHORTEST as u64));
    }
    if length > LONGEST {
        return Err(Wrong::TooLong(LONGEST as u64));
    }
    if password.chars().any(char::is_control) {
        return Err(Wrong::ControlCharacter);
    }
    let folded = password.to_lowercase();
    if username.chars().count() >= 3 && folded.contains(&username.to_lowercase()) {
        return Err(Wrong::WeakPassword("密码不得包含用户名", "must not contain the username"));
    }
    if SERVICE.iter().any(|name| folded.contains(name)) {
        return Err(Wrong::WeakPassword("密码不得包含本系统的名称", "must not contain the name of this service"));
    }
    if is_simple(&folded) {
        return Err(Wrong::WeakPassword(
            "密码由重复、连续或键盘相邻的字符组成，容易被猜中",
            "is a repetition, a sequence or a walk on the keyboard, and easily guessed",
        ));
    }
    if has_resident_check(folded.as_bytes()) {
        return Err(Wrong::WeakPassword(
            "公民身份号码为他人所知，不得用作密码",
            "is a citizen's identity number, which others know",
        ));
    }
    if is_common(&folded) {
        return Err(Wrong::WeakPassword(
            "密码过于常见，容易被猜中",
            "is a common password, or made of one, and easily guessed",
        ));
    }
    Ok(())
}

/// Few different characters, one piece again and again, or neighbours on the keyboard or in the alphabet.
fn is_simple(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let different: HashSet<char> = characters.iter().copied().collect();
    if different.len() < FEWEST_DIFFERENT || repeated(&characters) < SHORTEST.min(7) {
        return true;
    }
    let near = characters.windows(2).filter(|pair| are_neighbours(pair[0], pair[1])).count();
    near * 4 >= (characters.len() - 1) * 3
}

/// The length of the shortest piece of which the text is a repetition, perhaps cut at the end.
fn repeated(characters: &[char]) -> usize {
    let is_period =
        |length: &usize| characters.iter().skip(*length).eq(characters.iter().take(characters.len() - length));
    (1..characters.len()).find(is_period).unwrap_or(characters.len())
}

fn are_neighbours(a: char, b: char) -> bool {
    a == b
        || RUNS.iter().any(|run| {
            let place = |c: char| run.chars().position(|other| other == c);
            matches!((place(a), place(b)), (Some(a), Some(b)) if a.abs_diff(b) == 1)
        })
}

/// A common password, plain or in disguise: other marks around it, letters written as figures, said twice.
fn is_common(password: &str) -> bool {
    if COMMON.contains(password) {
        return true;
    }
    let plain: String = password.chars().map(without_disguise).collect();
    [password, &plain].into_iter().any(|text| {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
        let word: String = letters[..repeated(&letters)].iter().collect();
        let decoration = text.chars().count() - letters.len();
        COMMON.contains(word.as_str()) && (decoration <= DECORATION)
            || COMMON.contains(text.trim_matches(|c: char| !c.is_alphanumeric()))
    })
}

fn without_disguise(c: char) -> char {
    match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// Hashes passwords, so many at a time: each takes 19 MiB and a good part of a tenth of a second. Who tries many waits behind its own.
#[derive(Clone)]
pub struct Hasher {
    places: Places,
}

/// How long a request waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(10);

/// The hash that a password is compared with where there is none, so that unknown usernames take as long as known ones.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

impl Default for Hasher {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { places: Places::new(cores.clamp(2, 8)) }
    }
}

impl Hasher {
    /// The argon2id hash of a password with a new salt, as a PHC string.
    pub async fn hash(&self, password: &str) -> Result<Hidden, Problem> {
        let password = normal(password);
        self.on_a_thread(move || hash_now(&password)).await?.map(Hidden).ok_or_else(|| Code::Internal.into())
    }

    /// Whether `password` is the one of `secret`; takes as long where there is none.
    pub async fn holds(&self, password: &str, secret: Option<Hidden>) -> Result<bool, Problem> {
        let password = normal(password);
        self.on_a_thread(move || {
            let known = secret.is_some();
            let secret = secret.map_or_else(|| NOBODYS.clone(), |hidden| hidden.0);
            let right = PasswordHash::new(&secret)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            right && known
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let place = self.places.acquire(PATIENCE).await.ok_or_else(|| Problem::from(Code::Unavailable).after(2))?;
        blocking::run_at_once(move || {
            let _place = place;
            work()
        })
        .await
    }
}

fn hash_now(password: &str) -> Option<String> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Some(hash.to_string()),
        Err(error) => {
            log::error!("hashing: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_twelve_to_one_hundred_and_twenty_eight_characters_of_any_kind() {
        assert_eq!(check("short-pass9", "li"), Err(Wrong::TooShort(12)));
        assert_eq!(check(&"长安城中春色十二分".repeat(15), "li"), Err(Wrong::TooLong(128)));
        for good in [
            "correct staple horse mule",
            "春眠不觉晓处处闻啼鸟夜来",
            "kx7 vne parol tamb",
            " leading and trailing ",
            "nine-Dogs-over-Yangtze",
            "wo de mao jiao huanghuang",
            "tV9$kq2!LmZ7x",
        ] {
            assert_eq!(check(good, "li"), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_attackers_try_first_is_refused_in_every_disguise() {
        for bad in [
            "password1234",
            "Password1234!",
            "P@ssw0rd2026",
            "passwordpassword",
            "qwertyuiop12",
            "1qaz2wsx3edc",
            "123456789012",
            "abcdefghijkl",
            "aaaaaaaaaaaa",
            "abababababab",
            "abcabcabcabc",
            "woaini1314520",
            "woainiwoaini",
            "ＷｏＡｉＮｉ５２０１３１４",
            "zhongguo2026!",
            "Admin@123456",
            "administrator1",
            "5201314woaini",
            "renmin888888",
            "weirenminfuwu",
            "iloveyou1314",
            "zaq12wsxcde3",
            "qwer12345678",
            "!@#$%^&*()12",
            "fedcba987654",
            "111222333444",
            "huawei@123456",
        ] {
            assert!(matches!(check(bad, "li"), Err(Wrong::WeakPassword(..))), "{bad}");
        }
    }

    #[test]
    fn what_everybody_knows_of_the_account_is_refused() {
        assert!(check("chenxiaomei and tea", "chenxiaomei").is_err());
        assert!(check("the Qingdan of Yangli", "li").is_err());
        assert!(check("我的权责清单密码真长", "li").is_err());
        assert!(check("11010519491231002X", "li").is_err());
    }

    #[actix_web::test]
    async fn a_hash_holds_for_its_password_and_for_no_other() {
        let hasher = Hasher::default();
        let hash = hasher.hash("Caf\u{e9} in the morning").await.expect("a hash");
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hasher.hash("Caf\u{e9} in the morning").await.expect("a hash"), hash);
        assert!(hasher.holds("Cafe\u{301} in the morning", Some(hash.clone())).await.expect("an answer"));
        assert!(!hasher.holds("Cafe in the morning", Some(hash)).await.expect("an answer"));
        assert!(!hasher.holds("nobody has this password", None).await.expect("an answer"));
    }
}
