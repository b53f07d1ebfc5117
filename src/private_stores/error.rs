//! What can keep a private store from starting.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoresError {
    #[error("{program} was not found: install it ({package} on Debian), or set {variable}")]
    Missing {
        program: &'static str,
        package: &'static str,
        variable: &'static str,
    },
    #[error("{variable} names {path}, where there is no {program}")]
    NotThere {
        variable: &'static str,
        path: PathBuf,
        program: &'static str,
    },
    #[error("{path} is version {found}; at least version {needed} is needed")]
    TooOld {
        path: PathBuf,
        found: String,
        needed: u32,
    },
    #[error("as root, the stores run as user postgres or nobody, and there is neither")]
    NoUser,
    #[error("cannot {verb} {path}")]
    Folder {
        verb: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path} is too long a name for a socket's folder; set TMPDIR to a shorter one")]
    PathTooLong { path: PathBuf },
    #[error("another process is using {path}")]
    InUse { path: PathBuf },
    #[error("cannot run {program}")]
    CannotRun { program: PathBuf, source: io::Error },
    #[error("{store} did not start; the end of {log}:\n{tail}")]
    DidNotStart {
        store: &'static str,
        log: PathBuf,
        tail: String,
    },
    #[error("Redis did not answer")]
    NoAnswer(#[source] io::Error),
}

impl StoresError {
    /// For `map_err`: a step on a file or folder failed.
    pub(super) fn on(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { verb, path, source }
    }
}
