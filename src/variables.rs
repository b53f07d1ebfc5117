//! The variables that settings are read from, with defaults and meanings.
//!
//! docs/operations.md lists the same, and a test compares the two.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

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
    ("HOLDFAST_SMTP_CA_FILE", "", "certificates (PEM) to trust in a mail server besides the web's"),
    ("HOLDFAST_SMTP_TIMEOUT_SECONDS", "10", "how long the mail server may take; up to 30"),
    ("HOLDFAST_MAIL_DIR", "", "folder that mails are written to where there is no server"),
    ("HOLDFAST_MAIL_FROM", "Holdfast <no-reply@localhost>", "whom mails come from"),
    ("HOLDFAST_MAIL_LANGUAGE", "en", "en, de, or a folder of HOLDFAST_MAIL_TEMPLATES_DIR"),
    ("HOLDFAST_MAIL_TEMPLATES_DIR", "", "folder of templates that replace the built-in ones"),
    ("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "refuse", "allow: webhooks to any address, and by http"),
    ("HOLDFAST_WEBHOOK_TIMEOUT_SECONDS", "15", "how long an endpoint may take; up to 30"),
    ("HOLDFAST_WEBHOOK_CA_FILE", "", "certificates (PEM) to trust besides those of the web"),
    ("HOLDFAST_LOG_FORMAT", "text", "text or json"),
    ("HOLDFAST_CORS_ORIGINS", "", "origins whose pages may call the service, separated by commas"),
    ("HOLDFAST_TRUSTED_PROXIES_COUNT", "0", "proxies in front that append to X-Forwarded-For"),
    ("HOLDFAST_DATABASE_CONNECTIONS_MAX", "16", "connections for everything but confirming"),
    ("HOLDFAST_CONFIRM_CONNECTIONS_COUNT", "3", "connections that commit confirms in batches"),
    ("HOLDFAST_REDIS_CONNECTIONS_COUNT", "4", "connections to Redis; at least one for each core"),
    ("HOLDFAST_REDIS_DOWN_AFTER_SECONDS", "5", "sales go on without Redis after that; 0: never"),
    ("HOLDFAST_REDIS_BACK_AFTER_SECONDS", "10", "sales go back to Redis once it is there so long"),
    ("HOLDFAST_TOKEN_TTL_SECONDS", "43200", "how long an access token is good for"),
    ("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "15", "a request that takes longer is answered with 503"),
    ("HOLDFAST_SHUTDOWN_TIMEOUT_SECONDS", "20", "how long running requests may take to finish"),
    ("HOLDFAST_BODY_MAX_BYTES", "65536", "largest request body, venue templates excepted"),
    ("HOLDFAST_TEMPLATE_MAX_BYTES", "4194304", "largest venue template"),
    ("HOLDFAST_WRITE_TIMEOUT_SECONDS", "30", "a caller who accepts nothing for so long is cut off"),
    ("HOLDFAST_BOARD_COPIES_MAX", "256", "boards of which an instance keeps a copy"),
    ("HOLDFAST_BOARD_COPY_IDLE_SECONDS", "60", "a copy that nobody reads is dropped after that"),
    ("HOLDFAST_BOARD_CHECK_SECONDS", "5", "how often a copy is compared with its board"),
    ("HOLDFAST_VIEWERS_MAX", "20000", "people who watch seat maps at one instance"),
    ("HOLDFAST_VIEWERS_PER_ADDRESS_MAX", "100",
        "seat maps that one address watches at one instance"),
    ("HOLDFAST_GUESTS_PER_MINUTE", "60", "guest tokens for one address"),
    ("HOLDFAST_SIGN_INS_PER_MINUTE", "20", "sign-ins and registrations from one address"),
    ("HOLDFAST_LOOKUPS_PER_MINUTE", "30", "bookings looked up by reference from one address"),
    ("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "600",
        "holds changed or confirmed, offers accepted, waitlists joined, requests with a key: \
         by one caller at one instance"),
    ("HOLDFAST_WITHDRAWALS_PER_MINUTE", "30", "bookings cancelled, waitlists left by one address"),
];

/// Limit: for one attempt to deliver a mail or a webhook.
const ATTEMPT_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// Variables that may be left out though they have no default.
const OPTIONAL: &[&str] = &[
    "HOLDFAST_CORS_ORIGINS",
    "HOLDFAST_MAIL_DIR",
    "HOLDFAST_MAIL_TEMPLATES_DIR",
    "HOLDFAST_SMTP_CA_FILE",
    "HOLDFAST_SMTP_URL",
    "HOLDFAST_WEBHOOK_CA_FILE",
];

/// Variables of other commands, and of libraries.
#[rustfmt::skip]
pub const OTHER_VARIABLES: &[Variable] = &[
    ("HOLDFAST_ADMIN_PASSWORD", "", "password for `admin create`; without it the command asks"),
    ("HOLDFAST_BENCH_EMAIL", "", "`bench`: a venue admin, who makes the venue and the events"),
    ("HOLDFAST_BENCH_PASSWORD", "", "`bench`: the password of that venue admin"),
    ("HOLDFAST_PG_BIN", "", "`dev`: folder of the PostgreSQL programs"),
    ("HOLDFAST_REDIS_BIN", "", "`dev`: the redis-server program"),
    ("HOLDFAST_DATA_DIR", "", "`dev`: folder of the private stores; by default .holdfast"),
    ("RUST_LOG", "info,tokio_cron_scheduler=warn",
        "what is logged, as tracing-subscriber's EnvFilter reads it"),
];

/// Of a page on the web; or of an app's web view or an extension, which have schemes of their own,
/// and nothing after their names.
fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    if matches!(url.scheme(), "http" | "https") {
        return url.origin().ascii_serialization() == text;
    }
    let has_name = url.host_str().is_some_and(|host| !host.is_empty());
    let ends_there = url.path().is_empty() && url.query().is_none() && url.fragment().is_none();
    let has_user = url.authority().contains('@');
    has_name && ends_there && !has_user && url.as_str() == text
}

