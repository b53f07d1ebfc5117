//! The venues that come with the service, from the documents in venues/.

use bytes::Bytes;
use uuid::Uuid;

use super::actions::{Upload, insert, replace};
use super::error::VenueError;
use super::model::Layout;
use super::store::{self, BuiltIn};
use super::template::{MediaType, check};
use crate::auth::{Caller, Role};
use crate::context::Context;
use crate::id::{CallerId, VenueId};
use crate::request::IfMatch;

/// Key and document of each.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("club", include_str!("../../venues/club.yaml")),
    ("theatre", include_str!("../../venues/theatre.yaml")),
    (
        "concert-hall",
        include_str!("../../venues/concert-hall.yaml"),
    ),
    ("arena", include_str!("../../venues/arena.yaml")),
    ("stadium", include_str!("../../venues/stadium.yaml")),
];

/// Who stores the built-in venues.
const SERVICE: Caller = Caller {
    caller_id: CallerId(Uuid::nil()),
    role: Role::Admin,
};

/// Loads the built-in venues that are missing, and those whose documents have changed as their
/// next versions: unless an admin has changed the venue, or a newer program has, to which the
/// document is an old one. Safe to run at any time and on several instances at once.
#[tracing::instrument(skip_all)]
pub async fn load_built_in(ctx: &Context) -> Result<(), VenueError> {
    for (key, document) in BUILT_IN {
        let loaded = load(ctx, key, document).await;
        match loaded {
            // Another instance was faster, or an admin.
            Ok(()) | Err(VenueError::VersionConflict) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn load(ctx: &Context, key: &str, document: &'static str) -> Result<(), VenueError> {
    let upload = Upload {
        document: Bytes::from_static(document.as_bytes()),
        media_type: MediaType::Yaml,
    };
    let stored = match store::find_built_in(&ctx.db, key).await? {
        None => insert(ctx, None, Some(key), upload).await?,
        Some(known) if known.document == document => return Ok(()),
        Some(known) if is_left(ctx, key, &known, document).await? => return Ok(()),
        Some(known) => {
            let upon = IfMatch::tag(&store::quoted(&known.etag));
            replace(ctx, SERVICE, known.venue_id, upon, upload).await?
        }
    };
    tracing::info!(
        venue.key = key,
        venue.version = stored.version,
        "built-in venue loaded"
    );
    Ok(())
}

/// Whether the newest version stays the newest.
async fn is_left(
    ctx: &Context,
    key: &str,
    known: &BuiltIn,
    document: &str,
) -> Result<bool, VenueError> {
    let service = SERVICE.caller_id.0;
    if known.created_by.is_some_and(|creator| creator != service) {
        tracing::info!(
            venue.key = key,
            "built-in venue left as an admin changed it"
        );
        return Ok(true);
    }
    store::had_document(&ctx.db, known.venue_id, document).await
}

/// A built-in venue and the plan of its document, once it is loaded.
pub async fn find_built_in_layout(
    ctx: &Context,
    key: &str,
) -> Result<Option<(VenueId, Layout)>, VenueError> {
    let known = store::find_built_in(&ctx.db, key).await?;
    Ok(known.and_then(|known| {
        let checked = check(known.document.as_bytes(), MediaType::Yaml);
        Some((known.venue_id, checked.layout?))
    }))
}
