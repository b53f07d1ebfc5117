//! The secret link of an entry: with it the entry is seen, and its offer accepted, from any device.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::id::{EntryId, EventId};

const ID_BYTES: usize = 16;

/// What a link's token says: which entry. Only the service can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub event_id: EventId,
    pub entry_id: EntryId,
}

impl Link {
    /// `base64url(entry id, HMAC-SHA-256 over event id and entry id)`
    pub fn sign(self, key: &[u8]) -> String {
        let mut token = self.entry_id.0.as_bytes().to_vec();
        token.extend_from_slice(&self.mac(key).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The entry whose token this is, if it is genuine and of that event.
    pub fn verify(event_id: EventId, token: &str, key: &[u8]) -> Option<Self> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, signature) = token.split_at_checked(ID_BYTES)?;
        let link = Self {
            event_id,
            entry_id: EntryId(Uuid::from_slice(id).ok()?),
        };
        link.mac(key).verify_slice(signature).ok()?;
        Some(link)
    }

    fn mac(self, key: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.chain_update(self.event_id.0.as_bytes())
            .chain_update(self.entry_id.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_entry_and_no_other() {
        let link = Link {
            event_id: EventId(Uuid::from_u128(1)),
            entry_id: EntryId(Uuid::from_u128(2)),
        };
        let token = link.sign(b"key");

        assert_eq!(Link::verify(link.event_id, &token, b"key"), Some(link));
        assert_eq!(Link::verify(link.event_id, &token, b"other"), None);
        assert_eq!(
            Link::verify(EventId(Uuid::from_u128(3)), &token, b"key"),
            None
        );
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_ne!(
                Link::verify(link.event_id, &forged, b"key"),
                Some(link),
                "{at}"
            );
        }
        for garbage in ["", "A", "e30", "🦀"] {
            assert_eq!(Link::verify(link.event_id, garbage, b"key"), None);
        }
    }
}
