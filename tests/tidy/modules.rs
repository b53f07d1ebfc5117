//! A module uses only modules above it in src/lib.rs, and mod.rs files hold no code.

use crate::tree::{Source, expect_none, rust, sources};

/// The modules in the order of src/lib.rs.
fn order(lib: &str) -> Vec<&str> {
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect()
}

/// The module of a file: `src/holds/store.rs` and `src/holds.rs` belong to `holds`.
fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside
        .split('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs")
}

/// How many `super` lead from the top of a file to the crate.
fn depth_of(path: &str) -> usize {
    path.matches('/').count() - usize::from(path.ends_with("/mod.rs"))
}

fn upward_edges(order: &[&str], source: &Source) -> Vec<String> {
    let module = module_of(&source.path);
    let Some(own) = order.iter().position(|known| *known == module) else {
        return Vec::new();
    };
    let used = used_modules(&source.code(), depth_of(&source.path));
    let is_upward = |name: &&String| order[own + 1..].contains(&name.as_str());
    used.iter()
        .filter(is_upward)
        .map(|name| {
            format!(
                "{}: {module} uses {name}, which stands below it",
                source.path
            )
        })
        .collect()
}

/// The first names after `crate::`, and after enough `super::` to get there.
fn used_modules(code: &str, depth: usize) -> Vec<String> {
    let mut names = Vec::new();
    let to_crate = "super::".repeat(depth);
    for prefix in ["crate::", &to_crate] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                // One more `super` leads there from inside `mod tests`.
                let rest = &code[at + prefix.len()..];
                names.extend(first_names(rest.trim_start_matches("super::")));
            }
        }
    }
    names
}

/// `a` of `a::b`; `a` and `c` of `{a::b, c::{d, e}}`.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![
            path.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect(),
        ];
    };
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ => items.last_mut().expect("never empty").push(c),
        }
    }
    items
        .iter()
        .flat_map(|item| first_names(item.trim()))
        .collect()
}

fn code_in_mod(source: &Source) -> Vec<String> {
    let words = [
        "fn",
        "struct",
        "enum",
        "impl",
        "const",
        "static",
        "trait",
        "type",
        "macro_rules!",
    ];
    let is_code = |line: &str| {
        let line = line
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ");
        line.split([' ', '<'])
            .next()
            .is_some_and(|first| words.contains(&first))
    };
    let code = source.code();
    let lines = code.lines().filter(|line| is_code(line));
    lines
        .map(|line| format!("{}: code in a mod.rs: {line}", source.path))
        .collect()
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let lib = &sources("src/lib.rs")[0].text;
    let order = order(lib);
    assert!(order.len() > 10, "src/lib.rs lists the modules");
    expect_none(
        rust("src")
            .iter()
            .flat_map(|source| upward_edges(&order, source)),
    );
}

#[test]
fn every_way_to_name_a_module_below_is_found() {
    let order = ["id", "holds", "app"];
    for text in [
        "use crate::app::router;",
        "use crate::{id::Id, app};",
        "use crate::{\n    id::{Id, Ids},\n    app::{router, serve},\n};",
        "fn f() { crate::app::f() }",
        "use super::super::app;",
        "mod tests { use super::super::super::app; }",
    ] {
        let found = upward_edges(&order, &Source::sample("src/holds/store.rs", text));
        assert_eq!(found.len(), 1, "{text}");
    }
    for text in [
        "use crate::id::Id;",
        "// crate::app",
        "use super::model::app;",
        "mycrate::app",
    ] {
        let found = upward_edges(&order, &Source::sample("src/holds/store.rs", text));
        assert_eq!(found, [""; 0], "{text}");
    }
}

#[test]
fn mod_files_hold_no_code() {
    let sources = rust("src");
    let mods = sources
        .iter()
        .filter(|source| source.path.ends_with("/mod.rs"));
    expect_none(mods.flat_map(code_in_mod));
}

#[test]
fn code_in_a_mod_file_is_found() {
    let fine = "//! Holds.\n\nmod store;\npub use store::{\n    find,\n};\n";
    assert_eq!(code_in_mod(&Source::sample("src/a/mod.rs", fine)), [""; 0]);
    for code in [
        "pub fn place() {}",
        "struct Hold;",
        "impl Hold {}",
        "pub const N: u8 = 1;",
    ] {
        assert_eq!(
            code_in_mod(&Source::sample("src/a/mod.rs", code)).len(),
            1,
            "{code}"
        );
    }
}
