//! Bookings, their references, and what a cancellation gives back.

use iso_currency::Currency;
use serde::{Deserialize, Deserializer, Serialize};

use crate::clock::Instant;
use crate::events::{EventState, Sale};
use crate::id::{BookingId, CallerId, EventId, HoldId};
use crate::money::Amount;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    Confirmed,
    PartlyCancelled,
    Cancelled,
}

impl BookingState {
    pub fn of_text(text: &str) -> Self {
        match text {
            "partly_cancelled" => Self::PartlyCancelled,
            "cancelled" => Self::Cancelled,
            _ => Self::Confirmed,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::PartlyCancelled => "partly_cancelled",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a booking that has that many seats left after a cancellation.
    pub fn with_seats_left(n_left: usize) -> Self {
        if n_left == 0 {
            Self::Cancelled
        } else {
            Self::PartlyCancelled
        }
    }
}

/// Whom a booking is for.
#[derive(
    Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, garde::Validate,
)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    #[serde(deserialize_with = "deserialize_trimmed")]
    #[garde(length(chars, min = 1, max = 200), custom(has_no_control_characters))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[serde(deserialize_with = "deserialize_trimmed")]
    #[garde(custom(is_mailable), length(max = 254))]
    #[schema(max_length = 254, format = "email", examples("ana@example.org"))]
    pub email: String,
}

fn deserialize_trimmed<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| text.trim().to_owned())
}

/// A name stands in the head of a mail, where a line break would begin another header.
fn has_no_control_characters<C>(text: &str, _: &C) -> garde::Result {
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("must not have control characters"));
    }
    Ok(())
}

/// What a form takes for an address, and whatever sends mails does, too: a buyer hears of a dot too
/// many here, and not by a mail that never comes.
fn is_mailable<C>(text: &str, _: &C) -> garde::Result {
    garde::rules::email::apply(&text, ())?;
    match text.parse::<lettre::Address>() {
        Ok(_) => Ok(()),
        Err(_) => Err(garde::Error::new(
            "not a valid email: no mail can be sent to it",
        )),
    }
}

/// A seat of a booking, by its index in the event's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookedSeat {
    pub index: u32,
    pub price: Amount,
    pub cancelled_at: Option<Instant>,
}

impl BookedSeat {
    pub fn is_cancelled(&self) -> bool {
        self.cancelled_at.is_some()
    }
}

#[derive(Clone, Debug)]
pub struct Booking {
    pub booking_id: BookingId,
    pub event_id: EventId,
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub reference: String,
    pub state: BookingState,
    pub contact: Contact,
    pub payment_reference: Option<String>,
    pub total: Amount,
    pub currency: Currency,
    pub version: i32,
    pub confirmed_at: Instant,
    pub cancelled_at: Option<Instant>,
    /// In index order, cancelled ones included.
    pub seats: Vec<BookedSeat>,
    /// What has been given back so far; none where nothing was cancelled.
    pub refund: Option<Amount>,
}

/// Crockford's base 32, without the letters that are read as digits:
/// <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A booking's name for people: ten characters, 50 random bits, such as `7K3QM-4XRT9`.
pub fn reference(random: [u8; 10]) -> String {
    let characters = random.map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    let (left, right) = characters.split_at(5);
    format!("{}-{}", String::from_iter(left), String::from_iter(right))
}

/// A reference as somebody typed it: any case, with or without the hyphen, O for 0, I and L for 1.
pub fn read_reference(text: &str) -> Option<String> {
    let plain: Vec<char> = text
        .chars()
        .filter(|character| !matches!(character, '-' | ' '))
        .map(|character| match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    let is_reference = plain.len() == 10
        && plain
            .iter()
            .all(|c| c.is_ascii() && ALPHABET.contains(&(*c as u8)));
    is_reference.then(|| {
        let (left, right) = plain.split_at(5);
        format!("{}-{}", String::from_iter(left), String::from_iter(right))
    })
}

/// Who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    Holder,
    /// The event's owner, an admin, or the service because the event was cancelled.
    Owner,
}

/// Whether a booking can be cancelled: by its holder until the sale closes, by the owner always,
/// and by both once the event was cancelled; and then the whole price is given back. The reason
/// names what stands in the way.
pub fn refusal(sale: &Sale, by: CancelledBy, now: Instant) -> Option<&'static str> {
    let closes_at = sale
        .sales_close_at
        .unwrap_or(sale.starts_at)
        .min(sale.starts_at);
    let is_closed = match sale.state {
        EventState::Closed => true,
        EventState::Cancelled => false,
        EventState::Draft | EventState::OnSale | EventState::Paused => now >= closes_at,
    };
    (by == CancelledBy::Holder && is_closed).then_some("sales_closed")
}

#[cfg(test)]
mod tests {
    use garde::Validate;

    use super::*;

    #[test]
    fn a_contact_has_an_address_that_mails_can_be_sent_to() {
        for (email, is_fine) in [
            ("ana@example.org", true),
            ("ana+seats@example.org", true),
            ("a.b-c_d'e@sub.example.co.uk", true),
            ("4711@xn--bcher-kva.example", true),
            ("ana.@example.org", false),
            (".ana@example.org", false),
            ("a..b@docomo.ne.jp", false),
            ("\"a b\"@example.org", false),
            ("ana@[127.0.0.1]", true),
            ("ana@example..org", false),
            ("ana@", false),
            ("ana", false),
            ("", false),
        ] {
            let contact = Contact {
                name: "Ana".to_owned(),
                email: email.to_owned(),
            };

            assert_eq!(contact.validate().is_ok(), is_fine, "{email}");
            assert!(!is_fine || email.parse::<lettre::Address>().is_ok());
        }
    }

    #[test]
    fn a_reference_is_read_back_however_it_is_typed() {
        let written = reference([0, 1, 10, 17, 31, 255, 2, 3, 4, 5]);

        assert_eq!(written, "01AHZ-Z2345");
        for typed in ["01AHZ-Z2345", "01ahzz2345", " o1ahz z2345", "Oiahz-z2345"] {
            assert_eq!(
                read_reference(typed).as_deref(),
                Some("01AHZ-Z2345"),
                "{typed}"
            );
        }
        for typed in ["", "01AHZ", "01AHZ-Z234U", "01AHZ-Z23456", "01AHZ-Z234🦀"] {
            assert_eq!(read_reference(typed), None, "{typed}");
        }
    }
}
