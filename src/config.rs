//! Settings, read from the environment once in `main`; all faults are reported together.
//!
//! Every variable stands in [`VARIABLES`] with its default and meaning; docs/operations.md lists
//! the same, and a test compares the two.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Address, AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use crate::id::DeliveryId;

/// A setting: variable, default (empty: none, and needed), meaning.
pub type Variable = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
pub const VARIABLES: &[Variable] = &[
    ("DATABASE_URL", "", "PostgreSQL, such as postgres://user:password@host/holdfast"),
    ("REDIS_URL", "", "such as redis://host:6379, or redis-cluster://host:6379 for a cluster"),
    ("HOLDFAST_SECRET", "", "signs access tokens and hold tokens; at least 32 bytes"),
    ("HOLDFAST_BIND", "127.0.0.1:8080", "address and port to listen on"),
    ("HOLDFAST_PUBLIC_URL", "http://127.0.0.1:8080", "where people reach the service"),
    ("HOLDFAST_SMTP_URL", "", "mail server, such as smtps://user:password@host; none: no server"),
    ("HOLDFAST_MAIL_DIR", "", "folder that mails are written to where there is no server"),
    ("HOLDFAST_MAIL_FROM", "Holdfast <no-reply@localhost>", "whom mails come from"),
    ("HOLDFAST_MAIL_LANGUAGE", "en", "en, de, or a folder of HOLDFAST_MAIL_TEMPLATES_DIR"),
    ("HOLDFAST_MAIL_TEMPLATES_DIR", "", "folder of templates that replace the built-in ones"),
    ("HOLDFAST_LOG_FORMAT", "text", "text or json"),
    ("HOLDFAST_CORS_ORIGINS", "", "origins whose pages may call the service, separated by commas"),
    ("HOLDFAST_TRUSTED_PROXIES_COUNT", "0", "proxies in front that append to X-Forwarded-For"),
    ("HOLDFAST_DATABASE_CONNECTIONS_MAX", "16", "connections for everything but confirming"),
    ("HOLDFAST_CONFIRM_CONNECTIONS_COUNT", "3", "connections that commit confirms in batches"),
    ("HOLDFAST_REDIS_CONNECTIONS_COUNT", "4", "multiplexed connections to Redis"),
    ("HOLDFAST_TOKEN_TTL_SECONDS", "43200", "how long an access token is good for"),
    ("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "15", "a request that takes longer is answered with 503"),
    ("HOLDFAST_SHUTDOWN_TIMEOUT_SECONDS", "20", "how long running requests may take to finish"),
    ("HOLDFAST_BODY_MAX_BYTES", "65536", "largest request body, venue templates excepted"),
    ("HOLDFAST_TEMPLATE_MAX_BYTES", "4194304", "largest venue template"),
    ("HOLDFAST_GUESTS_PER_MINUTE", "60", "guest tokens for one address"),
    ("HOLDFAST_SIGN_INS_PER_MINUTE", "20", "sign-ins and registrations from one address"),
    ("HOLDFAST_LOOKUPS_PER_MINUTE", "30", "bookings looked up by reference from one address"),
    ("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "600", "holds placed or changed by one caller"),
];

/// Variables that may be left out though they have no default.
const OPTIONAL: &[&str] = &[
    "HOLDFAST_CORS_ORIGINS",
    "HOLDFAST_MAIL_DIR",
    "HOLDFAST_MAIL_TEMPLATES_DIR",
    "HOLDFAST_SMTP_URL",
];

/// Variables of other commands, and of libraries.
#[rustfmt::skip]
pub const OTHER_VARIABLES: &[Variable] = &[
    ("HOLDFAST_ADMIN_PASSWORD", "", "password for `admin create`; without it the command asks"),
    ("HOLDFAST_PG_BIN", "", "`dev`: folder of the PostgreSQL programs"),
    ("HOLDFAST_REDIS_BIN", "", "`dev`: the redis-server program"),
    ("HOLDFAST_DATA_DIR", "", "`dev`: folder of the private stores; by default .holdfast"),
    ("RUST_LOG", "info", "what is logged, as tracing-subscriber's EnvFilter reads it"),
];

#[derive(Clone, Debug)]
pub struct Config {
    pub database_url: SecretString,
    pub redis_url: SecretString,
    pub secret: SecretString,
    pub bind: SocketAddr,
    pub public_url: String,
    pub log_format: LogFormat,
    pub cors_origins: Vec<String>,
    pub n_trusted_proxies: usize,
    pub n_database_connections_max: u32,
    pub n_confirm_connections: u32,
    pub n_redis_connections: usize,
    pub token_ttl: Duration,
    pub request_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub body_max_bytes: usize,
    pub template_max_bytes: usize,
    pub rates: Rates,
    pub mail: MailSettings,
}

/// How mails are sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub smtp_url: Option<SecretString>,
    /// Where mails are kept while there is no server.
    pub folder: Option<PathBuf>,
    pub from: Mailbox,
    pub language: String,
    pub templates: Option<PathBuf>,
}

impl MailSettings {
    /// Whether mails go anywhere; nobody is owed one where they do not.
    pub fn is_sent(&self) -> bool {
        self.smtp_url.is_some() || self.folder.is_some()
    }

    /// The Message-ID (RFC 5322, 3.6.4) of a delivery, in every attempt.
    pub fn message_id(&self, delivery_id: DeliveryId) -> String {
        format!("<{delivery_id}@{}>", self.from.email.domain())
    }
}

/// How often one caller or address may do what invites abuse.
#[derive(Clone, Debug)]
pub struct Rates {
    pub guests_per_minute: u32,
    pub sign_ins_per_minute: u32,
    pub lookups_per_minute: u32,
    pub hold_changes_per_minute: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// Everything wrong with the environment, a line each; values are never repeated.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<String>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings have {} faults:", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigFaults {}

impl Config {
    pub fn from_env() -> Result<Self, ConfigFaults> {
        Self::from_variables(std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        }))
    }

    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigFaults> {
        let mut reader = Reader {
            values: variables.into_iter().collect(),
            faults: Vec::new(),
        };
        reader.refuse_unknown();
        let config = Self::read(&mut reader);
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigFaults(reader.faults))
        }
    }

    fn read(reader: &mut Reader) -> Self {
        let config = Self {
            database_url: reader.text("DATABASE_URL").into(),
            redis_url: reader.text("REDIS_URL").into(),
            secret: reader.text("HOLDFAST_SECRET").into(),
            bind: reader.parse("HOLDFAST_BIND", SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url: reader
                .text("HOLDFAST_PUBLIC_URL")
                .trim_end_matches('/')
                .to_owned(),
            log_format: reader.parse("HOLDFAST_LOG_FORMAT", LogFormat::Text),
            cors_origins: reader.list("HOLDFAST_CORS_ORIGINS"),
            n_trusted_proxies: reader.parse("HOLDFAST_TRUSTED_PROXIES_COUNT", 0),
            n_database_connections_max: reader.positive("HOLDFAST_DATABASE_CONNECTIONS_MAX"),
            n_confirm_connections: reader.positive("HOLDFAST_CONFIRM_CONNECTIONS_COUNT"),
            n_redis_connections: reader.positive("HOLDFAST_REDIS_CONNECTIONS_COUNT") as usize,
            token_ttl: reader.seconds("HOLDFAST_TOKEN_TTL_SECONDS"),
            request_timeout: reader.seconds("HOLDFAST_REQUEST_TIMEOUT_SECONDS"),
            shutdown_timeout: reader.seconds("HOLDFAST_SHUTDOWN_TIMEOUT_SECONDS"),
            body_max_bytes: reader.positive("HOLDFAST_BODY_MAX_BYTES") as usize,
            template_max_bytes: reader.positive("HOLDFAST_TEMPLATE_MAX_BYTES") as usize,
            rates: Rates {
                guests_per_minute: reader.positive("HOLDFAST_GUESTS_PER_MINUTE"),
                sign_ins_per_minute: reader.positive("HOLDFAST_SIGN_INS_PER_MINUTE"),
                lookups_per_minute: reader.positive("HOLDFAST_LOOKUPS_PER_MINUTE"),
                hold_changes_per_minute: reader.positive("HOLDFAST_HOLD_CHANGES_PER_MINUTE"),
            },
            mail: Self::read_mail(reader),
        };
        let n_secret_bytes = config.secret.expose_secret().len();
        if (1..32).contains(&n_secret_bytes) {
            reader.fault("HOLDFAST_SECRET", "must be at least 32 bytes long");
        }
        config
    }
}

