//! The import rule, of the register and of each library in `crates/`: a file names only modules that stand above it, in `lib.rs`
//! and in the `mod.rs` of every folder that both are in; what anyone reads, what staff do and what mirrors do know nothing of
//! each other. A file of these tests imports from `helpers` alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn files_import_only_those_above_them() {
    let mut compared = 0;
    for src in sources() {
        for (module, file) in modules(&src) {
            let source = read(&file);
            for (import, in_test) in imports(&module, &source) {
                compared += 1;
                // Tests of a file may use what stands below it in its folder.
                let is_checked = !in_test || module.first() != import.first();
                let wrong = is_checked.then(|| below(&src, &module, &import)).flatten();
                assert!(wrong.is_none(), "{} imports {}: {wrong:?}", file.display(), import.join("::"));
            }
        }
    }
    assert!(compared > 3000, "{compared} imports");
}

#[test]
fn public_staff_and_mirror_do_not_know_each_other() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let beside = ["public", "staff", "mirror"];
    let mut files = 0;
    for (module, file) in modules(&src) {
        if !beside.contains(&module[0].as_str()) {
            continue;
        }
        files += 1;
        for (import, _) in imports(&module, &read(&file)) {
            let other = import.first().filter(|first| **first != module[0] && beside.contains(&first.as_str()));
            assert!(other.is_none(), "{} imports {}", file.display(), import.join("::"));
        }
    }
    assert!(files > 150, "{files} files");
}

/// Code that two test files need stands in `helpers`: a test can be altered without a look at the others.
#[test]
fn a_test_imports_from_helpers_and_from_no_other_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = root.join("tests/http");
    let (mut files, mut compared) = (0, 0);
    for file in files_of(root, "tests/http") {
        let place = file.strip_prefix(&tests).expect("it is in the folder").with_extension("");
        let module: Vec<String> = place.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        if let [alone] = &module[..] {
            assert!(["main", "architecture"].contains(&alone.as_str()), "{} stands in no area", file.display());
            continue;
        }
        files += 1;
        for (import, _) in imports(&module, &read(&file)) {
            compared += 1;
            let is_helper = import.first().is_some_and(|first| first == "helpers");
            assert!(is_helper, "{} imports {}", file.display(), import.join("::"));
        }
    }
    assert!(files > 60 && compared > 500, "{files} files, {compared} imports");
}

/// Compares the place of a file with that of what it imports, in the list that declares both or the folders of both; says what
/// stands below what.
fn below(src: &Path, module: &[String], import: &[String]) -> Option<String> {
    let common = module.iter().zip(import).take_while(|(own, other)| own == other).count();
    let (own, other) = (module.get(common)?, import.get(common)?);
    let list = list_of(src, &module[..common]);
    let source = read(&list);
    let declared = declared_modules(&source);
    // An export of a folder is in one of its files.
    let other = if declared.contains(other) { other.clone() } else { exported_from(&source, other)? };
    let place = |name: &String| declared.iter().position(|known| known == name);
    (place(&other)? > place(own)?).then(|| format!("`{other}` stands below `{own}` in {}", list.display()))
}

/// The file that declares the modules of a folder.
fn list_of(src: &Path, folder: &[String]) -> PathBuf {
    match folder {
        [] => src.join("lib.rs"),
        names => {
            let path = names.iter().fold(src.to_path_buf(), |path, name| path.join(name));
            if path.is_dir() { path.join("mod.rs") } else { path.with_extension("rs") }
        }
    }
}

/// The module of a folder from which the folder exports `name`.
fn exported_from(source: &str, name: &str) -> Option<String> {
    let exports = source.split("pub use ").skip(1).flat_map(|text| {
        let mut paths = Vec::new();
        expand(text, &[], &mut paths);
        paths
    });
    exports.filter(|path| path.last().is_some_and(|last| last == name)).find_map(|path| path.first().cloned())
}

/// The imports of a file, as paths from the top; and whether only its tests have them.
fn imports(module: &[String], source: &str) -> Vec<(Vec<String>, bool)> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let (own, tests) = code.split_once("#[cfg(test)]").unwrap_or((&code, ""));
    let mut found: Vec<_> = paths_after(own, "crate::", &[]).into_iter().map(|path| (path, false)).collect();
    found.extend(paths_after(tests, "crate::", &[]).into_iter().map(|path| (path, true)));
    if let Some((_, folder)) = module.split_last() {
        found.extend(paths_after(own, "super::", folder).into_iter().map(|path| (path, false)));
    }
    found
}

/// The paths that follow `prefix`, those in braces one by one, with `stem` before each.
fn paths_after(source: &str, prefix: &str, stem: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices(prefix) {
        if !source[..at].ends_with("super::") {
            expand(&source[at + prefix.len()..], stem, &mut found);
        }
    }
    found
}

