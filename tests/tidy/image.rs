//! The Docker image can be built: what its stages read is let in, and copied.

use crate::tree::{Source, expect_none, rust, sources};

/// Whether the build gets a path: the last line of .dockerignore that speaks of it, or of a folder
/// that it is in, decides.
fn is_let_in(ignore: &str, path: &str) -> bool {
    let of_path = |line: &&str| {
        let pattern = line.trim_start_matches('!');
        pattern == "*" || is_within(path, pattern)
    };
    let last = ignore.lines().rfind(of_path);
    path == "." || last.is_none_or(|line| line.starts_with('!'))
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path as a source names it, from the root of the tree.
fn resolved(source: &str, path: &str) -> String {
    let mut parts: Vec<&str> = source.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "" | "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The first text in quotes.
fn quoted(code: &str) -> &str {
    code.split('"').nth(1).unwrap_or_default()
}

/// What a source has compiled into the program.
fn compiled_in(source: &Source) -> Vec<String> {
    let code = source.code();
    let behind = |word: &'static str| code.split(word).skip(1);
    let files = behind("include_str!(").chain(behind("include_bytes!("));
    let files = files.map(|rest| resolved(&source.path, quoted(rest)));
    let migrations = behind("migrate!(").map(|_| "migrations".to_owned());
    let folders = behind("#[folder = ").map(|rest| resolved("", quoted(rest)));
    files.chain(migrations).chain(folders).collect()
}

/// What a source of the pages takes from outside of `web/`, up to a star.
fn brought_along(source: &Source) -> Vec<String> {
    let named = source.text.split("\"../").skip(1);
    let paths = named.filter_map(|rest| Some(format!("../{}", rest.split('"').next()?)));
    paths
        .map(|path| resolved(&source.path, path.split('*').next().unwrap_or_default()))
        .filter(|path| !is_within(path, "web"))
        .collect()
}

/// The programs that Cargo.toml describes: Cargo wants their files.
fn described(manifest: &str) -> Vec<String> {
    let tests = manifest.split("\n[[test]]").skip(1);
    tests
        .map(|rest| format!("tests/{}/main.rs", quoted(rest)))
        .collect()
}

struct Image<'a> {
    dockerfile: &'a str,
    ignore: &'a str,
}

impl<'a> Image<'a> {
    fn stage(&self, name: &str) -> &'a str {
        let mut stages = self.dockerfile.split("\nFROM ");
        let is_named = |stage: &&str| stage.lines().next().is_some_and(|it| it.ends_with(name));
        stages.find(is_named).expect("a stage of that name")
    }

    fn has(&self, path: &str, place: &str) -> bool {
        is_let_in(self.ignore, path) && copied(place).any(|it| it == "." || is_within(path, it))
    }

    fn complaints(&self, program: &[String], pages: &[String]) -> Vec<String> {
        let kept_out = copied(self.dockerfile).filter(|path| !is_let_in(self.ignore, path));
        let kept_out = kept_out.map(|path| format!("COPY {path}: .dockerignore keeps it out"));
        let build = self.stage(" AS build");
        // What another stage makes, or this one itself, is named there.
        let lacks = |path: &&String| !self.has(path, build) && !build.contains(path.as_str());
        let of_program = program.iter().filter(lacks);
        let of_pages = pages
            .iter()
            .filter(|path| !self.has(path, self.stage(" AS pages")));
        kept_out
            .chain(of_program.map(|path| format!("the program needs {path}")))
            .chain(of_pages.map(|path| format!("the pages need {path}")))
            .collect()
    }
}

/// What a part of a Dockerfile copies from the tree.
fn copied(dockerfile: &str) -> impl Iterator<Item = &str> {
    let lines = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"));
    lines.flat_map(|line| line.rsplit(' ').skip(1))
}

#[test]
fn the_image_gets_what_it_is_built_from() {
    let text = |path: &str| sources(path).remove(0).text;
    let (dockerfile, ignore) = (text("Dockerfile"), text(".dockerignore"));
    let image = Image {
        dockerfile: &dockerfile,
        ignore: &ignore,
    };
    let is_built = |source: &&Source| !source.path.contains("/tests/");
    let program = rust("src");
    let program = program.iter().filter(is_built).flat_map(compiled_in);
    let pages = sources("web/src");
    let pages = pages.iter().filter(|it| !it.path.contains(".test."));

    let program: Vec<String> = program.chain(described(&text("Cargo.toml"))).collect();
    let pages: Vec<String> = pages.flat_map(brought_along).collect();

    for path in ["mails", "lua/place_hold.lua", "migrations", "web/dist"] {
        assert!(program.iter().any(|it| it == path), "{path}: {program:?}");
    }
    assert_eq!(pages, ["venues"]);
    expect_none(image.complaints(&program, &pages));
}

#[test]
fn what_an_image_lacks_is_found() {
    let dockerfile = "# ours\nFROM a AS pages\nCOPY web .\nCOPY venues /build/venues\n\
        FROM b AS build\nRUN touch tests/faults/main.rs\nCOPY . .\n";
    let ignore = "*\n!src\n!venues\n!web\nweb/dist\n";
    let n_complaints = |dockerfile: &str, ignore: &str, program: &str| {
        let image = Image { dockerfile, ignore };
        image
            .complaints(&[program.to_owned()], &["venues".to_owned()])
            .len()
    };

    for (program, n) in [
        ("src/page.css", 0),
        ("tests/faults/main.rs", 0),
        ("mails", 1),
        ("srcs", 1),
        ("web/dist", 1),
        ("web/distance", 0),
    ] {
        assert_eq!(n_complaints(dockerfile, ignore, program), n, "{program}");
    }
    let without_venues = dockerfile.replace("COPY venues /build/venues\n", "");
    assert_eq!(n_complaints(&without_venues, ignore, "src"), 1);
    let without_web = ignore.replace("!web\n", "");
    assert_eq!(n_complaints(dockerfile, &without_web, "src"), 1);
}

#[test]
fn what_sources_name_is_found() {
    let source = Source::sample(
        "src/mails/templates.rs",
        "include_str!(concat!(\"../../mails/\", $path)); sqlx::migrate!(); \
         include_bytes!(\n\"page.css\")\n#[folder = \"web/dist/\"]",
    );
    assert_eq!(
        compiled_in(&source),
        ["mails", "src/mails/page.css", "migrations", "web/dist"]
    );
    let page = Source::sample(
        "web/src/admin/a.ts",
        "import \"../b\"; glob(\"../../../venues/*.yaml\")",
    );
    assert_eq!(brought_along(&page), ["venues"]);
    let manifest = "[package]\nname = \"x\"\n\n[[test]]\nname = \"faults\"\n";
    assert_eq!(described(manifest), ["tests/faults/main.rs"]);
}
