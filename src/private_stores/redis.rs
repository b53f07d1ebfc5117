//! A private Redis.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::folder::{TempFolder, kept, make_private, server_user};
use super::server::{Place, Server};
use super::{StoresError, programs};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Stops, in an orderly way, when dropped.
pub struct PrivateRedis {
    server: Server,
    address: Address,
    /// Holds the socket; gone with this value.
    _sockets: TempFolder,
}

enum Address {
    Socket(PathBuf),
    Port(u16),
}

impl PrivateRedis {
    /// An empty one that remembers nothing. `launcher` is the `holdfast` program; `settings` go to
    /// Redis as they are, such as `["--maxmemory", "2mb"]`.
    pub fn start_throwaway(launcher: &Path, settings: &[&str]) -> Result<Self, StoresError> {
        Self::start_throwaway_at(None, launcher, settings)
    }

    /// As [`Self::start_throwaway`], listening on a port of 127.0.0.1: a cluster needs one.
    pub fn start_on_port(
        port: u16,
        launcher: &Path,
        settings: &[&str],
    ) -> Result<Self, StoresError> {
        Self::start_throwaway_at(Some(port), launcher, settings)
    }

    fn start_throwaway_at(
        port: Option<u16>,
        launcher: &Path,
        settings: &[&str],
    ) -> Result<Self, StoresError> {
        let user = server_user(None)?;
        let sockets = TempFolder::make(user.as_ref())?;
        let folder = sockets.path().to_owned();
        let place = Place {
            launcher: launcher.to_owned(),
            user,
            folder,
        };
        Self::start_at(
            place,
            sockets,
            port,
            &[&["--appendonly", "no"], settings].concat(),
        )
    }

    /// The one of that data folder, which is made when it does not exist.
    pub fn start_kept(launcher: &Path, home: &Path) -> Result<Self, StoresError> {
        let user = server_user(Some(&home.join("redis")))?;
        let sockets = TempFolder::make(user.as_ref())?;
        let folder = kept(home, user.as_ref())?;
        let place = Place {
            launcher: launcher.to_owned(),
            user,
            folder,
        };
        Self::start_at(place, sockets, None, &["--appendonly", "yes"])
    }

    fn start_at(
        place: Place,
        sockets: TempFolder,
        port: Option<u16>,
        settings: &[&str],
    ) -> Result<Self, StoresError> {
        let data = place.folder.join("redis");
        make_private(&data, place.user.as_ref())?;
        let socket = sockets.path().join("redis.sock");
        let mut args: Vec<OsString> = vec!["--dir".into(), data.into(), "--save".into(), "".into()];
        args.extend(["--maxmemory-policy", "noeviction", "--port"].map(Into::into));
        args.push(port.unwrap_or(0).to_string().into());
        args.extend(match port {
            Some(_) => ["--bind".into(), "127.0.0.1".into()],
            None => ["--unixsocket".into(), socket.clone().into()],
        });
        // The caller's settings come last, so that they win.
        args.extend(settings.iter().map(Into::into));
        let server = Server {
            store: "redis",
            place,
            program: programs::redis_server()?,
            args,
            stop_signal: Signal::SIGTERM,
            child: None,
        };
        let address = port.map_or(Address::Socket(socket), Address::Port);
        let mut redis = Self {
            server,
            address,
            _sockets: sockets,
        };
        redis.start()?;
        Ok(redis)
    }

    fn start(&mut self) -> Result<(), StoresError> {
        let address = &self.address;
        self.server
            .start(|_| address.ask("PING").is_ok_and(|answer| answer == "PONG"))
    }

    /// Stops it, if it still runs, and starts it on the same folder and address.
    pub fn restart(&mut self) -> Result<(), StoresError> {
        self.server.stop();
        self.start()
    }

    /// Stops it and, where it is throw-away, removes its data; dropping it does the same.
    pub fn stop(self) {
        drop(self);
    }

    pub fn url(&self) -> String {
        match &self.address {
            Address::Socket(path) => format!("redis+unix://{}", path.display()),
            Address::Port(port) => format!("redis://127.0.0.1:{port}"),
        }
    }

    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Sends a command on a connection of its own and answers the reply's text.
    pub fn ask(&self, command: &str) -> Result<String, StoresError> {
        self.address.ask(command).map_err(StoresError::NoAnswer)
    }
}

impl Address {
    fn ask(&self, command: &str) -> io::Result<String> {
        match self {
            Self::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
                ask(stream, command)
            }
            Self::Port(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port))?;
                stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
                ask(stream, command)
            }
        }
    }
}

/// One inline command (Redis serialization protocol): simple strings, integers, bulk strings.
fn ask(mut stream: impl Read + Write, command: &str) -> io::Result<String> {
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line.trim_end();
    match (line.get(..1), line.get(1..)) {
        (Some("+" | ":"), Some(text)) => Ok(text.to_owned()),
        (Some("$"), Some(length)) => {
            let n_bytes = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            let mut text = String::new();
            reader.take(n_bytes).read_to_string(&mut text)?;
            Ok(text)
        }
        _ => Err(io::Error::other(line.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a prepared answer.
    struct Prepared(&'static [u8]);

    impl Read for Prepared {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Prepared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn replies_are_read_whole_and_errors_are_errors() {
        assert_eq!(ask(Prepared(b"+PONG\r\n"), "PING").unwrap(), "PONG");
        assert_eq!(
            ask(Prepared(b"$5\r\na\r\nbc\r\n"), "INFO").unwrap(),
            "a\r\nbc"
        );
        assert!(ask(Prepared(b"-LOADING Redis is loading\r\n"), "PING").is_err());
        assert!(ask(Prepared(b""), "PING").is_err());
    }
}
