//! Preferences through HTTP, and the development page that shows mails.

mod preferences;
mod shown;
mod unsubscribe;

pub use preferences::routes;
pub use shown::routes as shown_routes;
pub use unsubscribe::routes as link_routes;
