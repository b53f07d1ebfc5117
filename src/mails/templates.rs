//! Templates: built in, in English and German; files in a folder replace them one by one.
//!
//! A template is a pair: `booking-confirmed.html`, and `booking-confirmed.txt`, whose first line is
//! `Subject: …`. Pages extend `frame.html`. What a file breaks is said when the service starts, and
//! the built-in one is used in its place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use minijinja::context;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::compose::Facts;
use super::folder::Shown;
use super::model::{Letter, Rendered};
use super::preferences::Link;
use crate::context::Context;

macro_rules! built_in {
    ($($path:literal)+) => {
        /// Name and source of each; a language lacks none of them.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../mails/", $path)))),+];
    };
}

built_in! {
    "frame.html"
    "en/booking-cancelled.html"
    "en/booking-cancelled.txt"
    "en/booking-confirmed.html"
    "en/booking-confirmed.txt"
    "en/event-cancelled.html"
    "en/event-cancelled.txt"
    "en/event-changed.html"
    "en/event-changed.txt"
    "en/event-reminder.html"
    "en/event-reminder.txt"
    "en/preferences.html"
    "en/seats.html"
    "en/seats.txt"
    "en/waitlist-joined.html"
    "en/waitlist-joined.txt"
    "en/waitlist-lapsed.html"
    "en/waitlist-lapsed.txt"
    "en/waitlist-offered.html"
    "en/waitlist-offered.txt"
    "de/booking-cancelled.html"
    "de/booking-cancelled.txt"
    "de/booking-confirmed.html"
    "de/booking-confirmed.txt"
    "de/event-cancelled.html"
    "de/event-cancelled.txt"
    "de/event-changed.html"
    "de/event-changed.txt"
    "de/event-reminder.html"
    "de/event-reminder.txt"
    "de/preferences.html"
    "de/seats.html"
    "de/seats.txt"
    "de/waitlist-joined.html"
    "de/waitlist-joined.txt"
    "de/waitlist-lapsed.html"
    "de/waitlist-lapsed.txt"
    "de/waitlist-offered.html"
    "de/waitlist-offered.txt"
}

/// What languages that lack a template fall back to.
const LANGUAGE: &str = "en";

#[derive(Default)]
struct Kept(OnceLock<Templates>);

struct Templates {
    current: Environment<'static>,
    built_in: Environment<'static>,
}

/// Reads the templates and answers what is wrong with the files that were to replace some.
pub fn prepare(ctx: &Context) -> Vec<String> {
    let mut faults = Vec::new();
    let kept = ctx.memory::<Kept>();
    kept.0.get_or_init(|| {
        let mail = &ctx.config.mail;
        let (templates, found) = Templates::read(mail.templates.as_deref(), &mail.language);
        faults = found;
        for fault in &faults {
            tracing::error!(fault, "a mail template is not used");
        }
        templates
    });
    faults
}

/// Fills in a letter. A file that fails on these facts, though not on the sample ones, is passed
/// over: people get their mail.
pub fn render(ctx: &Context, letter: Letter, facts: &Facts) -> Result<Rendered, Error> {
    prepare(ctx);
    let kept = ctx.memory::<Kept>();
    let Some(templates) = kept.0.get() else {
        return Err(Error::new(ErrorKind::TemplateNotFound, "no templates"));
    };
    fill_in(&templates.current, letter, facts).or_else(|error| {
        tracing::error!(letter = letter.stem(), cause = %place_of(&error), "a template fails");
        fill_in(&templates.built_in, letter, facts)
    })
}

/// The page on which a person says which mails they want.
pub fn render_preferences(ctx: &Context, link: &Link, is_off: bool) -> Result<String, Error> {
    prepare(ctx);
    let kept = ctx.memory::<Kept>();
    let Some(templates) = kept.0.get() else {
        return Err(Error::new(ErrorKind::TemplateNotFound, "no templates"));
    };
    let language = &ctx.config.mail.language;
    let template = templates
        .current
        .get_template(&format!("{language}/preferences.html"))?;
    template.render(context! { language, kind => &link.kind, email => &link.email, is_off })
}

/// The development page: a list of mails, or one of them.
pub fn render_shown(mails: &[Shown], mail: Option<&Shown>) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template("shown.html", SHOWN)?;
    let template = environment.get_template("shown.html")?;
    template.render(context! { mails => Serde(mails), mail => Serde(mail) })
}

/// Not among those that can be replaced: it is for developers.
const SHOWN: &str = include_str!("../../mails/shown.html");

impl Templates {
    fn read(folder: Option<&Path>, language: &str) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let mut files = match folder {
            Some(folder) => read_files(folder, language, &mut faults),
            None => BTreeMap::new(),
        };
        let built_in = environment(&BTreeMap::new(), language);
        let built_in = built_in.unwrap_or_else(|_| Environment::empty());
        let current = loop {
            match environment(&files, language).and_then(checked) {
                Ok(current) => break current,
                Err(error) => {
                    faults.push(place_of(&error));
                    let name = error.name().map(file_of).unwrap_or_default();
                    if files.remove(&name).is_none() {
                        break built_in.clone();
                    }
                }
            }
        };
        (Self { current, built_in }, faults)
    }
}

