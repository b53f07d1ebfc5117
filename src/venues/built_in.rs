//! The venues that come with the service, from the documents in venues/.

use bytes::Bytes;

use super::actions::{Upload, insert, replace};
use super::error::VenueError;
use super::model::Layout;
use super::store;
use super::template::{MediaType, check};
use crate::auth::{Caller, Role};
use crate::context::Context;
use crate::id::{CallerId, VenueId};

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

/// Loads the built-in venues that are missing, and those whose documents have changed as their
/// next versions. Safe to run at any time and on several instances at once.
#[tracing::instrument(skip_all)]
pub async fn load_built_in(ctx: &Context) -> Result<(), VenueError> {
    for (key, document) in BUILT_IN {
        let loaded = load(ctx, key, document).await;
        match loaded {
            // Another instance was faster, with the same document.
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
        Some(known) => {
            let service = Caller {
                caller_id: CallerId(uuid::Uuid::nil()),
                role: Role::Admin,
            };
            replace(ctx, service, known.venue_id, upload).await?
        }
    };
    tracing::info!(
        venue.key = key,
        venue.version = stored.version,
        "built-in venue loaded"
    );
    Ok(())
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
