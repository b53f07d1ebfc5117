//! Where private stores keep their data and sockets, and whose they are.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{env, io, process};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::statvfs::{Statvfs, statvfs};
use nix::unistd::{Pid, Uid, User, chown, geteuid};
use sha2::{Digest, Sha256};

use super::StoresError;

const ELSEWHERE: &str = "/var/lib/holdfast";
const PREFIX: &str = "holdfast-";
/// The place for files in memory, on Linux.
const MEMORY: &str = "/dev/shm";
/// Limit: throw-away data may grow to a few gigabytes, most of it the log of changes.
const MEMORY_MIN_BYTES: u128 = 4 << 30;
/// Limit: a socket's path has at most 103 bytes (macOS; 107 on Linux), its name about 20.
const FOLDER_PATH_MAX_BYTES: usize = 80;

/// The user that runs the stores: `None` is the present one. As root it is whoever owns the data,
/// else `postgres`, else `nobody`.
pub fn server_user(data: Option<&Path>) -> Result<Option<User>, StoresError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let owner = data
        .and_then(|data| fs::metadata(data).ok())
        .map(|found| Uid::from_raw(found.uid()));
    let owner = owner
        .filter(|uid| !uid.is_root())
        .and_then(|uid| User::from_uid(uid).ok()?);
    owner
        .or_else(|| User::from_name("postgres").ok()?)
        .or_else(|| User::from_name("nobody").ok()?)
        .map(Some)
        .ok_or(StoresError::NoUser)
}

/// Makes a folder that only its owner may enter.
pub(super) fn make_private(path: &Path, owner: Option<&User>) -> Result<(), StoresError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made.map_err(StoresError::on("make the folder", path))?,
    }
    give(path, owner)
}

fn give(path: &Path, owner: Option<&User>) -> Result<(), StoresError> {
    if let Some(user) = owner {
        chown(path, Some(user.uid), Some(user.gid))
            .map_err(io::Error::from)
            .map_err(StoresError::on("give away", path))?;
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))
        .map_err(StoresError::on("protect", path))
}

/// The place of kept data: `home` itself, or, where the stores' user cannot get there (a folder
/// below /root), one below /var/lib that belongs to `home`.
pub(super) fn kept(home: &Path, user: Option<&User>) -> Result<PathBuf, StoresError> {
    fs::create_dir_all(home).map_err(StoresError::on("make the folder", home))?;
    let home = home.canonicalize().map_err(StoresError::on("find", home))?;
    let Some(_) = user else {
        return Ok(home);
    };
    if home.ancestors().skip(1).all(is_open_to_all) {
        open_to_all(&home)?;
        return Ok(home);
    }
    let name = Sha256::digest(home.as_os_str().as_encoded_bytes());
    let name: String = name
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let elsewhere = Path::new(ELSEWHERE).join(name);
    fs::create_dir_all(&elsewhere).map_err(StoresError::on("make the folder", &elsewhere))?;
    for folder in [Path::new(ELSEWHERE), &elsewhere] {
        open_to_all(folder)?;
    }
    Ok(elsewhere)
}

/// Lets everybody pass through, and changes nothing else: the folder may be somebody's own.
fn open_to_all(folder: &Path) -> Result<(), StoresError> {
    let open = || {
        let mode = fs::metadata(folder)?.mode() & 0o7777;
        if mode & 0o011 == 0o011 {
            return Ok(());
        }
        fs::set_permissions(folder, Permissions::from_mode(mode | 0o011))
    };
    open().map_err(StoresError::on("open", folder))
}

fn is_open_to_all(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0)
}

/// A short-named folder for sockets and throw-away data; removed with this value, or by the next
/// process that makes one.
pub(super) struct TempFolder(PathBuf);

impl TempFolder {
    pub(super) fn make(owner: Option<&User>) -> Result<Self, StoresError> {
        Self::make_in(&temp_place(owner), owner)
    }

    /// In memory where there is room: a database is some 300 files, and a disk takes its time for
    /// each. Elsewhere when somebody says so by TMPDIR.
    pub(super) fn make_quick(owner: Option<&User>) -> Result<Self, StoresError> {
        let memory = Path::new(MEMORY);
        if env::var_os("TMPDIR").is_none() && has_room(memory) {
            return Self::make_in(memory, owner);
        }
        Self::make(owner)
    }

    fn make_in(place: &Path, owner: Option<&User>) -> Result<Self, StoresError> {
        sweep(place, owner);
        let mut n = 0;
        let path = loop {
            let path = place.join(format!("{PREFIX}{}-{n}", process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
                Err(error) => return Err(StoresError::on("make the folder", &path)(error)),
            }
        };
        let folder = Self(path);
        if folder.path().as_os_str().len() > FOLDER_PATH_MAX_BYTES {
            return Err(StoresError::PathTooLong {
                path: folder.0.clone(),
            });
        }
        give(folder.path(), owner)?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What stays is swept by the next process.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn has_room(place: &Path) -> bool {
    let n_bytes =
        |found: Statvfs| u128::from(found.blocks_available()) * u128::from(found.fragment_size());
    statvfs(place).is_ok_and(|found| n_bytes(found) >= MEMORY_MIN_BYTES)
}

/// The system's place for temporary files, unless it cannot be reached or named in a URL.
fn temp_place(owner: Option<&User>) -> PathBuf {
    let place = env::temp_dir();
    let is_reachable = owner.is_none() || place.ancestors().all(is_open_to_all);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(byte);
    let is_plain = place.as_os_str().as_encoded_bytes().iter().all(is_plain);
    if is_reachable && is_plain {
        place
    } else {
        "/tmp".into()
    }
}

/// Removes what processes that are gone have left, as far as it is ours.
fn sweep(place: &Path, owner: Option<&User>) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.metadata().is_ok_and(|found| {
            let uid = Uid::from_raw(found.uid());
            found.is_dir() && (uid == geteuid() || owner.is_some_and(|user| user.uid == uid))
        });
        let maker = maker_of(&entry.file_name().to_string_lossy());
        if is_ours && maker.is_some_and(is_gone) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

/// The process in a name such as `holdfast-4711-0`.
fn maker_of(name: &str) -> Option<Pid> {
    let (pid, n) = name.strip_prefix(PREFIX)?.split_once('-')?;
    n.parse::<u32>().ok()?;
    pid.parse().ok().filter(|pid| *pid > 0).map(Pid::from_raw)
}

fn is_gone(pid: Pid) -> bool {
    kill(pid, None) == Err(Errno::ESRCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_named_as_ours_are_swept() {
        assert_eq!(maker_of("holdfast-4711-0"), Some(Pid::from_raw(4711)));
        for other in [
            "holdfast-4711",
            "holdfast-x-0",
            "holdfast--1-0",
            "holdfast-0-0",
            "4711-0",
        ] {
            assert_eq!(maker_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_goes_with_its_value() {
        let folder = TempFolder::make(None).unwrap();
        let path = folder.path().to_owned();
        assert!(path.is_dir());

        drop(folder);

        assert!(!path.exists());
    }

    #[test]
    fn a_folder_is_opened_no_further_than_to_pass_through() {
        let folder = TempFolder::make(None).unwrap();
        for (before, after) in [(0o700, 0o711), (0o755, 0o755), (0o1777, 0o1777)] {
            fs::set_permissions(folder.path(), Permissions::from_mode(before)).unwrap();

            open_to_all(folder.path()).unwrap();

            let mode = fs::metadata(folder.path()).unwrap().mode() & 0o7777;
            assert_eq!(mode, after, "{mode:o}");
        }
    }
}
