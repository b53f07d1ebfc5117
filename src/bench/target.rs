//! The service under load, by its URL.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use hyper::Uri;

#[derive(Clone, Debug)]
pub struct Target {
    /// For the `Host` header.
    pub host: String,
    pub address: SocketAddr,
}

impl Target {
    /// Load on somebody else's machine is an attack: a host that is not this one must be named
    /// a second time.
    pub async fn find(url: &str, allowed_host: Option<&str>) -> anyhow::Result<Self> {
        let (host, port) = read(url)?;
        let found = tokio::net::lookup_host((host.as_str(), port)).await;
        let mut found = found.with_context(|| format!("cannot find the host {host}"))?;
        let address = found.next();
        let address = address.with_context(|| format!("the host {host} has no address"))?;
        ensure!(
            address.ip().is_loopback() || allowed_host == Some(host.as_str()),
            "{host} is not this machine; if the load is welcome there, say --allow-remote {host}"
        );
        Ok(Self {
            host: if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            },
            address,
        })
    }
}

/// Host, without brackets, and port.
fn read(url: &str) -> anyhow::Result<(String, u16)> {
    let uri: Uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => bail!("{url}: TLS is not spoken here; name the service behind the proxy"),
        _ => bail!("{url} must begin with http://"),
    }
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    ensure!(is_bare, "{url} must end with the host or its port");
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    ensure!(!host.is_empty(), "{url} has no host");
    Ok((host.to_owned(), uri.port_u16().unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_port() {
        let host_and_port = |url| read(url).unwrap();

        assert_eq!(host_and_port("http://localhost"), ("localhost".into(), 80));
        assert_eq!(host_and_port("http://[::1]:8080/"), ("::1".into(), 8080));
        for wrong in [
            "localhost:80",
            "https://a.example",
            "http://a/b",
            "http://a/?c",
            "",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn another_machine_has_to_be_named_twice() {
        let find = async |allowed| Target::find("http://192.0.2.1:80", allowed).await;

        let refusal = find(None).await.unwrap_err().to_string();

        assert!(refusal.contains("--allow-remote 192.0.2.1"), "{refusal}");
        assert!(find(Some("192.0.2.2")).await.is_err());
        assert_eq!(find(Some("192.0.2.1")).await.unwrap().host, "192.0.2.1:80");
        assert!(Target::find("http://127.0.0.1:1", None).await.is_ok());
    }
}