/// Takes the path apart with which `text` begins, and returns what follows it.
fn expand<'a>(mut text: &'a str, stem: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = stem.to_vec();
    loop {
        if let Some(members) = text.strip_prefix('{') {
            text = members.trim_start();
            while !text.is_empty() && !text.starts_with('}') {
                let rest = expand(text, &path, found);
                // A member may have another name, and ends with a comma.
                let end = rest.find([',', '}']).unwrap_or(rest.len());
                text = rest[end..].strip_prefix(',').unwrap_or(&rest[end..]).trim_start();
            }
            return text.strip_prefix('}').unwrap_or_default();
        }
        let name = identifier(text);
        text = &text[name.len()..];
        match name.as_str() {
            "super" => drop(path.pop()),
            "self" | "" => {}
            _ => path.push(name),
        }
        match text.strip_prefix("::") {
            Some(rest) => text = rest,
            None => break,
        }
    }
    found.push(path);
    text
}

/// Every file below `src` that is a module, with its path; none where `#[path]` takes it from elsewhere.
fn modules(src: &Path) -> Vec<(Vec<String>, PathBuf)> {
    let (mut found, mut left) = (Vec::new(), vec![(Vec::new(), src.join("lib.rs"))]);
    while let Some((module, file)) = left.pop() {
        let folder = if file.ends_with("lib.rs") || file.ends_with("mod.rs") {
            file.with_file_name("")
        } else {
            file.with_extension("")
        };
        for name in declared_modules(&read(&file)) {
            let (alone, with_files) = (folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs"));
            let path: Vec<_> = module.iter().cloned().chain([name]).collect();
            left.extend([alone, with_files].into_iter().find(|file| file.is_file()).map(|file| (path, file)));
        }
        if !module.is_empty() {
            found.push((module, file));
        }
    }
    found
}

/// The threads that answer write no page and read no record: what it says may be long. They hand a function to `blocking`.
#[test]
fn handlers_of_pages_write_nothing_themselves() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut handlers = 0;
    for file in files_of(&src, "public/pages") {
        // The head of the feed is all that its handler writes.
        let writes = if file.ends_with("atom.rs") {
            &["from_str(", "body(entry"][..]
        } else {
            &["html!", "from_str(", "body(entry"]
        };
        for handler in async_functions(&read(&file)) {
            handlers += 1;
            let found = writes.iter().find(|written| handler.contains(**written));
            assert!(found.is_none(), "{}: {found:?} in {handler}", file.display());
        }
    }
    assert!(handlers > 20, "{handlers}");
}

/// Those of one database and those of both are remembered in one table, by their numbers: the second of two that share one
/// would count as done.
#[test]
fn migrations_of_a_database_have_numbers_of_their_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |part: &str| {
        let entries = fs::read_dir(folder.join(part)).expect("a folder").map(|entry| entry.expect("an entry"));
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    for database in ["sqlite", "postgres"] {
        let names = [names("common"), names(database)].concat();
        let mut numbers: Vec<_> = names.iter().filter_map(|name| name.split('_').next()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), names.len(), "{names:?}");
    }
}

/// The folders that have a `lib.rs`: the register's, and that of each library.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let libraries = fs::read_dir(root.join("crates")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let folders = [root.to_path_buf()].into_iter().chain(libraries).map(|package| package.join("src"));
    folders.filter(|folder| folder.join("lib.rs").is_file()).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn declared_modules(source: &str) -> Vec<String> {
    let lines = source.lines().map(|line| line.strip_prefix("pub ").unwrap_or(line));
    lines.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(String::from).collect()
}

/// The asynchronous functions of a file, each from its first line to its last.
fn async_functions(source: &str) -> Vec<String> {
    let (mut found, mut lines) = (Vec::new(), source.lines());
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code.strip_prefix("pub ").unwrap_or(code).starts_with("async fn ") {
            let end = format!("{}}}", &line[..line.len() - code.len()]);
            let rest = lines.by_ref().take_while(|line| *line != end);
            found.push([line].into_iter().chain(rest).collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// The files of a module, in folders of its folder, too; none where `#[path]` takes it from elsewhere.
fn files_of(src: &Path, module: &str) -> Vec<PathBuf> {
    let (mut files, mut left) = (Vec::new(), vec![src.join(module), src.join(module).with_extension("rs")]);
    while let Some(path) = left.pop() {
        match fs::read_dir(&path) {
            Ok(entries) => left.extend(entries.map(|entry| entry.expect("an entry").path())),
            Err(_) => files.push(path),
        }
    }
    files.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "rs"));
    files
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
