//! Finds the programs of PostgreSQL and Redis.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::StoresError;

/// The oldest version whose features the migrations use.
const POSTGRES_NEEDED: u32 = 15;
/// The oldest version that reads the `#!lua` line of the scripts.
const REDIS_NEEDED: u32 = 7;

/// The folder that holds `initdb` and `postgres`: as told, else on the PATH, else the newest.
pub fn postgres_folder() -> Result<PathBuf, StoresError> {
    let folder = match env::var_os("HOLDFAST_PG_BIN").filter(|value| !value.is_empty()) {
        Some(told) => Some(PathBuf::from(told))
            .filter(|folder| has_postgres(folder))
            .ok_or_else(|| StoresError::NotThere {
                variable: "HOLDFAST_PG_BIN",
                path: env::var_os("HOLDFAST_PG_BIN").unwrap_or_default().into(),
                program: "initdb and postgres",
            })?,
        None => on_path("initdb")
            .filter_map(|initdb| Some(initdb.canonicalize().ok()?.parent()?.to_owned()))
            .chain(installed_postgres())
            .find(|folder| has_postgres(folder))
            .ok_or(StoresError::Missing {
                program: "PostgreSQL",
                package: "postgresql",
                variable: "HOLDFAST_PG_BIN",
            })?,
    };
    require(&folder.join("postgres"), POSTGRES_NEEDED)?;
    Ok(folder)
}

/// The program `redis-server`, or Valkey's: as told, else on the PATH.
pub fn redis_server() -> Result<PathBuf, StoresError> {
    let program = match env::var_os("HOLDFAST_REDIS_BIN").filter(|value| !value.is_empty()) {
        Some(told) if Path::new(&told).is_file() => told.into(),
        Some(told) => {
            return Err(StoresError::NotThere {
                variable: "HOLDFAST_REDIS_BIN",
                path: told.into(),
                program: "redis-server",
            });
        }
        None => on_path("redis-server")
            .chain(on_path("valkey-server"))
            .next()
            .ok_or(StoresError::Missing {
                program: "redis-server",
                package: "redis-server",
                variable: "HOLDFAST_REDIS_BIN",
            })?,
    };
    require(&program, REDIS_NEEDED)?;
    Ok(program)
}

fn has_postgres(folder: &Path) -> bool {
    ["initdb", "postgres"]
        .iter()
        .all(|program| folder.join(program).is_file())
}

fn on_path(program: &'static str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    // Homebrew's folders are not on everybody's PATH.
    let folders = folders
        .into_iter()
        .chain(["/opt/homebrew/bin", "/usr/local/bin"].map(Into::into));
    folders
        .map(move |folder| folder.join(program))
        .filter(|file| file.is_file())
}

/// Where Debian and Homebrew put PostgreSQL, newest version first.
fn installed_postgres() -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for home in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(version) = name.trim_start_matches("postgresql@").parse() {
                found.push((version, entry.path().join("bin")));
            }
        }
    }
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder)
}

fn require(program: &Path, needed: u32) -> Result<(), StoresError> {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .map_err(|source| StoresError::CannotRun {
            program: program.to_owned(),
            source,
        })?;
    let found = version_in(&String::from_utf8_lossy(&output.stdout));
    if major(&found) < needed {
        return Err(StoresError::TooOld {
            path: program.to_owned(),
            found,
            needed,
        });
    }
    Ok(())
}

/// The version in `postgres (PostgreSQL) 15.5`, `Redis server v=7.0.15 sha=…`.
fn version_in(answer: &str) -> String {
    let words = answer
        .split_whitespace()
        .map(|word| word.trim_start_matches("v="));
    let version = words
        .skip(1)
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    version.unwrap_or("unknown").to_owned()
}

fn major(version: &str) -> u32 {
    let digits = version.split(|c: char| !c.is_ascii_digit()).next();
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        for (answer, expected) in [
            ("postgres (PostgreSQL) 15.5 (Debian 15.5-0+deb12u1)", 15),
            ("postgres (PostgreSQL) 18beta1", 18),
            (
                "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64",
                7,
            ),
            ("Valkey server v=8.1.1 sha=00000000:0 malloc=libc", 8),
            ("something else", 0),
        ] {
            assert_eq!(major(&version_in(answer)), expected, "{answer}");
        }
    }
}