/// The files that replace templates, by the templates' names.
fn read_files(folder: &Path, language: &str, faults: &mut Vec<String>) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (name, _) in BUILT_IN {
        let name = name.replace(&format!("{LANGUAGE}/"), &format!("{language}/"));
        match std::fs::read_to_string(folder.join(&name)) {
            Ok(source) if is_letter(&name) && !source.starts_with("Subject:") => {
                faults.push(format!("{name}:1: the first line is not `Subject: …`"));
            }
            Ok(source) => {
                files.insert(name, source);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => faults.push(format!("{name}: {error}")),
        }
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let known = |name: &str| BUILT_IN.iter().any(|(known, _)| last(known) == name);
    for place in [folder.to_path_buf(), folder.join(language)] {
        for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_file() && !known(&name) {
                faults.push(format!(
                    "{}: no template has this name",
                    entry.path().display()
                ));
            }
        }
    }
    files
}

/// All templates of a language, with those files in place of built-in ones.
fn environment(
    files: &BTreeMap<String, String>,
    language: &str,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build()?);
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("html") => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    for (built_in, source) in BUILT_IN {
        let Some(rest) = built_in.strip_prefix(&format!("{LANGUAGE}/")) else {
            if !built_in.contains('/') {
                let source = files.get(*built_in).map_or(*source, String::as_str);
                add(&mut environment, built_in, source)?;
            }
            continue;
        };
        let name = format!("{language}/{rest}");
        let translated = BUILT_IN.iter().find(|(known, _)| *known == name);
        let source = translated.map_or(*source, |(_, source)| *source);
        let source = files.get(&name).map_or(source, String::as_str);
        add(&mut environment, &name, source)?;
    }
    Ok(environment)
}

/// Whether the template is a letter's text.
fn is_letter(name: &str) -> bool {
    let mut letters = Letter::ALL.iter();
    letters.any(|letter| name.ends_with(&format!("/{}.txt", letter.stem())))
}

/// A letter's text is two templates: its subject and what follows.
fn add(environment: &mut Environment<'static>, name: &str, source: &str) -> Result<(), Error> {
    if !is_letter(name) {
        return environment.add_template_owned(name.to_owned(), source.to_owned());
    }
    let (subject, text) = source.split_once('\n').unwrap_or((source, ""));
    let subject = subject.trim_start_matches("Subject:").trim();
    environment.add_template_owned(format!("{name}.subject"), subject.to_owned())?;
    environment.add_template_owned(name.to_owned(), text.to_owned())
}

/// The environment, if every letter can be filled in with sample facts.
fn checked(environment: Environment<'static>) -> Result<Environment<'static>, Error> {
    let language = language_of(&environment);
    for letter in Letter::ALL {
        fill_in(&environment, letter, &Facts::sample(&language))?;
    }
    let page = environment.get_template(&format!("{language}/preferences.html"))?;
    let (kind, email) = ("event.reminder", "ana@example.org");
    page.render(context! { language => &language, kind, email, is_off => false })?;
    drop(page);
    Ok(environment)
}

fn language_of(environment: &Environment<'_>) -> String {
    let mut names = environment.templates().map(|(name, _)| name);
    let language = names.find_map(|name| Some(name.split_once('/')?.0.to_owned()));
    language.unwrap_or_else(|| LANGUAGE.to_owned())
}

fn fill_in(
    environment: &Environment<'_>,
    letter: Letter,
    facts: &Facts,
) -> Result<Rendered, Error> {
    let stem = format!("{}/{}", facts.language, letter.stem());
    let facts = Value::from(Serde(facts));
    let fill_in = |end: &str| {
        let template = environment.get_template(&format!("{stem}{end}"))?;
        template.render(&facts)
    };
    Ok(Rendered {
        subject: fill_in(".txt.subject")?,
        text: fill_in(".txt")?.trim_start().to_owned(),
        html: fill_in(".html")?,
    })
}

fn file_of(name: &str) -> String {
    name.trim_end_matches(".subject").to_owned()
}

/// Which file, which line, and what is wrong there.
fn place_of(error: &Error) -> String {
    let name = error.name().unwrap_or_default();
    // The subject, which is a template of its own, stands above the text.
    let n_above = usize::from(is_letter(name));
    let line = error.line().map_or(0, |line| line + n_above);
    let detail = error.detail().unwrap_or_default();
    format!("{}:{line}: {}: {detail}", file_of(name), error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_letter_sets_apart_stands_behind_a_blank_line() {
        for language in ["en", "de"] {
            let (templates, faults) = Templates::read(None, language);
            assert!(faults.is_empty(), "{faults:?}");
            for letter in Letter::ALL {
                let facts = Facts::sample(language);
                let text = fill_in(&templates.current, letter, &facts).unwrap().text;
                let lines: Vec<&str> = text.lines().collect();
                for pair in lines.windows(2) {
                    let is_apart = |line: &str| line.is_empty() || line.starts_with("  ");
                    let is_right = !pair[1].starts_with("  ") || is_apart(pair[0]);
                    assert!(is_right, "{language}/{}: {pair:?}", letter.stem());
                }
            }
        }
    }
}
