//! Ids: a type for each noun, and where new ones come from.

use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::{Builder, Uuid};

use crate::clock::Clock;

/// A typed id is a UUID that cannot be mistaken for another noun's.
pub trait TypedId: From<Uuid> {}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl TypedId for $name {}
    )+};
}

typed_ids! {
    AccountId;
    /// The subject of a bearer token: an account's id, or a guest's.
    CallerId;
    VenueId;
    /// Stable: derived from the venue and the seat's label, so every version of a template that
    /// has the label has the same seat.
    SeatId;
    EventId;
    HoldId;
    BookingId;
    RefundId;
    /// An entry of a waitlist.
    EntryId;
    MessageId;
    DeliveryId;
    EndpointId;
    NotificationId;
    RequestId;
    /// A process that serves.
    InstanceId;
}

impl From<AccountId> for CallerId {
    fn from(account_id: AccountId) -> Self {
        Self(account_id.0)
    }
}

impl SeatId {
    pub fn of(venue_id: VenueId, label: &str) -> Self {
        Self(Uuid::new_v5(&venue_id.0, label.as_bytes()))
    }
}

impl HoldId {
    /// The hold that a caller's idempotency key stands for: a repeated request meets its own hold.
    pub fn of_key(event_id: EventId, holder: CallerId, key: &str) -> Self {
        let mut name = holder.0.as_bytes().to_vec();
        name.extend_from_slice(key.as_bytes());
        Self(Uuid::new_v5(&event_id.0, &name))
    }
}

/// Where new ids and random numbers come from: an input, so that a test can repeat a run.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
    rng: Option<Arc<Mutex<StdRng>>>,
}

impl Ids {
    pub fn random(clock: Clock) -> Self {
        Self { clock, rng: None }
    }

    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            rng: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))),
        }
    }

    /// A new UUIDv7 (RFC 9562, 5.7): sorted by time, 74 random bits.
    pub fn next<I: TypedId>(&self) -> I {
        let ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(ms, &self.bytes())
            .into_uuid()
            .into()
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        match &self.rng {
            None => rand::rng().random(),
            Some(rng) => rng
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .random(),
        }
    }
}
