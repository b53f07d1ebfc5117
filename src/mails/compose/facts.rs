//! What templates can say. Every member is there in every letter, so that a file which is checked
//! with one letter's sample cannot fail for want of a name; what does not apply is none.

use serde::Serialize;

use super::super::words::LocalTime;

#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// The name of the folder of templates.
    pub language: String,
    /// Where people reach the service.
    pub service_url: String,
    /// Whom the mail is for; empty where what was typed can be no name.
    pub name: String,
    pub event: EventFacts,
    pub booking: Option<BookingFacts>,
    pub refund: Option<RefundFacts>,
    /// What the event was before it changed; members that did not change are none.
    pub before: Option<BeforeFacts>,
    /// In letters about a waitlist.
    pub entry: Option<EntryFacts>,
    /// Where people say which mails they want; only in mails that they can do without.
    pub preferences_url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventFacts {
    pub name: String,
    pub venue: String,
    pub starts_at: LocalTime,
    pub url: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct BookingFacts {
    pub reference: String,
    pub url: String,
    /// In a confirmation all that were booked; in a letter about a cancellation those that were
    /// cancelled by it; in others those that are left.
    pub seats: Vec<SeatFacts>,
    pub total: String,
    /// Whether seats are left after a cancellation.
    pub has_seats_left: bool,
    pub has_calendar: bool,
    /// What to put into `<img src>`.
    pub qr_code: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct SeatFacts {
    pub section: String,
    pub row: String,
    pub number: String,
    /// `STALLS-A-12`
    pub label: String,
    pub category: String,
    pub price: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct RefundFacts {
    pub amount: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct EntryFacts {
    pub quantity: i32,
    /// Opens the entry, and its offer, on any device.
    pub url: String,
    /// Whether the entry counts only once its link was opened.
    pub needs_confirmation: bool,
    /// The seats of an offer.
    pub seats: Vec<PlaceFacts>,
    /// When an offer ends.
    pub expires_at: Option<LocalTime>,
    /// Why the entry lapsed: `event_cancelled`, `sales_ended` or `not_verified`; none where an
    /// offer ran out.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PlaceFacts {
    pub section: String,
    pub row: String,
    pub number: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct BeforeFacts {
    pub name: Option<String>,
    pub starts_at: Option<LocalTime>,
}

impl Facts {
    /// Facts to check templates with.
    pub fn sample(language: &str) -> Self {
        let at = LocalTime {
            date: "Friday, 1 January 2027".to_owned(),
            time: "20:00".to_owned(),
            zone: "CET".to_owned(),
            zone_name: "Europe/Berlin".to_owned(),
        };
        let seat = |number: &str| SeatFacts {
            section: "Stalls".to_owned(),
            row: "A".to_owned(),
            number: number.to_owned(),
            label: format!("STALLS-A-{number}"),
            category: "Standard".to_owned(),
            price: "EUR 49.50".to_owned(),
        };
        Self {
            language: language.to_owned(),
            service_url: "https://seats.example.org".to_owned(),
            name: "Ana Example".to_owned(),
            event: EventFacts {
                name: "A concert".to_owned(),
                venue: "Test house".to_owned(),
                starts_at: at.clone(),
                url: "https://seats.example.org/events/1".to_owned(),
            },
            booking: Some(BookingFacts {
                reference: "7K3QM-4XRT9".to_owned(),
                url: "https://seats.example.org/bookings/1".to_owned(),
                seats: vec![seat("12"), seat("13")],
                total: "EUR 99.00".to_owned(),
                has_seats_left: true,
                has_calendar: true,
                qr_code: "cid:qr-code.png".to_owned(),
            }),
            refund: Some(RefundFacts {
                amount: "EUR 49.50".to_owned(),
                reason: Some("ill".to_owned()),
            }),
            before: Some(BeforeFacts {
                name: Some("Another concert".to_owned()),
                starts_at: Some(at.clone()),
            }),
            entry: Some(EntryFacts {
                quantity: 2,
                url: "https://seats.example.org/events/1#waitlist=1".to_owned(),
                needs_confirmation: true,
                seats: vec![PlaceFacts {
                    section: "Stalls".to_owned(),
                    row: "A".to_owned(),
                    number: "12".to_owned(),
                }],
                expires_at: Some(at),
                reason: Some("sales_ended".to_owned()),
            }),
            preferences_url: Some("https://seats.example.org/mail/preferences/1".to_owned()),
        }
    }
}
