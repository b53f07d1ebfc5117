//! Draws a layout as an SVG plan, for `holdfast venue show` and the pictures of the documentation.
//!
//! One unit is a centimetre. Seats of a kind are one path of dots, so that a stadium stays small.

mod plan;
mod sections;
mod shapes;

pub use plan::draw_svg;
