//! A mail before it is put into MIME, and the kinds of mail there are.

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::error::MailError;
use crate::clock::Instant;

/// A kind of mail; named as its template files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    BookingConfirmed,
    BookingCancelled,
    EventCancelled,
    EventChanged,
    EventReminder,
    WaitlistJoined,
    WaitlistOffered,
    WaitlistLapsed,
}

impl Letter {
    pub const ALL: [Self; 8] = [
        Self::BookingConfirmed,
        Self::BookingCancelled,
        Self::EventCancelled,
        Self::EventChanged,
        Self::EventReminder,
        Self::WaitlistJoined,
        Self::WaitlistOffered,
        Self::WaitlistLapsed,
    ];

    pub fn stem(self) -> &'static str {
        match self {
            Self::BookingConfirmed => "booking-confirmed",
            Self::BookingCancelled => "booking-cancelled",
            Self::EventCancelled => "event-cancelled",
            Self::EventChanged => "event-changed",
            Self::EventReminder => "event-reminder",
            Self::WaitlistJoined => "waitlist-joined",
            Self::WaitlistOffered => "waitlist-offered",
            Self::WaitlistLapsed => "waitlist-lapsed",
        }
    }
}

/// Limit: characters of a name, and digits: more of them are a number to call.
const NAME_CHARS_MAX: usize = 80;
const NAME_DIGITS_MAX: usize = 4;

/// What mail programs take for the dots of a host.
const DOTS: [char; 4] = ['.', '。', '．', '｡'];

/// The name that a contact gave, if it can be one. The address need not be that of whoever typed
/// it, so no mail says what its reader could take for more than a name, or follow as a link.
pub fn name_of(text: &str) -> Option<&str> {
    let n_digits = text.chars().filter(|c| c.is_numeric()).count();
    let is_name = text.chars().count() <= NAME_CHARS_MAX
        && n_digits <= NAME_DIGITS_MAX
        && !text.contains(['/', '@'])
        && !text.split_whitespace().any(has_host);
    is_name.then_some(text)
}

/// Whether a mail program could take a part of it for a host: `t.co`, but not `J.R.`.
fn has_host(word: &str) -> bool {
    let parts: Vec<&str> = word.split(DOTS).collect();
    parts.windows(2).any(|pair| {
        let is_joined = !pair[0].is_empty() && pair[1].starts_with(char::is_alphanumeric);
        is_joined && !pair.iter().all(|part| is_initial(part))
    })
}

/// One letter, whatever stands around it.
fn is_initial(part: &str) -> bool {
    let mut letters = part.trim_matches(|c: char| !c.is_alphanumeric()).chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// What a template makes of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A file that goes with a mail.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
    /// Shown in the mail itself, where it is called `cid:<name>`.
    pub is_inline: bool,
}

/// Everything but the sender.
#[derive(Clone, Debug)]
pub struct Mail {
    pub name: Option<String>,
    pub email: String,
    pub message_id: String,
    pub date: Instant,
    pub rendered: Rendered,
    pub files: Vec<File>,
    /// Where one click stops mails of this kind (RFC 8058).
    pub unsubscribe_url: Option<String>,
}

impl Mail {
    /// The mail in MIME: a text and a page to choose from, the page with its pictures, and files.
    pub fn message(self, from: &Mailbox) -> Result<Message, MailError> {
        let address = self.email.parse();
        let address = address.map_err(|_| MailError::Address(self.email.clone()))?;
        let mut builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(self.name.as_deref().map(one_line), address))
            .subject(one_line(&self.rendered.subject))
            .message_id(Some(self.message_id))
            .date(self.date.into())
            .header(AutoSubmitted);
        if let Some(url) = self.unsubscribe_url {
            builder = builder.header(ListUnsubscribe(url)).header(OneClick);
        }
        let (inline, attached): (Vec<_>, Vec<_>) =
            self.files.into_iter().partition(|file| file.is_inline);
        let page = SinglePart::html(self.rendered.html);
        let page = (inline.into_iter())
            .fold(MultiPart::related().singlepart(page), |page, file| {
                page.singlepart(part_of(file))
            });
        let body = MultiPart::alternative()
            .singlepart(SinglePart::plain(self.rendered.text))
            .multipart(page);
        let whole = MultiPart::mixed().multipart(body);
        let whole =
            (attached.into_iter()).fold(whole, |whole, file| whole.singlepart(part_of(file)));
        Ok(builder.multipart(whole)?)
    }
}

