//! The import rule, of the register and of each library in `crates/`: a module names only modules that stand above it
//! in `lib.rs`, and a file of a folder only those above it in `mod.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn modules_import_only_those_above_them() {
    let mut all = 0;
    for src in sources() {
        let modules = declared_modules(&read(&src.join("lib.rs")));
        all += modules.len();
        for (place, module) in modules.iter().enumerate() {
            for file in files_of(&src, module) {
                for import in names_after(&read(&file), "crate::") {
                    let below = modules[place + 1..].contains(&import);
                    assert!(!below, "{} imports `{import}`, which stands below `{module}` in lib.rs", file.display());
                }
            }
        }
    }
    assert!(all > 70, "{all} modules");
}

#[test]
fn files_import_only_those_above_them_in_their_folder() {
    for src in sources() {
        check_folder(&src, "lib.rs");
    }
}

/// Checks the files that `list` declares, and the folders among them.
fn check_folder(folder: &Path, list: &str) {
    let files = declared_modules(&read(&folder.join(list)));
    for (place, file) in files.iter().enumerate() {
        let path = folder.join(file);
        if path.is_dir() {
            check_folder(&path, "mod.rs");
        }
        let path = path.with_extension("rs");
        let source = if path.exists() { read(&path) } else { continue };
        let own = source.split("#[cfg(test)]").next().unwrap_or_default();
        for import in names_after(own, "super::") {
            let below = files[place + 1..].contains(&import);
            assert!(!below, "{} imports `{import}`, which stands below it in {list}", path.display());
        }
    }
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

/// The first names after `prefix`, whether written alone or in braces.
fn names_after(source: &str, prefix: &str) -> Vec<String> {
    source
        .split(prefix)
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(group) => members(group),
            None => vec![identifier(rest)],
        })
        .collect()
}

/// The leading name of each member of a brace group, of which `group` starts with the inside.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let outermost = group.chars().map(|c| {
        let at = depth;
        depth += i32::from(c == '{') - i32::from(c == '}');
        (at, c)
    });
    let outermost: String =
        outermost.take_while(|pair| *pair != (0, '}')).filter(|(at, _)| *at == 0).map(|(_, c)| c).collect();
    outermost.split(',').map(|member| identifier(member.trim())).collect()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