/// Reads variables, and gathers what is wrong with them.
pub struct Reader {
    values: BTreeMap<String, String>,
    pub faults: Vec<String>,
}

impl Reader {
    pub fn of(values: BTreeMap<String, String>) -> Self {
        Self {
            values,
            faults: Vec::new(),
        }
    }

    pub fn fault(&mut self, name: &str, what: impl fmt::Display) {
        self.faults.push(format!("{name} {what}"));
    }

    pub fn refuse_unknown(&mut self) {
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
            .filter(|name| !self.is_of_a_service(name))
            .cloned()
            .collect();
        for name in unknown {
            self.fault(&name, "is not a setting");
        }
    }

    /// Kubernetes tells every container where the services of its namespace are: of one that is
    /// named `holdfast`, or `holdfast-redis`, in variables that begin as ours do.
    fn is_of_a_service(&self, name: &str) -> bool {
        let names = self.values.keys();
        let mut services = names.filter_map(|name| name.strip_suffix("_SERVICE_HOST"));
        services.any(|service| {
            let rest = name.strip_prefix(service).unwrap_or_default();
            let places = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
            let mut rests = places.iter().filter_map(|place| rest.strip_prefix(place));
            rests.any(|rest| rest.is_empty() || rest.starts_with('_'))
        })
    }

    pub fn text(&mut self, name: &str) -> String {
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

    pub fn optional(&mut self, name: &str) -> Option<String> {
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

    /// Each as a browser writes it: an origin is compared letter by letter.
    pub fn origins(&mut self, name: &str) -> Vec<String> {
        let origins = self.list(name);
        if !origins.iter().all(|origin| is_origin(origin)) {
            self.fault(name, "must be origins, such as https://shop.example");
        }
        origins
    }

    pub fn parse<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, otherwise: T) -> T {
        match self.text(name).parse() {
            Ok(value) => value,
            Err(reason) => {
                self.fault(name, format!("is not acceptable: {reason}"));
                otherwise
            }
        }
    }

    pub fn positive(&mut self, name: &str) -> u32 {
        match self.text(name).parse() {
            Ok(0) | Err(_) => {
                self.fault(name, "must be a whole number above zero");
                1
            }
            Ok(number) => number,
        }
    }

    /// One attempt to deliver must end within its lease.
    pub fn attempt_timeout(&mut self, name: &str) -> Duration {
        let timeout = self.seconds(name);
        if timeout > ATTEMPT_TIMEOUT_MAX {
            self.fault(name, "must be at most 30");
        }
        timeout.min(ATTEMPT_TIMEOUT_MAX)
    }

    /// Zero is never.
    pub fn seconds_or_never(&mut self, name: &str) -> Option<Duration> {
        let seconds: u32 = self.parse(name, 0);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    pub fn seconds(&mut self, name: &str) -> Duration {
        Duration::from_secs(u64::from(self.positive(name)))
    }
}
