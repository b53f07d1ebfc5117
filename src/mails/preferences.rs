//! Which mails a person does not want, and the link by which they say so without signing in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth;
use crate::context::Context;

/// Messages whose mails people can do without. What they bought, what they are offered and what
/// the law wants them to know is not among them.
pub const OPTIONAL_KINDS: [&str; 2] = ["event.reminder", "waitlist.lapsed"];

/// Whose mails of which kind; whoever has the link may turn them off and on, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub email: String,
    pub kind: String,
}

impl Link {
    pub fn new(email: &str, kind: &str) -> Self {
        Self {
            email: email.trim().to_lowercase(),
            kind: kind.to_owned(),
        }
    }

    pub fn url(&self, ctx: &Context) -> String {
        let token = self.sign(&key(ctx));
        format!("{}/mail-preferences/{token}", ctx.config.public_url)
    }

    pub fn read(ctx: &Context, token: &str) -> Option<Self> {
        Self::verify(token, &key(ctx))
    }

    /// `base64url(kind, a line break, email).base64url(HMAC-SHA-256 of that)`
    fn sign(&self, key: &[u8]) -> String {
        let signed = URL_SAFE_NO_PAD.encode(format!("{}\n{}", self.kind, self.email));
        let signature = mac(key, &signed).map(|mac| mac.finalize().into_bytes().to_vec());
        let signature = URL_SAFE_NO_PAD.encode(signature.unwrap_or_default());
        format!("{signed}.{signature}")
    }

    fn verify(token: &str, key: &[u8]) -> Option<Self> {
        let (signed, signature) = token.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(key, signed)?.verify_slice(&signature).ok()?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(signed).ok()?).ok()?;
        let (kind, email) = text.split_once('\n')?;
        Some(Self::new(email, kind))
    }
}

fn key(ctx: &Context) -> Vec<u8> {
    auth::derive_key(ctx, "mail preferences")
}

fn mac(key: &[u8], signed: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    Some(mac.chain_update(signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_whose_mails_and_cannot_be_changed() {
        let link = Link::new(" Ana@Example.org", "event.reminder");
        let token = link.sign(b"key");

        assert_eq!(link.email, "ana@example.org");
        assert_eq!(Link::verify(&token, b"key"), Some(link.clone()));
        assert_eq!(Link::verify(&token, b"another key"), None);
        let other = Link::new("ben@example.org", "event.reminder").sign(b"key");
        let signature = token.split_once('.').unwrap().1;
        let forged = format!("{}.{signature}", other.split_once('.').unwrap().0);
        assert_eq!(Link::verify(&forged, b"key"), None);
        for nonsense in ["", ".", "a.b", "a", &token[1..], &token[..token.len() - 1]] {
            assert_ne!(
                Link::verify(nonsense, b"key"),
                Some(link.clone()),
                "{nonsense}"
            );
        }
    }
}
