//! What happens between fork and the store's own program: the hidden command `holdfast child`.
//!
//! The standard library's hook for this place needs `unsafe`; a program of one's own does not.
//! The signal for the parent's death is set after the change of user, which would clear it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

#[derive(Debug, clap::Args)]
pub struct Launch {
    /// The process whose death ends this one.
    #[arg(long)]
    pub parent: i32,
    /// The number of the signal that this process gets then.
    #[arg(long)]
    pub signal: i32,
    /// The user to become.
    #[arg(long)]
    pub user: Option<String>,
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

/// Becomes the program; returns only when that failed.
pub fn launch(launch: &Launch) -> io::Error {
    if let Err(errno) = prepare(launch) {
        return errno.into();
    }
    let Some((program, args)) = launch.command.split_first() else {
        return io::ErrorKind::InvalidInput.into();
    };
    let error = Command::new(program).args(args).exec();
    io::Error::new(error.kind(), format!("{}: {error}", program.display()))
}

#[cfg(target_os = "linux")]
fn prepare(launch: &Launch) -> nix::Result<()> {
    use nix::errno::Errno;
    use nix::sys::{prctl, signal::Signal};
    use nix::unistd::{self, User};

    if let Some(name) = &launch.user {
        let user = User::from_name(name)?.ok_or(Errno::ENOENT)?;
        let name = std::ffi::CString::new(user.name).map_err(|_| Errno::EINVAL)?;
        unistd::initgroups(&name, user.gid)?;
        unistd::setgid(user.gid)?;
        unistd::setuid(user.uid)?;
    }
    prctl::set_pdeathsig(Signal::try_from(launch.signal)?)?;
    // The parent may have died before the signal was set.
    if unistd::getppid().as_raw() != launch.parent {
        return Err(Errno::ESRCH);
    }
    Ok(())
}

/// Elsewhere nothing tells a process of its parent's death, and root is not supported.
#[cfg(not(target_os = "linux"))]
fn prepare(launch: &Launch) -> nix::Result<()> {
    if launch.user.is_some() {
        Err(nix::errno::Errno::EPERM)
    } else {
        Ok(())
    }
}
