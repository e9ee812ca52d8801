//! The sample clients of `clients/`: generated from `openapi/openapi.json`, compiled, and run against the demonstration register.
//! `./test` installs the generators in `target/clients`.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, mpsc},
    thread,
};

use qingdan::{
    register::publication::Step,
    values::{code_lists::Action, sha256},
};
use serde_json::{Value, json};

use crate::helpers::app::{LONG, TestApp, demos, on_a_demo_of_its_own, on_the_demo, patched, step};

const OPENAPI: &str = "openapi/openapi.json";
const PYTHON: &str = "target/clients/python/bin";
const NODE_MODULES: &str = "target/clients/typescript/node_modules";
/// Tells where the Python package keeps the archive that is the generator.
const ARCHIVE: &str = "import openapi_generator_cli as it; print(it.__path__[0] + '/openapi-generator.jar')";
/// Libraries that the Java client needs beside those in the generator's own archive, as Debian's packages install them.
const JARS: [&str; 4] = ["httpmime", "httpclient", "httpcore", "geronimo-annotation-1.3-spec"];

const COLUMBARIUM: &str = "12350121488101808K5352011009000";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of what `./test` has installed.
#[track_caller]
fn installed(path: &str) -> PathBuf {
    let place = root().join(path);
    assert!(place.exists(), "{} is missing: run `./test`, which installs the tools of clients/", place.display());
    place
}

/// Returns the output of a program, which must have ended well.
#[track_caller]
fn run(command: &mut Command) -> String {
    let ended = output(command);
    let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{command:?} ended with {}:\n{said}", ended.status);
    String::from_utf8(ended.stdout).expect("UTF-8")
}

#[track_caller]
fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run `./test`, which installs the tools of clients/"))
}

/// The folder of what is generated and compiled for a client; made anew when one of the files of which it is made has changed.
fn made(client: &str, of: &[&str], make: impl FnOnce(&Path)) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().expect("another client could be made");
    let folder = root().join("target/clients").join(client).join("made");
    let mark = folder.join("made-of");
    let files = [OPENAPI, "tests/http/integration/clients.rs"].iter().chain(of);
    let digest = sha256(files.flat_map(|file| fs::read(root().join(file)).expect("it is there")).collect::<Vec<_>>());
    if fs::read_to_string(&mark).is_ok_and(|known| known == digest) {
        return folder;
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it can be removed");
    }
    fs::create_dir_all(&folder).expect("it can be made");
    make(&folder);
    fs::write(mark, digest).expect("it can be written");
    folder
}

/// The folder of the package `qingdan_client`. The generator warns of what it leaves out, which may only be media types that it
/// does not know.
fn python_package() -> PathBuf {
    let settings = "clients/python/generator.yaml";
    made("python", &[settings, "clients/python/requirements.txt"], |folder| {
        let mut generator = Command::new(installed(&format!("{PYTHON}/openapi-python-client")));
        generator.args(["generate", "--meta", "none", "--path"]).arg(root().join(OPENAPI));
        generator.arg("--config").arg(root().join(settings)).arg("--output-path").arg(folder.join("qingdan_client"));
        let said = run(&mut generator);
        for warning in said.split("WARNING ").skip(1) {
            assert!(
                warning.contains("Unsupported content"),
                "the generator does not understand openapi.json: {warning}"
            );
        }
    })
}

fn python(script: &str) -> Command {
    let mut command = Command::new(installed(&format!("{PYTHON}/python")));
    command.arg(root().join(script)).env("PYTHONPATH", python_package());
    // Kept, wherever the machine stands: parsing the package takes longer than all that it is asked.
    command
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPYCACHEPREFIX", root().join("target/clients/python/pycache"));
    command
}

/// `county.py` with a store of its own.
struct County {
    store: tempfile::TempDir,
}

impl County {
    fn new() -> Self {
        Self { store: tempfile::tempdir().expect("a folder") }
    }

    fn store(&self) -> PathBuf {
        self.store.path().join("county.db")
    }

    fn command(&self, before: &[&str], after: &[&str]) -> Command {
        let mut command = python("clients/python/county.py");
        command.args(before).arg(self.store()).args(after);
        command
    }

    /// The last line that `follow` writes: how far it came.
    fn follow(&self, app: &TestApp) -> String {
        let said = run(&mut self.command(&["follow", &app.base], &[]));
        said.lines().next_back().unwrap_or_default().to_owned()
    }