fn part_of(file: File) -> SinglePart {
    let content_type = ContentType::parse(file.content_type).unwrap_or(ContentType::TEXT_PLAIN);
    let attachment = if file.is_inline {
        Attachment::new_inline_with_name(file.name.clone(), file.name)
    } else {
        Attachment::new(file.name)
    };
    attachment.body(file.bytes, content_type)
}

/// A header's value: a line break in it would begin another header.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Keeps holiday replies away (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(value.trim_matches(['<', '>']).to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), format!("<{}>", self.0))
    }
}

#[derive(Clone)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(name: &str, subject: &str) -> Mail {
        Mail {
            name: Some(name.to_owned()),
            email: "ana@example.org".to_owned(),
            message_id: "<1@holdfast.example>".to_owned(),
            date: Instant::UNIX_EPOCH,
            rendered: Rendered {
                subject: subject.to_owned(),
                text: "text".to_owned(),
                html: "<p>page</p>".to_owned(),
            },
            files: Vec::new(),
            unsubscribe_url: None,
        }
    }

    fn head_of(mail: Mail) -> String {
        let from = "Holdfast <no-reply@holdfast.example>".parse().unwrap();
        let bytes = mail.message(&from).unwrap().formatted();
        let text = String::from_utf8(bytes).unwrap();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    }

    #[test]
    fn no_name_and_no_subject_makes_a_header_of_its_own() {
        for evil in [
            "Ana\r\nBcc: x@example.net",
            "Ana\nBcc: x@example.net",
            "Ana\rBcc: x@example.net",
            "Ana\u{0085}Bcc: x@example.net",
            "Ana\u{2028}Bcc: x@example.net",
            "Ana\" <x@example.net>, \"",
            "=?utf-8?q?Ana=0D=0ABcc:_x@example.net?=",
        ] {
            let head = head_of(mail(evil, evil));

            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .filter_map(|line| line.split(':').next())
                .collect();
            assert_eq!(
                names,
                [
                    "From",
                    "To",
                    "Subject",
                    "Message-ID",
                    "Date",
                    "Auto-Submitted",
                    "MIME-Version",
                    "Content-Type"
                ],
                "{head}"
            );
            let bare = head.replace("\r\n", "");
            assert!(!bare.contains(['\r', '\n']), "{head:?}");
        }
    }

    #[test]
    fn a_name_is_what_can_be_one() {
        for name in [
            "Ana",
            "J. R. O'Hara-Müller",
            "J.R. Ewing",
            "J.R.R. Example (Jr.)",
            "J.-P. Example",
            "E. E. St. John-Smith",
            "Dr. med. Müller-Lüdenscheidt jr.",
            "Ana . Example",
            "山.田",
            "Dr. Ana Example, Jr.",
            "Ana \"Anni\" Example-Beispiel (2nd floor)",
            "山田 太郎",
            "Hotel 4711",
        ] {
            assert_eq!(name_of(name), Some(name));
        }
        for words in [
            "open https://evil.example/x",
            "open evil.example",
            "open EVIL.EXAMPLE now",
            "open www.e.example",
            "open evil。example",
            "write to ana@evil",
            "call 0900 123456",
            "evil.4u",
            "refund-1.com",
            "pay-a.com",
            "open (x.com)",
            "t.co",
            "T．co",
            "evile\u{301}.com",
            "1.1.1.1",
            "a.b.example",
            // A name without its blank looks no different.
            "St.John",
            "J.Smith",
            "call ０９００ １２３",
            "call ٠٩٠٠ ١٢",
            &"a".repeat(81),
        ] {
            assert_eq!(name_of(words), None, "{words}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let from = "Holdfast <no-reply@holdfast.example>".parse().unwrap();
        for evil in [
            "ana",
            "ana@",
            "a na@example.org",
            "ana@example.org\r\nBcc: x@y.z",
            "",
        ] {
            let mail = Mail {
                email: evil.to_owned(),
                ..mail("Ana", "Seats")
            };
            assert!(
                matches!(mail.message(&from), Err(MailError::Address(_))),
                "{evil}"
            );
        }
    }
}
