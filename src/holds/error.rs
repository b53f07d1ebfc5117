//! What can go wrong with holds.

use thiserror::Error;

use crate::board::{BoardError, Hold, HoldState};
use crate::clock::Instant;
use crate::events::{EventError, EventState, Sale};
use crate::problem::{Code, FieldError, Problem};

#[derive(Debug, Error)]
pub enum HoldError {
    #[error("there is no such hold")]
    NotFound,
    #[error("the hold expired at {0}")]
    Expired(Instant),
    #[error("the hold was released")]
    Released,
    #[error("the hold is being confirmed")]
    Confirming,
    #[error("the hold has become a booking")]
    Confirmed,
    #[error("the hold cannot live longer than until {0}")]
    CannotBeExtended(Instant),
    #[error("a person may have {limit} seats and has {held}")]
    LimitReached { limit: i64, held: i64 },
    #[error("the event is {state}")]
    NotOnSale {
        state: EventState,
        sales_open_at: Option<Instant>,
        sales_close_at: Option<Instant>,
    },
    #[error("the idempotency key was used for other seats")]
    KeyReused,
    #[error("{} members are not acceptable", .0.len())]
    Invalid(Vec<FieldError>),
    #[error("the hold token is not genuine")]
    TokenNotGenuine,
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl HoldError {
    /// Why a hold that is not live cannot be acted on.
    pub fn ended(hold: &Hold) -> Self {
        match hold.state {
            HoldState::Expired | HoldState::Held => Self::Expired(hold.deadline),
            HoldState::Released => Self::Released,
            HoldState::Confirming => Self::Confirming,
            HoldState::Confirmed => Self::Confirmed,
        }
    }

    pub fn not_on_sale(sale: &Sale) -> Self {
        Self::NotOnSale {
            state: sale.state,
            sales_open_at: sale.sales_open_at,
            sales_close_at: sale.sales_close_at,
        }
    }

    /// As [`HoldError::not_on_sale`], with the state that PostgreSQL has just told.
    pub fn in_state(mut self, newest: EventState) -> Self {
        if let Self::NotOnSale { state, .. } = &mut self {
            *state = newest;
        }
        self
    }

    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            pointer: pointer.to_owned(),
            detail: detail.into(),
        }])
    }
}

impl From<HoldError> for Problem {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::NotFound => Self::not_found("hold"),
            HoldError::Expired(at) => Self::new(
                Code::HoldExpired,
                "The hold's time is over; its seats may be gone.",
            )
            .with("expired_at", at),
            HoldError::Released => Self::new(Code::HoldReleased, "The hold was released."),
            HoldError::Confirming => {
                Self::new(Code::HoldConfirming, "The hold is being confirmed.").retry_after(1)
            }
            HoldError::Confirmed => Self::new(
                Code::HoldConfirmed,
                "The hold is a booking now: cancel the booking.",
            ),
            HoldError::CannotBeExtended(expires_at) => {
                let detail = "The hold has reached its longest lifetime.";
                Self::new(Code::HoldCannotBeExtended, detail).with("expires_at", expires_at)
            }
            HoldError::LimitReached { limit, held } => {
                let detail =
                    format!("At most {limit} seats are allowed; {held} are taken already.");
                Self::new(Code::HoldLimitReached, detail)
                    .with("limit", limit)
                    .with("held", held)
            }
            HoldError::NotOnSale {
                state,
                sales_open_at,
                sales_close_at,
            } => {
                let detail = match state {
                    EventState::OnSale => "The event is outside its sale window.".to_owned(),
                    _ => format!("The event is {state}."),
                };
                Self::new(Code::EventNotOnSale, detail)
                    .with("state", state)
                    .with("sales_open_at", sales_open_at)
                    .with("sales_close_at", sales_close_at)
            }
            HoldError::KeyReused => {
                let detail = "The idempotency key was used for other seats.";
                Self::new(Code::IdempotencyKeyReused, detail)
            }
            HoldError::Invalid(errors) => Self::invalid(&errors),
            HoldError::TokenNotGenuine => Self::invalid_member(
                "/hold_token",
                "is not a token that this service gave this caller for this hold",
            ),
            HoldError::Board(error) => error.into(),
            HoldError::Event(error) => error.into(),
            HoldError::Database(error) => error.into(),
        }
    }
}
