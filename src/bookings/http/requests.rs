//! What callers send about bookings.

use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::actions::{Cancel, ConfirmHold};
use super::super::model::Contact;
use crate::page::PageQuery;

/// A hold to confirm.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmHold)]
pub struct ConfirmHoldBody {
    #[garde(dive)]
    contact: Contact,
    /// The payment's name at whoever took it.
    #[serde(default)]
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[schema(min_length = 1, max_length = 200)]
    payment_reference: Option<String>,
    /// The hold's newest token: brings the hold back should the board have lost it.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 8192)))]
    #[schema(min_length = 1, max_length = 8192)]
    hold_token: Option<String>,
}

impl From<ConfirmHoldBody> for ConfirmHold {
    fn from(body: ConfirmHoldBody) -> Self {
        let ConfirmHoldBody {
            contact,
            payment_reference,
            hold_token,
        } = body;
        Self {
            contact,
            payment_reference,
            hold_token,
        }
    }
}

/// What to cancel; nothing stands for the whole booking.
#[derive(Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelBooking)]
pub struct CancelBookingBody {
    /// Labels of some of the booking's seats.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 50), inner(length(min = 1, max = 100))))]
    #[schema(min_items = 1, max_items = 50)]
    seats: Option<Vec<String>>,
    #[serde(default)]
    #[garde(inner(length(chars, min = 1, max = 500)))]
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

impl From<CancelBookingBody> for Cancel {
    fn from(CancelBookingBody { seats, reason }: CancelBookingBody) -> Self {
        Self { seats, reason }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LookupQuery {
    /// As on the confirmation, such as `7K3QM-4XRT9`; case and hyphen do not matter.
    pub reference: String,
    /// The mail address that the booking was made with.
    pub email: String,
}

/// Which bookings of an event; each member narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventBookingsQuery {
    /// The booking's reference; case and hyphen do not matter.
    pub reference: Option<String>,
    /// The mail address that the booking was made with.
    pub email: Option<String>,
    /// A seat's label: bookings that have or had it.
    pub seat: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl EventBookingsQuery {
    pub fn page(&self) -> PageQuery {
        PageQuery {
            limit: self.limit,
            after: self.after.clone(),
        }
    }
}
