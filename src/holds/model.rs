//! The hold token: a signed receipt for a hold.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::board::{HeldSeat, Hold};
use crate::clock::{Instant, from_ms};
use crate::id::{CallerId, EventId, HoldId};

/// What a hold token says. Only the service can make one; anybody can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub event_id: EventId,
    pub hold_id: HoldId,
    pub holder: CallerId,
    deadline_ms: i64,
    seats: Vec<(u32, i64)>,
}

impl Receipt {
    pub fn of(event_id: EventId, hold: &Hold) -> Self {
        Self {
            event_id,
            hold_id: hold.hold_id,
            holder: hold.holder,
            deadline_ms: hold.deadline.timestamp_millis(),
            seats: hold
                .seats
                .iter()
                .map(|seat| (seat.index, seat.amount))
                .collect(),
        }
    }

    pub fn deadline(&self) -> Instant {
        from_ms(self.deadline_ms)
    }

    pub fn seats(&self) -> Vec<HeldSeat> {
        self.seats
            .iter()
            .map(|&(index, amount)| HeldSeat { index, amount })
            .collect()
    }

    /// `base64url(json).base64url(HMAC-SHA-256)`
    pub fn sign(&self, key: &ReceiptKey) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mac = key.mac(&json).finalize().into_bytes();
        let mut token = URL_SAFE_NO_PAD.encode(json);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(mac, &mut token);
        token
    }

    /// The receipt that a token carries, if the token is genuine.
    pub fn verify(token: &str, key: &ReceiptKey) -> Option<Self> {
        let (json, signature) = token.split_once('.')?;
        let json = URL_SAFE_NO_PAD.decode(json).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        key.mac(&json).verify_slice(&signature).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

/// What receipts are signed with; ready to sign, since half of a short signature is its key.
#[derive(Clone)]
pub struct ReceiptKey(Hmac<Sha256>);

impl ReceiptKey {
    pub fn of(key: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Self(mac)
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        Mac::chain_update(self.0.clone(), message)
    }
}

/// Tells one request to place a hold from another: the same seats in any order are the same
/// request.
pub fn fingerprint(seats: &[HeldSeat]) -> String {
    let mut indexes: Vec<_> = seats.iter().map(|seat| seat.index).collect();
    indexes.sort_unstable();
    let mut hash = Sha256::new();
    for index in indexes {
        hash.update(index.to_be_bytes());
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn receipt() -> Receipt {
        Receipt {
            event_id: EventId(Uuid::from_u128(1)),
            hold_id: HoldId(Uuid::from_u128(2)),
            holder: CallerId(Uuid::from_u128(3)),
            deadline_ms: 1_000,
            seats: vec![(3, 4950), (17, 0)],
        }
    }

    #[test]
    fn a_genuine_token_gives_its_receipt_back() {
        let token = receipt().sign(&ReceiptKey::of(b"key"));

        assert_eq!(
            Receipt::verify(&token, &ReceiptKey::of(b"key")),
            Some(receipt())
        );
    }

    #[test]
    fn a_token_of_another_key_or_with_any_change_is_not_genuine() {
        let token = receipt().sign(&ReceiptKey::of(b"key"));
        assert_eq!(Receipt::verify(&token, &ReceiptKey::of(b"other")), None);
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();

            assert_ne!(
                Receipt::verify(&forged, &ReceiptKey::of(b"key")),
                Some(receipt()),
                "{at}"
            );
        }
    }

    #[test]
    fn garbage_is_no_token() {
        for garbage in ["", ".", "a.b", "🦀.🦀", "e30.e30"] {
            assert_eq!(Receipt::verify(garbage, &ReceiptKey::of(b"key")), None);
        }
    }
}
