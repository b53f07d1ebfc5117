//! Settings, read from the environment once in `main`; all faults are reported together.
//!
//! Every variable stands in [`VARIABLES`] with its default and meaning.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Address, AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use crate::id::DeliveryId;
use crate::variables::Reader;
pub use crate::variables::{OTHER_VARIABLES, VARIABLES, Variable};

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
    pub write_timeout: Duration,
    pub fallback: Fallback,
    pub feed: Feed,
    pub rates: Rates,
    pub mail: MailSettings,
    pub webhooks: WebhookSettings,
}

/// Where webhooks may go.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Also private addresses and plain http: for receivers in the same house, and for tests.
    pub allows_private: bool,
    pub ca_file: Option<PathBuf>,
    pub timeout: Duration,
}

/// How mails are sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub smtp_url: Option<SecretString>,
    pub smtp_timeout: Duration,
    /// Authorities of the operator's own.
    pub smtp_ca_file: Option<PathBuf>,
    /// Where mails are kept while there is no server.
    pub folder: Option<PathBuf>,
    pub from: Mailbox,
    pub language: String,
    pub templates: Option<PathBuf>,
    /// Whether the development page shows what is in the folder, to anybody.
    pub is_shown: bool,
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

/// When boards are taken to PostgreSQL, and back to Redis.
#[derive(Clone, Copy, Debug)]
pub struct Fallback {
    /// How long an instance may lack Redis; none: sales stop with Redis.
    pub down_after: Option<Duration>,
    /// How long every instance must have had Redis.
    pub back_after: Duration,
}

/// The live seat map.
#[derive(Clone, Debug)]
pub struct Feed {
    pub n_copies_max: usize,
    pub copy_idle: Duration,
    pub check_interval: Duration,
    pub n_viewers_max: usize,
    pub n_viewers_per_address_max: usize,
}

/// How often one caller or address may do what invites abuse.
#[derive(Clone, Debug)]
pub struct Rates {
    pub guests_per_minute: u32,
    pub sign_ins_per_minute: u32,
    pub lookups_per_minute: u32,
    pub hold_changes_per_minute: u32,
    pub withdrawals_per_minute: u32,
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

/// The variables of this process, as far as their names can be read.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    })
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigFaults> {
        Self::from_variables(environment())
    }

    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::of(variables.into_iter().collect());
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
            cors_origins: reader.origins("HOLDFAST_CORS_ORIGINS"),
            n_trusted_proxies: reader.parse("HOLDFAST_TRUSTED_PROXIES_COUNT", 0),
            n_database_connections_max: reader.positive("HOLDFAST_DATABASE_CONNECTIONS_MAX"),
            n_confirm_connections: reader.positive("HOLDFAST_CONFIRM_CONNECTIONS_COUNT"),
            n_redis_connections: reader.positive("HOLDFAST_REDIS_CONNECTIONS_COUNT") as usize,
            token_ttl: reader.seconds("HOLDFAST_TOKEN_TTL_SECONDS"),
            request_timeout: reader.seconds("HOLDFAST_REQUEST_TIMEOUT_SECONDS"),
            shutdown_timeout: reader.seconds("HOLDFAST_SHUTDOWN_TIMEOUT_SECONDS"),
            body_max_bytes: reader.positive("HOLDFAST_BODY_MAX_BYTES") as usize,
            template_max_bytes: reader.positive("HOLDFAST_TEMPLATE_MAX_BYTES") as usize,
            write_timeout: reader.seconds("HOLDFAST_WRITE_TIMEOUT_SECONDS"),
            fallback: Fallback {
                down_after: reader.seconds_or_never("HOLDFAST_REDIS_DOWN_AFTER_SECONDS"),
                back_after: reader.seconds("HOLDFAST_REDIS_BACK_AFTER_SECONDS"),
            },
            feed: Feed {
                n_copies_max: reader.positive("HOLDFAST_BOARD_COPIES_MAX") as usize,
                copy_idle: reader.seconds("HOLDFAST_BOARD_COPY_IDLE_SECONDS"),
                check_interval: reader.seconds("HOLDFAST_BOARD_CHECK_SECONDS"),
                n_viewers_max: reader.positive("HOLDFAST_VIEWERS_MAX") as usize,
                n_viewers_per_address_max: reader.positive("HOLDFAST_VIEWERS_PER_ADDRESS_MAX")
                    as usize,
            },
            rates: Rates {
                guests_per_minute: reader.positive("HOLDFAST_GUESTS_PER_MINUTE"),
                sign_ins_per_minute: reader.positive("HOLDFAST_SIGN_INS_PER_MINUTE"),
                lookups_per_minute: reader.positive("HOLDFAST_LOOKUPS_PER_MINUTE"),
                hold_changes_per_minute: reader.positive("HOLDFAST_HOLD_CHANGES_PER_MINUTE"),
                withdrawals_per_minute: reader.positive("HOLDFAST_WITHDRAWALS_PER_MINUTE"),
            },
            mail: Self::read_mail(reader),
            webhooks: Self::read_webhooks(reader),
        };
        let n_secret_bytes = config.secret.expose_secret().len();
        if (1..32).contains(&n_secret_bytes) {
            reader.fault("HOLDFAST_SECRET", "must be at least 32 bytes long");
        }
        config
    }
}

