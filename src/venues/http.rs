//! Routes of venues: templates in, venues, layouts and templates out.

use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::actions::{self, StoredVersion, Upload};
use super::model::Layout;
use super::store::{self, Venue, VenueFilter, VenueSummary};
use super::template::{MediaType, SectionSummary, TemplateProblem};
use crate::auth::{Caller, VenueAdmin};
use crate::context::Context;
use crate::id::VenueId;
use crate::page::PageQuery;
use crate::problem::{Code, Problem, ProblemBody};
use crate::request::{IfMatch, Json, Path, Query, is_known, read_body};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(validate_template))
        .routes(routes!(upload_venue, list_venues))
        .routes(routes!(get_venue))
        .routes(routes!(get_venue_layout))
        .routes(routes!(replace_template, get_venue_template))
}

/// A template as a body: YAML or JSON, within its own limit.
impl FromRequest<Context> for Upload {
    type Rejection = Problem;

    async fn from_request(mut request: Request, ctx: &Context) -> Result<Self, Problem> {
        let media_type = media_type(request.headers()).ok_or_else(|| {
            Problem::new(
                Code::UnsupportedMediaType,
                "A template is application/yaml or application/json.",
            )
        })?;
        DefaultBodyLimit::max(ctx.config.template_max_bytes).apply(&mut request);
        let document = read_body(request, ctx).await?;
        Ok(Self {
            document,
            media_type,
        })
    }
}

fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(MediaType::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            Some(MediaType::Yaml)
        }
        _ => None,
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ValidateQuery {
    /// Whether the answer should carry the layout, for a preview.
    #[serde(default)]
    layout: bool,
}

/// What a template turned out to be.
#[derive(Serialize, utoipa::ToSchema)]
struct TemplateReport {
    /// Whether it would be accepted; warnings do not count.
    valid: bool,
    /// Of the parts that could be read.
    seat_count: u32,
    sections: Vec<SectionSummary>,
    /// Every mistake, in the order of the document.
    problems: Vec<TemplateProblem>,
    /// If asked for, and the template is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<Layout>,
}

