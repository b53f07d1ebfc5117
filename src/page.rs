//! Lists in pages: `?limit=` and `?after=`, answered with `{"items": […], "next": "…"}`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use uuid::Uuid;

use crate::problem::Problem;

/// Limit: items in a page.
pub const LIMIT_MAX: u32 = 200;
const LIMIT_DEFAULT: u32 = 50;

/// Which page a caller wants.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page to fetch: newest first, from the item after `after`.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    pub limit: u32,
    pub after: Option<Uuid>,
}

impl PageQuery {
    pub fn request(&self) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let detail = format!("must be from 1 to {LIMIT_MAX}");
            return Err(Problem::invalid_member("/limit", detail));
        }
        let after = match &self.after {
            None => None,
            Some(cursor) => Some(read_cursor(cursor).ok_or_else(|| {
                Problem::invalid_member("/after", "is not a cursor that this list gave out")
            })?),
        };
        Ok(PageRequest { limit, after })
    }
}

impl PageRequest {
    /// Rows to ask the database for: one more than the page holds tells whether another follows.
    pub fn n_rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the rows to the page and names the cursor of the next one.
    pub fn cut<T>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> (Vec<T>, Option<String>) {
        let has_next = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows
            .last()
            .filter(|_| has_next)
            .map(|row| write_cursor(id(row)));
        (rows, next)
    }
}

fn write_cursor(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn read_cursor(cursor: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
