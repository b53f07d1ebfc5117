//! `holdfast venue`: templates in files, checked and shown without a server.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::venues::{self, Checked, Layout, MediaType, Severity};

#[derive(clap::Subcommand)]
pub enum VenueCommand {
    /// Check a template, YAML or JSON, and list every mistake with its line and column.
    Validate { file: PathBuf },
    /// Show what a template makes: sections, categories and seats.
    Show {
        file: PathBuf,
        /// Draw the plan instead, as SVG.
        #[arg(long)]
        svg: bool,
    },
}

/// The exit code is 1 for a template with errors.
pub fn run(command: &VenueCommand) -> anyhow::Result<ExitCode> {
    let (VenueCommand::Validate { file } | VenueCommand::Show { file, .. }) = command;
    let document =
        fs::read(file).with_context(|| format!("cannot read the template {}", file.display()))?;
    let checked = venues::check(&document, media_type_of(file));
    let mut out = io::stdout().lock();
    match (command, &checked.layout) {
        (VenueCommand::Validate { .. }, _) => validate(&mut out, file, &checked)?,
        (VenueCommand::Show { svg: true, .. }, Some(layout)) => {
            write!(out, "{}", venues::draw_svg(layout))?;
        }
        (VenueCommand::Show { .. }, Some(layout)) => show(&mut out, layout, &checked)?,
        (VenueCommand::Show { .. }, None) => validate(&mut io::stderr(), file, &checked)?,
    }
    let is_valid = checked.layout.is_some();
    Ok(if is_valid {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn media_type_of(file: &Path) -> MediaType {
    let is_json = file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json {
        MediaType::Json
    } else {
        MediaType::Yaml
    }
}

/// `file:line:column: severity: what (code at pointer)`, which editors understand.
fn validate(out: &mut impl Write, file: &Path, checked: &Checked) -> io::Result<()> {
    let file = file.display();
    for problem in &checked.problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (line, column, detail) = (problem.line, problem.column, &problem.detail);
        let (code, pointer) = (problem.code.as_str(), &problem.pointer);
        writeln!(
            out,
            "{file}:{line}:{column}: {severity}: {detail} ({code} at {pointer:?})"
        )?;
    }
    let is_error = |severity| severity == Severity::Error;
    let n_errors = checked
        .problems
        .iter()
        .filter(|it| is_error(it.severity))
        .count();
    let n_warnings = checked.problems.len() - n_errors;
    let verdict = if n_errors == 0 { "valid" } else { "not valid" };
    writeln!(
        out,
        "{file}: {verdict}: {} in {}; {}, {}",
        counted(checked.seat_count as usize, "seat"),
        counted(checked.sections.len(), "section"),
        counted(n_errors, "error"),
        counted(n_warnings, "warning"),
    )
}

fn counted(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

fn show(out: &mut impl Write, layout: &Layout, checked: &Checked) -> io::Result<()> {
    let Layout {
        name,
        time_zone,
        seat_count,
        ..
    } = layout;
    writeln!(out, "{name} ({time_zone}): {seat_count} seats\n")?;
    for section in &checked.sections {
        writeln!(
            out,
            "{:>7}  {:12}  {}",
            section.seat_count, section.key, section.name
        )?;
    }
    writeln!(out)?;
    for category in &layout.categories {
        writeln!(
            out,
            "{}  {:12}  {}",
            category.colour, category.key, category.name
        )?;
    }
    Ok(())
}
