//! Verbs: validate a template, upload it as a venue, store its next version.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::VenueError;
use super::model::Layout;
use super::store::{self, NewVersion, StoredTemplate, VersionHead};
use super::template::{Checked, MediaType, SectionSummary, TemplateProblem, check};
use crate::auth::Caller;
use crate::context::Context;
use crate::document::{Document, Documents};
use crate::id::VenueId;
use crate::request::IfMatch;

/// A document as it arrived.
pub(super) struct Upload {
    pub(super) document: Bytes,
    pub(super) media_type: MediaType,
}

/// A version as it was stored.
#[derive(Debug)]
pub(super) struct StoredVersion {
    pub(super) venue_id: VenueId,
    pub(super) version: i32,
    pub(super) name: String,
    pub(super) seat_count: u32,
    pub(super) sections: Vec<SectionSummary>,
    pub(super) n_added: usize,
    pub(super) n_removed: usize,
    /// Only warnings: a template with errors is not stored.
    pub(super) problems: Vec<TemplateProblem>,
}

/// Limit: templates read at the same time, and those that wait for their turn.
const GENERATIONS_MAX: usize = 2;
const WAITING_MAX: usize = 8;

/// About what a seat takes in a layout document.
const SEAT_BYTES: usize = 96;

/// Turns at the generator, which takes a core for up to some seconds.
struct Generations {
    turns: Arc<Semaphore>,
    n_waiting: AtomicUsize,
}

impl Default for Generations {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(GENERATIONS_MAX)),
            n_waiting: AtomicUsize::new(0),
        }
    }
}

impl Generations {
    async fn turn(&self) -> Result<OwnedSemaphorePermit, VenueError> {
        /// Counts down even when the caller goes away while waiting.
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let n_before = self.n_waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.n_waiting);
        if n_before >= WAITING_MAX {
            return Err(VenueError::Busy);
        }
        // Invariant: the semaphore is never closed.
        self.turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| VenueError::Busy)
    }
}

/// Does work that keeps a core busy, in its turn and outside the async runtime. The turn ends with
/// the work, not with the request: an impatient caller must not start more than fits.
async fn generate<T: Send + 'static>(
    ctx: &Context,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, VenueError> {
    let turn = ctx.memory::<Generations>().turn().await?;
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    Ok(work.await?)
}

/// Checks a template and stores nothing.
pub(super) async fn validate(ctx: &Context, upload: Upload) -> Result<Checked, VenueError> {
    generate(ctx, move || check(&upload.document, upload.media_type)).await
}

/// Makes a venue of a template.
pub(super) async fn upload(
    ctx: &Context,
    caller: Caller,
    upload: Upload,
) -> Result<StoredVersion, VenueError> {
    insert(ctx, Some(caller), None, upload).await
}

/// Inserts a venue, an owner's or a built-in one.
pub(super) async fn insert(
    ctx: &Context,
    owner: Option<Caller>,
    built_in_key: Option<&str>,
    upload: Upload,
) -> Result<StoredVersion, VenueError> {
    let owner_id = owner.map(|owner| owner.caller_id.0);
    let place = (ctx.ids.next::<VenueId>(), 1);
    let mut version = make(ctx, place, HashSet::new(), upload).await?;
    version.new.created_by = owner_id;

    let mut transaction = ctx.db.begin().await?;
    store::insert_venue(&mut transaction, &version.new, owner_id, built_in_key).await?;
    store::insert_version(&mut transaction, &version.new).await?;
    store::insert_seats(&mut transaction, &version.new).await?;
    transaction.commit().await?;
    Ok(version.stored())
}

/// Stores a template as its venue's next version, if the newest one is that upon which it was
/// written. The same document again changes nothing.
pub(super) async fn replace(
    ctx: &Context,
    caller: Caller,
    venue_id: VenueId,
    upon: IfMatch,
    upload: Upload,
) -> Result<StoredVersion, VenueError> {
    let newest = store::find_template(&ctx.db, caller, venue_id, None).await?;
    // Before the tag is looked at: who repeats a request may have changed it by the first.
    if is_same(&newest, &upload) {
        return same_again(ctx, venue_id, newest.version).await;
    }
    if !upon.allows(&store::quoted(&newest.etag)) {
        return Err(VenueError::VersionConflict);
    }
    let seating = store::seating(ctx, venue_id, newest.version).await?;
    let before = seating
        .seats
        .iter()
        .map(|seat| seat.label.clone())
        .collect();
    let mut version = make(ctx, (venue_id, newest.version + 1), before, upload).await?;
    version.new.created_by = Some(caller.caller_id.0);

    let mut transaction = ctx.db.begin().await?;
    store::advance_version(&mut transaction, caller, &version.new).await?;
    store::insert_version(&mut transaction, &version.new).await?;
    store::insert_seats(&mut transaction, &version.new).await?;
    transaction.commit().await?;
    Ok(version.stored())
}