impl Config {
    fn read_mail(reader: &mut Reader) -> MailSettings {
        let smtp_url = reader.optional("HOLDFAST_SMTP_URL");
        let is_url = |url: &String| AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_ok();
        if !smtp_url.as_ref().is_none_or(is_url) {
            reader.fault("HOLDFAST_SMTP_URL", "must be an smtp:// or smtps:// URL");
        }
        let language = reader.text("HOLDFAST_MAIL_LANGUAGE");
        if !language
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            reader.fault(
                "HOLDFAST_MAIL_LANGUAGE",
                "must be letters, digits and hyphens",
            );
        }
        let nobody = Mailbox::new(None, Address::new_dangerous("no-reply", "localhost"));
        MailSettings {
            smtp_url: smtp_url.map(SecretString::from),
            folder: reader.optional("HOLDFAST_MAIL_DIR").map(PathBuf::from),
            from: reader.parse("HOLDFAST_MAIL_FROM", nobody),
            language,
            templates: reader
                .optional("HOLDFAST_MAIL_TEMPLATES_DIR")
                .map(PathBuf::from),
        }
    }
}

struct Reader {
    values: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Reader {
    fn fault(&mut self, name: &str, what: impl fmt::Display) {
        self.faults.push(format!("{name} {what}"));
    }

    fn refuse_unknown(&mut self) {
        let is_known = |name: &str| {
            VARIABLES
                .iter()
                .chain(OTHER_VARIABLES)
                .any(|(variable, ..)| *variable == name)
        };
        let unknown: Vec<_> = self
            .values
            .keys()
            .filter(|name| name.starts_with("HOLDFAST_") && !is_known(name))
            .cloned()
            .collect();
        for name in unknown {
            self.fault(&name, "is not a setting");
        }
    }

    fn text(&mut self, name: &str) -> String {
        match self.values.get(name).filter(|value| !value.is_empty()) {
            Some(value) => value.clone(),
            None => match VARIABLES.iter().find(|(variable, ..)| *variable == name) {
                Some((_, "", meaning)) if !OPTIONAL.contains(&name) => {
                    self.fault(name, format!("is missing: {meaning}"));
                    String::new()
                }
                Some((_, default, _)) => (*default).to_owned(),
                None => String::new(),
            },
        }
    }

    fn optional(&mut self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name);
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, otherwise: T) -> T {
        match self.text(name).parse() {
            Ok(value) => value,
            Err(reason) => {
                self.fault(name, format!("is not acceptable: {reason}"));
                otherwise
            }
        }
    }

