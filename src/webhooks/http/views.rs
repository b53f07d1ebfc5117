//! Endpoints as callers write and see them.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::model::{Change, Endpoint, EndpointTerms, KINDS};
use crate::deliveries::Delivery;
use crate::id::{AccountId, EndpointId, MessageId};

/// What [`KINDS`] are called in the contract.
pub enum Kind {}

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What an endpoint can be told of."))
            .enum_values(Some(KINDS))
            .into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("WebhookKind")
    }
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreateEndpoint {
    /// `https://…`, without user and password.
    #[schema(
        max_length = 2000,
        format = "uri",
        examples("https://hooks.example.org/holdfast")
    )]
    url: String,
    #[serde(default)]
    #[schema(max_length = 200, examples("the box office"))]
    description: String,
    /// What to be told of.
    #[schema(value_type = Vec<Kind>, min_items = 1)]
    kinds: Vec<String>,
}

impl CreateEndpoint {
    pub fn terms(self) -> EndpointTerms {
        EndpointTerms {
            url: self.url.trim().to_owned(),
            description: self.description.trim().to_owned(),
            kinds: self.kinds,
        }
    }
}

/// Changes; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ChangeEndpoint {
    #[schema(
        max_length = 2000,
        format = "uri",
        examples("https://hooks.example.org/holdfast")
    )]
    url: Option<String>,
    #[schema(max_length = 200)]
    description: Option<String>,
    #[schema(value_type = Option<Vec<Kind>>, min_items = 1)]
    kinds: Option<Vec<String>>,
    /// A disabled endpoint is owed nothing of what happens meanwhile.
    is_enabled: Option<bool>,
}

impl ChangeEndpoint {
    pub fn change(self) -> Change {
        Change {
            url: self.url.map(|url| url.trim().to_owned()),
            description: self.description.map(|text| text.trim().to_owned()),
            kinds: self.kinds,
            is_enabled: self.is_enabled,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    endpoint_id: EndpointId,
    owner_id: AccountId,
    url: String,
    description: String,
    #[schema(value_type = Vec<Kind>)]
    kinds: Vec<String>,
    is_enabled: bool,
    /// Why it is not enabled.
    #[schema(required)]
    disabled_because: Option<String>,
    /// Attempts that failed in a row.
    n_failures: i32,
    /// After too many of them nothing is sent until then.
    #[schema(required)]
    paused_until: Option<DateTime<Utc>>,
    /// Until then the secret before the current one signs, too.
    #[schema(required)]
    old_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            endpoint_id: endpoint.endpoint_id,
            owner_id: endpoint.owner_id,
            url: endpoint.terms.url,
            description: endpoint.terms.description,
            kinds: endpoint.terms.kinds,
            is_enabled: endpoint.is_enabled,
            disabled_because: endpoint.disabled_because,
            n_failures: endpoint.n_failures,
            paused_until: endpoint.paused_until,
            old_secret_until: endpoint.old_secret_until,
            created_at: endpoint.created_at,
        }
    }
}

/// An endpoint with its secret, which is not shown again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewWebhookEndpoint)]
pub struct NewEndpointView {
    #[serde(flatten)]
    pub endpoint: EndpointView,
    /// Verifies what is sent, with any library of Standard Webhooks.
    #[schema(examples("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="))]
    pub secret: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewWebhookSecret)]
pub struct NewSecretView {
    pub secret: String,
    /// Until then the secret before signs, too.
    pub old_secret_until: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub struct TestView {
    /// What it is called in the log of deliveries.
    pub message_id: MessageId,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointPage)]
pub struct EndpointPage {
    pub items: Vec<EndpointView>,
    pub next: Option<String>,
}

/// A page of deliveries, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryPage)]
pub struct DeliveryPage {
    pub items: Vec<Delivery>,
    pub next: Option<String>,
}
