//! Signing as Standard Webhooks specifies: HMAC-SHA256 over id, time and body.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::auth;
use crate::context::Context;
use crate::id::EndpointId;

/// An endpoint's secret, 32 bytes. It is derived and not stored: whoever reads the database signs
/// nothing.
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn of(ctx: &Context, endpoint_id: EndpointId, version: i32) -> Self {
        Self(auth::derive_key(
            ctx,
            &format!("webhook {endpoint_id} {version}"),
        ))
    }

    /// As receivers' libraries take it.
    pub fn write(&self) -> String {
        format!("whsec_{}", BASE64_STANDARD.encode(&self.0))
    }

    /// `v1,<base64>`
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signature = Hmac::<Sha256>::new_from_slice(&self.0).map_or_else(
            // HMAC takes keys of any length, so this cannot be.
            |_| Vec::new(),
            |mac| {
                let signed = mac.chain_update(format!("{id}.{timestamp}.{body}"));
                signed.finalize().into_bytes().to_vec()
            },
        );
        format!("v1,{}", BASE64_STANDARD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification's libraries.
    #[test]
    fn signs_as_the_specification_does() {
        let key = BASE64_STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap();

        let signature = Secret(key).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );

        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
