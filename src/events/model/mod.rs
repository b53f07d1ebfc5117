//! What an event is and what may become of it.

mod change;
mod create;
mod event;
mod layout;
mod prices;
mod sale;
mod state;
mod terms;

pub(super) use change::ChangeEvent;
pub(crate) use create::CreateEvent;
pub use event::{BoardMode, Event, EventFilter, EventVenue, EventView, Reach};
pub use prices::EventPrice;
pub(super) use prices::{PriceOf, faults_of, priced};
pub use sale::Sale;
pub use state::{EventState, StateConflict, Verb};
pub use terms::Terms;
pub(super) use terms::news_of_change;
