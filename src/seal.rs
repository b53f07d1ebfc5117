//! Texts that lie in a store though only this service may read them: AES-256-GCM (NIST SP 800-38D).
//!
//! Each text has a key of its own, derived from the service's secret and from the text's name, so
//! that every text may have the same nonce. Whoever has the store and not the secret can neither
//! read a text nor put another in its place.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::auth::derive_key;
use crate::context::Context;

/// Seals a text.
///
/// Invariant: no other text is ever sealed under this name.
pub fn seal(ctx: &Context, name: &str, mut text: Vec<u8>) -> Option<Vec<u8>> {
    key(ctx, name)?
        .seal_in_place_append_tag(nonce(), Aad::empty(), &mut text)
        .ok()?;
    Some(text)
}

/// The text that was sealed under this name; none if it was not, or under another secret.
pub fn open(ctx: &Context, name: &str, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let opened = key(ctx, name)?.open_in_place(nonce(), Aad::empty(), &mut sealed);
    let n_bytes = opened.ok()?.len();
    sealed.truncate(n_bytes);
    Some(sealed)
}

fn key(ctx: &Context, name: &str) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, &derive_key(ctx, name)).ok()?;
    Some(LessSafeKey::new(key))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}