    fn watch(&self, app: &TestApp) -> Watching {
        let mut command = self.command(&["watch", &app.base], &[]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let (send, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
        Watching { process, lines }
    }

    fn listed(&self) -> Vec<Value> {
        let lines = run(&mut self.command(&["list"], &[]));
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn show(&self, code: &str) -> Value {
        serde_json::from_str(&run(&mut self.command(&["show"], &[code]))).expect("JSON")
    }

    fn holds(&self, text: &str) -> bool {
        let bytes = fs::read(self.store()).expect("it is there");
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// `county.py watch`, which goes on until it is killed.
struct Watching {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Watching {
    fn next_line(&self) -> String {
        self.lines.recv_timeout(LONG).expect("it writes a line")
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.process.kill().expect("it is still running");
        self.process.wait().expect("it ends");
    }
}

fn codes(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["code"].as_str()).collect()
}

#[actix_web::test]
async fn a_county_keeps_the_items_of_a_township_as_they_are_now() {
    on_a_demo_of_its_own(async |app: TestApp| {
        let county = County::new();
        let (cancelled, suspended) = ("12350121488101808K5352018002000", "11350121003619116B5000511002000");
        let (erased, old, new) =
            ("11350121003619116B5000523001000", "11350121003619116B5000511003000", "11350121003619116B5000511033000");
        assert_eq!(county.follow(&app).split(" → ").last(), Some("383 of 383"));
        let items = app.walk("/v1/items?limit=200").await;
        assert_eq!(codes(&county.listed()), items);

        // Deep in the body: of a short change at its beginning, the file would overwrite the old text anyway.
        let oversight = json!({ "oversight": [{ "seq": 1, "text": "不该公开的内容。" }] });
        let secret = patched(&app, &format!("/v1/items/{erased}"), &oversight).await;
        app.publish(vec![step("item", Action::Amend, erased, Some(secret))]).await.expect("it is valid");
        assert_eq!(county.follow(&app), "383 → 384 of 384", "it goes on where it was");
        assert_eq!(county.show(erased)["body"]["oversight"], oversight["oversight"]);
        assert!(county.holds("不该公开"));

        let watching = county.watch(&app);
        let code = json!({ "code": new, "implementation_code": new, "catalogue_code": "000511033000" });
        let renumbered = patched(&app, &format!("/v1/items/{old}"), &code).await;
        let batch = vec![
            step("item", Action::Cancel, cancelled, None),
            step("item", Action::Suspend, suspended, None),
            Step { successor: Some(new.into()), ..step("item", Action::Renumber, old, Some(renumbered)) },
            Step { revision: Some(2), ..step("item", Action::Erase, erased, None) },
        ];
        app.publish(batch).await.expect("it may");

        assert_eq!(watching.next_line(), "384 → 388 of 388");
        drop(watching);
        let listed = county.listed();
        let items = app.walk("/v1/items?limit=200").await;
        assert_eq!((codes(&listed), items.len()), (items.iter().map(String::as_str).collect(), 185));
        let status = listed.iter().find(|row| row["code"] == suspended).map(|row| &row["status"]);
        assert_eq!(status, Some(&"suspended".into()));
        let gone = county.show(cancelled);
        assert_eq!((&gone["status"], &gone["body"]), (&"cancelled".into(), &Value::Null));
        assert_eq!(county.show(erased)["body"], Value::Null);
        assert!(!county.holds("不该公开"), "what was erased is not in the file");
        assert_eq!(county.show(new)["body"]["code"], new);

        let younger = output(&mut county.command(&["follow", &demos()[0].base], &[]));
        assert_eq!(younger.status.code(), Some(3), "a register that is not as far is another one");
        assert!(String::from_utf8_lossy(&younger.stderr).contains("ahead-of-log"));
        assert_eq!(county.listed(), listed, "it keeps what it has");
    })
    .await;
}

#[test]
fn the_generated_python_client_reads_every_example_whole() {
    let said = run(python("tests/python/read_every_example.py").arg(root().join(OPENAPI)).arg("qingdan_client"));
    assert!(said.trim_end().ends_with(" examples") && !said.starts_with('0'), "{said}");
}

/// The folder of the compiled front-end sample.
fn front_end() -> PathBuf {
    let sources = ["package.json", "tsconfig.json", "query.ts"].map(|name| format!("clients/typescript/{name}"));
    let of: Vec<_> = sources.iter().map(String::as_str).collect();
    made("typescript", &of, |folder| {
        for source in &sources {
            let name = Path::new(source).file_name().expect("a name");
            fs::copy(root().join(source), folder.join(name)).expect("a copy");
        }
        let script = |name: &str| {
            let mut command = Command::new("node");
            command.arg(installed(&format!("{NODE_MODULES}/{name}"))).current_dir(folder);
            command
        };
        run(script("openapi-typescript/bin/cli.js").arg(root().join(OPENAPI)).args(["-o", "register.d.ts"]));
        run(&mut script("typescript/bin/tsc"));
    })
}

/// Runs `query.js` for a search and circumstances; returns whether it ended well, and its output.
fn query(app: &TestApp, language: &str, text: &str, circumstances: &[&str]) -> (bool, Value) {
    let mut command = Command::new("node");
    command.arg(front_end().join("query.js")).args([&app.base, language, text]).args(circumstances);
    let ended = output(&mut command);
    let said = serde_json::from_slice(&ended.stdout);
    (ended.status.success(), said.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ended.stderr))))
}

#[actix_web::test]
async fn a_front_end_searches_shows_and_quotes_with_generated_types() {
    on_the_demo(async |app| {
        let (well, dibao) = query(app, "en", "dibao", &[]);
        assert!(well);
        let found = app.json("/v1/items?q=dibao&facets=category,charge").await;
        assert_eq!(dibao["total"], found["total"]);
        let labels = |field: &str| {
            let counts = found["facets"][field].as_array().expect("counts").iter();
            counts
                .map(|count| format!("{} {}", count["label"].as_str().unwrap_or_default(), count["count"]).into())
                .collect::<Vec<Value>>()
        };
        assert_eq!(dibao["facets"], json!({ "category": labels("category"), "charge": labels("charge") }));
        assert_eq!(dibao["quote"]["statement"], "This item is free of charge.");
        let guide = dibao["item"]["guide"].as_str().and_then(|guide| guide.strip_prefix(&app.base)).expect("on it");
        app.get(guide).await.expect_status(200);

        let (well, asked) = query(app, "zh-CN", "骨灰堂", &[]);
        assert!(well);
        let parameters: Vec<_> = asked["quote"]["asks"].as_array().expect("a form").iter().collect();
        assert_eq!(
            parameters.iter().map(|asked| (&asked["parameter"], &asked["label"])).collect::<Vec<_>>(),
            [(&"months".into(), &"存放月数".into()), (&"low_income".into(), &"是否属于低保、特困对象".into())]
        );
        let told = ["months=13", "low_income=false"];
        let (_, quoted) = query(app, "zh-CN", "骨灰堂", &told);
        let quote = app.json(&format!("/v1/items/{COLUMBARIUM}/fee-quote?{}", told.join("&"))).await;
        assert_eq!((&quoted["quote"]["total"], &quote["total"]), (&"120.00 CNY".into(), &"120.00".into()));
    })
    .await;
}

#[actix_web::test]
async fn a_front_end_tells_problems_in_the_language_of_its_page() {
    on_the_demo(async |app| {
        for (language, title, message) in
            [("zh-CN", "查询参数不符合要求", "应为 ≥ 0"), ("en", "The query cannot be read", "must be ≥ 0")]
        {
            let (well, refused) = query(app, language, "骨灰堂", &["months=-1"]);
            assert!(!well);
            assert_eq!(
                (&refused["problem"]["code"], &refused["problem"]["title"]),
                (&"invalid-query".into(), &title.into())
            );
            assert_eq!(refused["fields"], json!([{ "field": "months", "message": message }]));
        }
    })
    .await;
}

/// The class path of the Java sample, which is generated and compiled with all of the generated client.
fn java_classes() -> String {
    let (settings, sample) = ("clients/java/generator.yaml", "clients/java/Counter.java");
    let said = run(Command::new(installed("target/clients/java/bin/python")).args(["-c", ARCHIVE]));
    let archive = said.trim();
    let jars = JARS.map(|name| installed(&format!("/usr/share/java/{name}.jar")).display().to_string());
    let libraries = format!("{archive}:{}", jars.join(":"));
    let folder = made("java", &[settings, sample, "clients/java/requirements.txt"], |folder| {
        // Programs that live for seconds are not worth an optimising compiler.
        const SHORT: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
        let mut generator = Command::new("java");
        generator.args(SHORT).args(["-jar", archive, "generate", "-i"]).arg(root().join(OPENAPI));
        run(generator.arg("-c").arg(root().join(settings)).arg("-o").arg(folder));
        let mut compiler = Command::new("javac");
        compiler.args(SHORT.map(|option| format!("-J{option}"))).args(["-nowarn", "-proc:none", "-encoding", "UTF-8"]);
        compiler.args(["-cp", &libraries, "-d"]).arg(folder.join("classes"));
        run(compiler.arg(root().join(sample)).args(java_files(&folder.join("src/main/java"))));
    });
    format!("{}:{libraries}", folder.join("classes").display())
}

fn java_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it was generated").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| java_files(folder))).collect()
}

#[actix_web::test]
async fn a_counter_in_java_walks_a_list_and_reads_an_item() {
    on_the_demo(async |app| {
        let counter = |more: &[&str]| {
            let mut counter = Command::new("java");
            counter.args(["-cp", &java_classes(), "Counter", &app.base, "administrative_benefit"]).args(more);
            counter.env("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8");
            run(&mut counter)
        };

        let said = counter(&[]);

        let benefits = app.walk("/v1/items?category=administrative_benefit").await;
        let lines: Vec<_> = said.lines().collect();
        let (listed, rest) = lines.split_at(benefits.len());
        let walked: Vec<_> = listed.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(walked, benefits);
        assert_eq!(rest[0], format!("{0} of {0}", benefits.len()));
        let first = app.json(&format!("/v1/items/{}", benefits[0])).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(rest[1], format!("{}: {}", text(&first["name"]), text(&first["embedded"]["organisation"]["name"])));
        let materials = first["materials"].as_array().expect("materials").iter();
        let told: Vec<_> =
            materials.map(|one| format!("- {} ({})", text(&one["name"]), text(&one["necessity"]))).collect();
        assert_eq!(rest[2..], told);
        assert!(counter(&["nothing"]).ends_with("\n404 not-found: Not found\n"));
    })
    .await;
}
