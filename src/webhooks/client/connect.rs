//! A connection to the address that was checked, under TLS where the URL says so.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::address::checked;

pub trait Stream: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Resolves the host once, checks what came out and connects to just that.
pub async fn connect(
    url: &Url,
    allows_private: bool,
    tls: &Arc<ClientConfig>,
) -> Result<Pin<Box<dyn Stream>>, String> {
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses = match url.host() {
        Some(Host::Ipv4(ip)) => checked([(ip, port).into()].into_iter(), allows_private),
        Some(Host::Ipv6(ip)) => checked([(ip, port).into()].into_iter(), allows_private),
        Some(Host::Domain(name)) => {
            let resolved = lookup_host((name, port)).await;
            let resolved = resolved.map_err(|error| format!("cannot resolve the host: {error}"))?;
            checked(resolved, allows_private)
        }
        None => Err("the URL has no host".to_owned()),
    }?;
    let stream = TcpStream::connect(&addresses[..]).await;
    let stream = stream.map_err(|error| format!("cannot connect: {error}"))?;
    if url.scheme() == "http" {
        return Ok(Box::pin(stream));
    }
    let name = server_name(url)?;
    let stream = TlsConnector::from(tls.clone()).connect(name, stream).await;
    Ok(Box::pin(
        stream.map_err(|error| format!("no TLS: {error}"))?,
    ))
}

fn server_name(url: &Url) -> Result<ServerName<'static>, String> {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).to_owned();
    ServerName::try_from(host).map_err(|error| error.to_string())
}

/// Trusts the authorities of the web (Mozilla's list), and those in a file.
pub fn tls_config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca_file {
        let unreadable = |error| format!("{}: {error}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
            let added = roots.add(certificate.map_err(unreadable)?);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