impl Config {
    fn read_webhooks(reader: &mut Reader) -> WebhookSettings {
        let addresses = reader.text("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES");
        if !matches!(addresses.as_str(), "allow" | "refuse") {
            reader.fault(
                "HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES",
                "must be refuse or allow",
            );
        }
        WebhookSettings {
            allows_private: addresses == "allow",
            ca_file: reader
                .optional("HOLDFAST_WEBHOOK_CA_FILE")
                .map(PathBuf::from),
            timeout: reader.attempt_timeout("HOLDFAST_WEBHOOK_TIMEOUT_SECONDS"),
        }
    }

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
            smtp_ca_file: reader.optional("HOLDFAST_SMTP_CA_FILE").map(PathBuf::from),
            smtp_timeout: reader.attempt_timeout("HOLDFAST_SMTP_TIMEOUT_SECONDS"),
            folder: reader.optional("HOLDFAST_MAIL_DIR").map(PathBuf::from),
            from: reader.parse("HOLDFAST_MAIL_FROM", nobody),
            language,
            templates: reader
                .optional("HOLDFAST_MAIL_TEMPLATES_DIR")
                .map(PathBuf::from),
            is_shown: false,
        }
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

    #[test]
    fn what_kubernetes_says_of_services_is_no_fault_and_a_typing_error_is() {
        let needed = [
            ("DATABASE_URL", "postgres://localhost/holdfast"),
            ("REDIS_URL", "redis://localhost"),
            ("HOLDFAST_SECRET", "0123456789abcdef0123456789abcdef"),
        ];
        let told = [
            ("HOLDFAST_SERVICE_HOST", "10.0.0.7"),
            ("HOLDFAST_SERVICE_PORT", "8080"),
            ("HOLDFAST_SERVICE_PORT_HTTP", "8080"),
            ("HOLDFAST_PORT", "tcp://10.0.0.7:8080"),
            ("HOLDFAST_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("HOLDFAST_PORT_8080_TCP_ADDR", "10.0.0.7"),
            ("HOLDFAST_REDIS_SERVICE_HOST", "10.0.0.8"),
            ("HOLDFAST_REDIS_PORT_6379_TCP_PROTO", "tcp"),
        ];

        let faults = |variables: &[&[(&str, &str)]]| {
            let faults = config(&variables.concat()).err();
            faults.map(|faults| faults.0).unwrap_or_default()
        };

        assert_eq!(faults(&[&needed, &told]), [""; 0]);
        assert_eq!(
            faults(&[&needed, &told, &[("HOLDFAST_PROT", "9000")]]),
            ["HOLDFAST_PROT is not a setting"]
        );
        assert_eq!(
            faults(&[&needed, &[("HOLDFAST_PORT", "9000")]]),
            ["HOLDFAST_PORT is not a setting"]
        );
    }

    #[test]
    fn an_origin_is_what_a_browser_calls_one() {
        let origins = |list: &str| {
            let faults = config(&[("HOLDFAST_CORS_ORIGINS", list)]).unwrap_err();
            let faults = faults.0.into_iter();
            let ours: Vec<_> = faults
                .filter(|fault| fault.contains("CORS_ORIGINS"))
                .collect();
            ours.len()
        };

        for right in [
            "",
            "https://shop.example",
            "http://localhost:5173, https://shop.example:8443",
            "capacitor://localhost, ionic://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://c0ffee00-1234-4abc-9def-0123456789ab",
        ] {
            assert_eq!(origins(right), 0, "{right}");
        }
        for wrong in [
            "*",
            "https://shop.example/",
            "shop.example",
            "https://Shop.example",
            "https://shop.example:443",
            "https://shop.example,null",
            "file:///shop",
            "file://shop",
            "capacitor://localhost/",
            "capacitor://localhost?",
            "Capacitor://localhost",
            "capacitor://",
            "capacitor://ana@localhost",
            "capacitor:localhost",
        ] {
            assert_eq!(origins(wrong), 1, "{wrong}");
        }
    }
}
