//! Templates as people write them, right and wrong.

mod built_in;
mod documentation;
mod exhausting;
mod geometry;
mod hostile;
mod house;
mod mistakes;
mod pairs;
mod rich_house;
mod schema;
mod wrong_documents;

use super::{MediaType, ProblemCode, check};
use house::{HOUSE, check_yaml, house, mistakes};
