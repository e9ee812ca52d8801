//! The staff manual, `docs/手册-工作人员.md`: its requests are run in order by those whom it names, on the real binary.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::helpers::{
    app::{Engine, on_each_database},
    processes::{demonstration, url_of},
};

on_each_database!(every_request_of_the_manual_is_answered_as_it_says);

/// Who acts in a block, and which account of the demonstration that is; nobody in particular has none.
const PEOPLE: [(&str, &str); 5] =
    [("每个人", ""), ("编辑", "editor"), ("保密审查", "reviewer"), ("合法性审核", "reviewer2"), ("公布", "publisher")];

/// What stands before the blocks. `pipefail` would make much of a `head` that has read enough.
const BEFORE: &str = r#"set -eu
cd "$1"
TOKEN=
last_status() { sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' headers.txt | tail -n 1; }
wrong() { printf 'manual: %s\n' "$*" >&2; cat answer.json >&2; exit 1; }
"#;

async fn every_request_of_the_manual_is_answered_as_it_says(engine: Engine) {
    let folder = TempDir::new().expect("a folder");
    let (printed, script) = (folder.path().join("demo.txt"), folder.path().join("manual.sh"));
    let database = url_of(&engine.new_database());
    let _server = demonstration(folder.path(), &printed, Some(&database));
    let demo = fs::read_to_string(&printed).expect("what it printed");
    let manual = fs::read_to_string(manual()).expect("the manual");
    let blocks = blocks(&manual);
    assert!(blocks.len() > 50, "{} blocks", blocks.len());

    fs::write(&script, script_of(&blocks, &demo)).expect("it can be written");
    let run = Command::new("bash").arg(&script).arg(folder.path()).output().expect("bash runs");

    let told = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{told}");
}

#[test]
fn the_manual_says_of_every_block_who_acts_and_what_is_answered() {
    let manual = fs::read_to_string(manual()).expect("the manual");
    for block in blocks(&manual) {
        let head = Head::of(block);
        let defines_only = head.status.is_none() && head.account.is_empty();
        assert!(defines_only || head.status.is_some(), "what is answered: {block}");
        assert!(head.status.is_none_or(|status| (200..600).contains(&status)), "{block}");
    }
    for (who, _) in PEOPLE {
        assert!(manual.contains(&format!("```sh\n# {who}")), "{who} acts");
    }
}

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/手册-工作人员.md")
}

/// What stands between ```` ```sh ```` and ```` ``` ````.
fn blocks(manual: &str) -> Vec<&str> {
    let after_opening = manual.split("\n```sh\n").skip(1);
    after_opening.map(|rest| rest.split_once("```").expect("its end").0).collect()
}

/// The first line of a block: `# 编辑 · 应答 200 · "state":"draft"`, that is, who acts, the status of the last answer, and what is in it.
struct Head<'a> {
    account: &'static str,
    status: Option<u16>,
    contains: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn of(block: &'a str) -> Self {
        let line = block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("who acts");
        let mut parts = line.split(" · ");
        let who = parts.next().expect("who acts");
        let (_, account) = *PEOPLE.iter().find(|(name, _)| *name == who).unwrap_or_else(|| panic!("who is {who}?"));
        let status = parts.next().map(|part| part.strip_prefix("应答 ").expect("应答").parse().expect("a status"));
        Self { account, status, contains: parts.next() }
    }
}

/// All blocks as one script: everybody goes on with the token that he had.
fn script_of(blocks: &[&str], demo: &str) -> String {
    let printed = |name: &str| demo.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let mut script = format!("{BEFORE}REGISTER={}\n", printed("listening on "));
    for block in blocks {
        let Head { account, status, contains } = Head::of(block);
        let Some(status) = status else {
            script.push_str(block);
            continue;
        };
        let (token, password) = (printed(&format!("token {account}=")), printed(&format!("password {account}=")));
        let first = block.lines().next().unwrap_or_default();
        writeln!(script, "echo '== {first}'").expect("a string");
        writeln!(script, "ACCOUNT='{account}' PASSWORD='{password}' TOKEN=${{TOKEN_{account}-'{token}'}}")
            .expect("a string");
        match status {
            400.. => writeln!(script, "{{ {block}}} || true").expect("a string"),
            _ => script.push_str(block),
        }
        writeln!(script, "TOKEN_{account}=$TOKEN").expect("a string");
        writeln!(script, "[ \"$(last_status)\" = {status} ] || wrong \"it answered $(last_status)\"")
            .expect("a string");
        if let Some(text) = contains {
            writeln!(script, "grep -qF -- '{text}' answer.json || wrong 'the answer is without {text}'")
                .expect("a string");
        }
    }
    script
}