    fn positive(&mut self, name: &str) -> u32 {
        match self.text(name).parse() {
            Ok(0) | Err(_) => {
                self.fault(name, "must be a whole number above zero");
                1
            }
            Ok(number) => number,
        }
    }

    fn seconds(&mut self, name: &str) -> Duration {
        Duration::from_secs(u64::from(self.positive(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        Config::from_variables(owned)
    }

    #[test]
    fn all_faults_are_reported_at_once_and_no_secret_is_repeated() {
        let faults = config(&[
            ("HOLDFAST_SECRET", "too-short"),
            ("HOLDFAST_BIND", "nowhere"),
            ("HOLDFAST_BNID", "127.0.0.1:1"),
            ("HOLDFAST_TOKEN_TTL_SECONDS", "0"),
        ])
        .unwrap_err()
        .to_string();

        for expected in [
            "DATABASE_URL is missing",
            "REDIS_URL is missing",
            "HOLDFAST_SECRET must be",
            "HOLDFAST_BIND is not acceptable",
            "HOLDFAST_BNID is not a setting",
            "HOLDFAST_TOKEN_TTL_SECONDS must be",
        ] {
            assert!(faults.contains(expected), "{expected} is not in {faults}");
        }
        assert!(!faults.contains("too-short"));
    }

    #[test]
    fn secrets_do_not_print() {
        let secret = "0123456789abcdef0123456789abcdef";
        let config = config(&[
            ("DATABASE_URL", "postgres://user:hunter2@localhost/holdfast"),
            ("REDIS_URL", "redis://:hunter2@localhost"),
            ("HOLDFAST_SECRET", secret),
        ])
        .unwrap();

        let printed = format!("{config:?}");

        assert!(
            !printed.contains("hunter2") && !printed.contains(secret),
            "{printed}"
        );
    }
}