fn is_same(stored: &StoredTemplate, upload: &Upload) -> bool {
    stored.document.as_bytes() == upload.document && stored.media_type == upload.media_type.as_str()
}

async fn same_again(
    ctx: &Context,
    venue_id: VenueId,
    version: i32,
) -> Result<StoredVersion, VenueError> {
    let venue = store::find_venue(&ctx.db, venue_id).await?;
    Ok(StoredVersion {
        venue_id,
        version,
        name: venue.summary.name,
        seat_count: venue.summary.seat_count.cast_unsigned(),
        sections: venue.sections,
        n_added: 0,
        n_removed: 0,
        problems: Vec::new(),
    })
}

struct MadeVersion {
    new: NewVersion,
    n_removed: usize,
    problems: Vec<TemplateProblem>,
}

impl MadeVersion {
    fn stored(self) -> StoredVersion {
        StoredVersion {
            venue_id: self.new.venue_id,
            version: self.new.version,
            name: self.new.name,
            seat_count: self.new.seat_count,
            sections: self.new.sections,
            n_added: self.new.added.len(),
            n_removed: self.n_removed,
            problems: self.problems,
        }
    }
}

/// Generates a version from a document; `before` are the labels that the version before has.
async fn make(
    ctx: &Context,
    (venue_id, version): (VenueId, i32),
    before: HashSet<String>,
    upload: Upload,
) -> Result<MadeVersion, VenueError> {
    let created_at = ctx.clock.now();
    generate(ctx, move || {
        let checked = check(&upload.document, upload.media_type);
        let Some(layout) = checked.layout else {
            return Err(VenueError::Invalid(checked.problems));
        };
        let layout = Layout {
            venue_id,
            version,
            ..layout
        };
        let layout_json = write(&layout)?;
        let seats = layout.sections.into_iter().flat_map(|section| section.rows);
        let labels = seats.flat_map(|row| row.seats).map(|seat| seat.label);
        let added: Vec<String> = labels.filter(|label| !before.contains(label)).collect();
        let n_kept = layout.seat_count as usize - added.len();
        let new = NewVersion {
            venue_id,
            version,
            name: layout.name,
            time_zone: layout.time_zone,
            seat_count: layout.seat_count,
            etag: URL_SAFE_NO_PAD.encode(Sha256::digest(&layout_json)),
            layout_json,
            sections: checked.sections,
            // Invariant: what has a layout is UTF-8.
            document: String::from_utf8_lossy(&upload.document).into_owned(),
            media_type: upload.media_type.as_str(),
            added,
            created_by: None,
            created_at,
        };
        let n_removed = before.len() - n_kept;
        Ok(MadeVersion {
            new,
            n_removed,
            problems: checked.problems,
        })
    })
    .await?
}

/// The document in memory of about its size: growing step by step takes three times as much.
fn write(layout: &Layout) -> Result<String, serde_json::Error> {
    let mut json = Vec::with_capacity(layout.seat_count as usize * SEAT_BYTES + (16 << 10));
    serde_json::to_writer(&mut json, layout)?;
    json.shrink_to_fit();
    // Invariant: JSON is UTF-8.
    Ok(String::from_utf8(json).unwrap_or_default())
}

/// A version's layout document, as served.
pub(super) async fn layout(
    ctx: &Context,
    venue_id: VenueId,
    head: &VersionHead,
) -> Result<Arc<Document>, VenueError> {
    let name = format!("venue {venue_id} {}", head.etag);
    let make = async || {
        let stored = store::find_layout(&ctx.db, venue_id, head.version).await?;
        Ok(stored.layout)
    };
    ctx.memory::<Documents>().find(name, make).await
}
