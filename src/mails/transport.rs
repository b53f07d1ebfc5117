//! Where mails go: an SMTP server, or a folder where there is none.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use url::Url;

use crate::context::Context;
use crate::deliveries::Outcome;

/// Limit: connections to the server, and so mails sent at a time.
pub const CONNECTIONS_MAX: u32 = 8;

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// The pool of connections, made when there is none.
#[derive(Default)]
struct Server(Mutex<Option<Smtp>>);

impl Server {
    /// None where no server is set; what is wrong with the settings is said in words.
    fn pool(&self, ctx: &Context) -> Result<Option<Smtp>, String> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.is_none() {
            *pool = connect(ctx)?;
        }
        Ok(pool.clone())
    }

    /// A mail that is given up goes back to the pool with its connection, which may hang for good.
    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Sends a mail; `name` is that of its file where it is kept in a folder.
pub async fn send(ctx: &Context, message: Message, name: &str) -> Outcome {
    let server = ctx.memory::<Server>();
    let timeout = ctx.config.mail.smtp_timeout;
    match (server.pool(ctx), &ctx.config.mail.folder) {
        (Err(reason), _) => Outcome::failed(reason),
        (Ok(Some(smtp)), _) => {
            let sent = tokio::time::timeout(timeout, send_over(&smtp, message)).await;
            sent.unwrap_or_else(|_| {
                server.forget();
                Outcome::failed(format!("the mail server took over {} s", timeout.as_secs()))
            })
        }
        (Ok(None), Some(folder)) => match keep_in(folder, &message, name).await {
            Ok(path) => Outcome::Sent(path.display().to_string()),
            Err(error) => Outcome::failed(format!("{}: {error}", folder.display())),
        },
        (Ok(None), None) => Outcome::failed("neither a mail server nor a folder for mails is set"),
    }
}

fn connect(ctx: &Context) -> Result<Option<Smtp>, String> {
    let settings = &ctx.config.mail;
    let Some(url) = &settings.smtp_url else {
        return Ok(None);
    };
    let url = url.expose_secret();
    let pool = PoolConfig::new().max_size(CONNECTIONS_MAX);
    // The URL has a password in it, and an error may repeat it.
    let unusable = |_| "HOLDFAST_SMTP_URL cannot be used".to_owned();
    let mut builder = Smtp::from_url(url).map_err(unusable)?;
    if let Some(file) = &settings.smtp_ca_file {
        let url = Url::parse(url).map_err(|_| "HOLDFAST_SMTP_URL is no URL".to_owned())?;
        builder = builder.tls(tls(&url, file)?);
    }
    let timeout = Some(settings.smtp_timeout);
    Ok(Some(builder.timeout(timeout).pool_config(pool).build()))
}

/// As lettre reads it from the URL, with authorities of the operator's own besides the web's.
fn tls(url: &Url, ca_file: &Path) -> Result<Tls, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("{}: {error}", ca_file.display());
    let pem = std::fs::read(ca_file).map_err(|error| unreadable(&error))?;
    let authorities = Certificate::from_pem(&pem).map_err(|error| unreadable(&error))?;
    let parameters = TlsParameters::builder(url.host_str().unwrap_or_default().to_owned())
        .add_root_certificate(authorities)
        .build_rustls()
        .map_err(|error| unreadable(&error))?;
    let asked = url.query_pairs().find(|(name, _)| name == "tls");
    Ok(
        match (url.scheme(), asked.as_ref().map(|(_, value)| &**value)) {
            ("smtps", _) => Tls::Wrapper(parameters),
            (_, Some("required")) => Tls::Required(parameters),
            (_, Some(_)) => Tls::Opportunistic(parameters),
            (_, None) => Tls::None,
        },
    )
}

async fn send_over(smtp: &Smtp, message: Message) -> Outcome {
    match smtp.send(message).await {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            Outcome::Sent(format!("{} {}", response.code(), lines.join(" ")))
        }
        Err(error) => {
            let code = error.status().map(u16::from);
            let reason = chain(&error);
            if code.is_some_and(is_about_mail) {
                Outcome::Refused(reason)
            } else {
                Outcome::failed(reason)
            }
        }
    }
}

/// Whether a reply says that this mail will never be taken (RFC 5321, 4.2): no such mailbox, too
/// large, not allowed. Other failures for good are about the connection or our credentials, and
/// go away when somebody mends them.
fn is_about_mail(code: u16) -> bool {
    matches!(code, 550..=553 | 555..=559)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Writes the mail beside its place first, so that nobody reads half of it.
async fn keep_in(folder: &Path, message: &Message, name: &str) -> std::io::Result<PathBuf> {
    tokio::fs::create_dir_all(folder).await?;
    let (half, whole) = (
        folder.join(format!("{name}.part")),
        folder.join(format!("{name}.eml")),
    );
    tokio::fs::write(&half, message.formatted()).await?;
    tokio::fs::rename(&half, &whole).await?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::is_about_mail;

    #[test]
    fn only_replies_about_the_mail_itself_are_final() {
        let is_final = [
            (421, false),
            (450, false),
            (451, false),
            (452, false),
            (500, false),
            (502, false),
            (530, false),
            (535, false),
            (550, true),
            (551, true),
            (552, true),
            (553, true),
            (554, false),
        ];

        for (code, expected) in is_final {
            assert_eq!(is_about_mail(code), expected, "{code}");
        }
    }
}
