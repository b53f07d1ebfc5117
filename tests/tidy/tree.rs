//! The files of the tree.

use std::fs;
use std::path::Path;

pub struct Source {
    /// From the root of the tree, with slashes.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn sample(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The text without comments, good enough for rules about names.
    pub fn code(&self) -> String {
        let lines = self
            .text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Every text file below a folder, or that file; nothing when it does not exist.
pub fn sources(place: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), place, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, place: &str, found: &mut Vec<Source>) {
    let path = root.join(place);
    if path.is_file() {
        found.extend(
            fs::read_to_string(&path)
                .ok()
                .map(|text| Source::sample(place, &text)),
        );
        return;
    }
    for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !matches!(
            name.as_str(),
            "target" | "node_modules" | "dist" | ".git" | ".holdfast"
        ) {
            let place = if place == "." {
                name
            } else {
                format!("{place}/{name}")
            };
            collect(root, &place, found);
        }
    }
}

pub fn rust(place: &str) -> Vec<Source> {
    let mut found = sources(place);
    found.retain(|source| source.path.ends_with(".rs"));
    found
}

#[track_caller]
pub fn expect_none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
