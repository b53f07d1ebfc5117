//! An event as it is stored, and as callers see it.

use chrono::{DateTime, Utc};
use iso_currency::Currency;
use serde::Serialize;
use uuid::Uuid;

use super::{EventPrice, EventState, Terms};
use crate::auth::{Caller, Role};
use crate::id::{AccountId, CallerId, EventId, VenueId};

/// Which store has an event's board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum BoardMode {
    Redis,
    /// Sales go on at a lower rate: an instance of the service does not reach Redis.
    Postgres,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub event_id: EventId,
    pub owner_id: AccountId,
    pub venue: EventVenue,
    pub seat_count: i32,
    /// Tells this layout version from every other.
    pub layout_tag: String,
    pub terms: Terms,
    pub state: EventState,
    pub currency: Currency,
    /// In the order of the layout's categories.
    pub prices: Vec<EventPrice>,
    pub version: i32,
    pub board_epoch: i64,
    pub board_mode: BoardMode,
    pub opened_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The venue in the version that the event was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EventVenue {
    pub venue_id: VenueId,
    pub version: i32,
    pub name: String,
    /// IANA name.
    pub time_zone: String,
}

/// An event as callers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    pub event_id: EventId,
    pub venue: EventVenue,
    pub seat_count: i32,
    /// For the owner and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<AccountId>,
    /// For the owner and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board_mode: Option<BoardMode>,
    #[serde(flatten)]
    pub terms: Terms,
    pub state: EventState,
    /// ISO 4217.
    #[schema(value_type = String, examples("EUR"))]
    pub currency: Currency,
    pub prices: Vec<EventPrice>,
    /// Goes up with every edit and every change of state.
    pub version: i32,
    pub created_at: DateTime<Utc>,
    /// When it was first put on sale.
    #[schema(required)]
    pub opened_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub closed_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub cancelled_at: Option<DateTime<Utc>>,
}

/// Which events of a list.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    pub state: Option<EventState>,
    /// Part of the name, in any case.
    pub q: Option<String>,
    /// Only this account's own.
    pub owner_id: Option<AccountId>,
}

/// How far a caller reaches: what is public, what is their own, or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Whose bookings are their own.
    pub holder: Option<CallerId>,
    /// Whose events are their own: nobody's, once the role that owns events was taken away.
    pub owner_id: Option<AccountId>,
    pub is_admin: bool,
}

impl Reach {
    pub const PUBLIC: Self = Self {
        holder: None,
        owner_id: None,
        is_admin: false,
    };
    /// The service's own reads.
    pub const EVERYTHING: Self = Self {
        is_admin: true,
        ..Self::PUBLIC
    };

    pub fn of(caller: Caller) -> Self {
        let owns_events = caller.role >= Role::VenueAdmin;
        Self {
            holder: Some(caller.caller_id),
            owner_id: owns_events.then_some(AccountId(caller.caller_id.0)),
            is_admin: caller.role == Role::Admin,
        }
    }

    pub fn holder(self) -> Option<Uuid> {
        self.holder.map(|holder| holder.0)
    }

    pub fn owner(self) -> Option<Uuid> {
        self.owner_id.map(|owner_id| owner_id.0)
    }

    pub fn owns(self, event: &Event) -> bool {
        self.is_admin || self.owner_id == Some(event.owner_id)
    }
}

impl Event {
    /// Once it was put on sale, for ever. Until then it is its owner's alone.
    pub fn is_public(&self) -> bool {
        self.opened_at.is_some()
    }

    /// Invariant: only a caller who may see the event gets here.
    pub fn view(self, reach: Reach) -> EventView {
        let owner_id = Some(self.owner_id).filter(|_| reach.owns(&self));
        EventView {
            event_id: self.event_id,
            venue: self.venue,
            seat_count: self.seat_count,
            owner_id,
            board_mode: owner_id.map(|_| self.board_mode),
            terms: self.terms,
            state: self.state,
            currency: self.currency,
            prices: self.prices,
            version: self.version,
            created_at: self.created_at,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            cancelled_at: self.cancelled_at,
        }
    }
}