/// Checks a template and stores nothing.
#[utoipa::path(
    post, path = "/v1/venues/validate", operation_id = "validate_template", tag = "venues",
    params(ValidateQuery),
    request_body(
        content((String = "application/yaml"), (Object = "application/json")),
        description = "A venue template; see docs/venue-templates.md."
    ),
    responses(
        (status = 200, description = "What the template is, and every mistake in it.",
         body = TemplateReport),
        (status = 403, description = "The caller is not a venue admin.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn validate_template(
    State(ctx): State<Context>,
    _: VenueAdmin,
    Query(query): Query<ValidateQuery>,
    upload: Upload,
) -> Result<Json<TemplateReport>, Problem> {
    let checked = actions::validate(&ctx, upload).await?;
    Ok(Json(TemplateReport {
        valid: checked.layout.is_some(),
        seat_count: checked.seat_count,
        sections: checked.sections,
        problems: checked.problems,
        layout: checked.layout.filter(|_| query.layout),
    }))
}

/// A version of a venue's template, as stored.
#[derive(Serialize, utoipa::ToSchema)]
struct VenueVersion {
    venue_id: VenueId,
    version: i32,
    name: String,
    seat_count: u32,
    sections: Vec<SectionSummary>,
    /// Seats that the version before did not have.
    added_count: usize,
    /// Seats that only the version before has. Events made with it keep them.
    removed_count: usize,
    /// Warnings.
    problems: Vec<TemplateProblem>,
}

impl From<StoredVersion> for VenueVersion {
    fn from(stored: StoredVersion) -> Self {
        Self {
            venue_id: stored.venue_id,
            version: stored.version,
            name: stored.name,
            seat_count: stored.seat_count,
            sections: stored.sections,
            added_count: stored.n_added,
            removed_count: stored.n_removed,
            problems: stored.problems,
        }
    }
}

/// Makes a venue of a template.
#[utoipa::path(
    post, path = "/v1/venues", operation_id = "upload_venue", tag = "venues",
    request_body(
        content((String = "application/yaml"), (Object = "application/json")),
        description = "A venue template; see docs/venue-templates.md."
    ),
    responses(
        (status = 201, description = "The venue, at version 1.", body = VenueVersion),
        (status = 403, description = "The caller is not a venue admin.",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The template has mistakes; `problems` has every one.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn upload_venue(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    upload: Upload,
) -> Result<Response, Problem> {
    let stored = actions::upload(&ctx, caller, upload).await?;
    let location = format!("/v1/venues/{}", stored.venue_id);
    let body = Json(VenueVersion::from(stored));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
}

/// Stores a template as its venue's next version. Seats with the same labels stay the same seats;
/// events keep the version that they were made with. The same document again changes nothing. With
/// `If-Match` it is stored only if the newest version is still that upon which it was written.
#[utoipa::path(
    put, path = "/v1/venues/{venue_id}/template", operation_id = "replace_template", tag = "venues",
    params(
        ("venue_id" = VenueId, Path, description = "Which venue"),
        ("If-Match" = Option<String>, Header,
         description = "The `ETag` of the version's layout or template"),
    ),
    request_body(
        content((String = "application/yaml"), (Object = "application/json")),
        description = "A venue template; see docs/venue-templates.md."
    ),
    responses(
        (status = 200, description = "The venue's newest version.", body = VenueVersion),
        (status = 403, description = "The caller is not a venue admin.",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such venue, or not the caller's.",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`version_conflict`: somebody else stored a version first.",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The template has mistakes; `problems` has every one.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn replace_template(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(venue_id): Path<VenueId>,
    upon: IfMatch,
    upload: Upload,
) -> Result<Json<VenueVersion>, Problem> {
    let stored = actions::replace(&ctx, caller, venue_id, upon, upload).await?;
    Ok(Json(stored.into()))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only venues that the caller owns.
    #[serde(default)]
    mine: bool,
    /// Only venues that come with the service, or only others.
    built_in: Option<bool>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of venues, newest first.
#[derive(Serialize, utoipa::ToSchema)]
struct VenuePage {
    items: Vec<VenueSummary>,
    /// For `after`, if another page follows.
    next: Option<String>,
}

/// Lists venues, newest first.
#[utoipa::path(
    get, path = "/v1/venues", operation_id = "list_venues", tag = "venues",
    security((), ("bearerAuth" = [])),
    params(ListQuery),
    responses(
        (status = 200, description = "A page of venues.", body = VenuePage),
        (status = 422, description = "No such page.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list_venues(
    State(ctx): State<Context>,
    caller: Option<Caller>,
    Query(list): Query<ListQuery>,
) -> Result<Json<VenuePage>, Problem> {
    let (limit, after) = (list.limit, list.after);
    let page = PageQuery { limit, after }.request()?;
    let owner_id = match (list.mine, caller) {
        (false, _) => None,
        (true, Some(caller)) => Some(caller.caller_id.0),
        (true, None) => {
            let detail = "`mine` needs a bearer token.";
            return Err(Problem::new(Code::Unauthenticated, detail));
        }
    };
    let filter = VenueFilter {
        owner_id,
        is_built_in: list.built_in,
    };
    let venues = store::list_venues(&ctx.db, &filter, page).await?;
    let (items, next) = page.cut(venues, |venue| venue.venue_id.0);
    Ok(Json(VenuePage { items, next }))
}

/// Finds a venue, in its newest version.
#[utoipa::path(
    get, path = "/v1/venues/{venue_id}", operation_id = "get_venue", tag = "venues",
    security(()),
    params(("venue_id" = VenueId, Path, description = "Which venue")),
    responses(
        (status = 200, description = "The venue.", body = Venue),
        (status = 404, description = "No such venue.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_venue(
    State(ctx): State<Context>,
    Path(venue_id): Path<VenueId>,
) -> Result<Json<Venue>, Problem> {
    Ok(Json(store::find_venue(&ctx.db, venue_id).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct VersionQuery {
    /// A version; without it, the newest.
    version: Option<i32>,
}

/// Finds a layout: what it takes to draw a venue. With `version` it never changes.
#[utoipa::path(
    get, path = "/v1/venues/{venue_id}/layout", operation_id = "get_venue_layout", tag = "venues",
    security(()),
    params(
        ("venue_id" = VenueId, Path, description = "Which venue"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of a copy"),
        VersionQuery,
    ),
    responses(
        (status = 200, description = "The layout.", body = Layout, headers(("ETag" = String))),
        (status = 304, description = "The layout that the caller has is the right one."),
        (status = 404, description = "No such venue or version.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_venue_layout(
    State(ctx): State<Context>,
    Path(venue_id): Path<VenueId>,
    Query(query): Query<VersionQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let head = store::find_version_head(&ctx.db, venue_id, query.version).await?;
    let etag = store::quoted(&head.etag);
    let cache_control = match query.version {
        Some(_) => "public, max-age=31536000, immutable",
        None => "no-cache",
    };
    let caching = [
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static(cache_control),
        ),
        (
            header::ETAG,
            HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\"")),
        ),
    ];
    if is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let document = actions::layout(&ctx, venue_id, &head).await?;
    Ok((caching, document.answer(&headers).await).into_response())
}

/// Finds a template as it was uploaded; for the venue's owner.
#[utoipa::path(
    get, path = "/v1/venues/{venue_id}/template", operation_id = "get_venue_template",
    tag = "venues",
    params(
        ("venue_id" = VenueId, Path, description = "Which venue"),
        VersionQuery,
    ),
    responses(
        (status = 200, description = "The document.", headers(("ETag" = String)),
         content((String = "application/yaml"), (Object = "application/json"))),
        (status = 403, description = "The caller is not a venue admin.",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such venue or version, or not the caller's.",
         body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn get_venue_template(
    State(ctx): State<Context>,
    VenueAdmin(caller): VenueAdmin,
    Path(venue_id): Path<VenueId>,
    Query(query): Query<VersionQuery>,
) -> Result<Response, Problem> {
    let template = store::find_template(&ctx.db, caller, venue_id, query.version).await?;
    let headers = [
        (header::ETAG, store::quoted(&template.etag)),
        (header::CONTENT_TYPE, template.media_type),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, template.document).into_response())
}
