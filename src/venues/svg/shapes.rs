//! Marks on the paper: dots, outlines, text.

use std::fmt::Write;

use crate::venues::model::{Point, Seat, SeatFlag};

/// How large a seat is.
pub(super) const DOT: i32 = 44;

/// What a seat looks like, so that no plan depends on colours alone.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Look {
    Dot,
    /// A restricted view.
    Ring,
    /// For a wheelchair.
    Square,
    /// For the companion of somebody in a wheelchair.
    HollowSquare,
}

pub(super) const LOOKS: [(Look, &str); 4] = [
    (Look::Dot, "seat"),
    (Look::Ring, "restricted view"),
    (Look::Square, "accessible"),
    (Look::HollowSquare, "companion"),
];

pub(super) fn look_of(seat: &Seat) -> Look {
    if seat.flags.contains(&SeatFlag::Accessible) {
        Look::Square
    } else if seat.flags.contains(&SeatFlag::Companion) {
        Look::HollowSquare
    } else if seat.flags.contains(&SeatFlag::RestrictedView) {
        Look::Ring
    } else {
        Look::Dot
    }
}

pub(super) fn draw_dots(
    svg: &mut String,
    dots: &[(i32, i32)],
    colour: &str,
    look: Look,
    size: i32,
) {
    if dots.is_empty() {
        return;
    }
    let mut path = String::new();
    let mut at = (0, 0);
    for dot in dots {
        put(
            &mut path,
            format_args!("m{} {}h1", dot.0 - at.0, dot.1 - at.1),
        );
        at = (dot.0 + 1, dot.1);
    }
    let is_round = matches!(look, Look::Dot | Look::Ring);
    let cap = if is_round { "round" } else { "square" };
    let width = if is_round { size } else { size * 9 / 10 };
    put(
        svg,
        format_args!(
            "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linecap=\"{cap}\"/>\n"
        ),
    );
    if matches!(look, Look::Ring | Look::HollowSquare) {
        put(
            svg,
            format_args!(
                "<path d=\"{path}\" stroke=\"#fff\" stroke-width=\"{}\" \
                 stroke-linecap=\"{cap}\"/>\n",
                width / 2
            ),
        );
    }
}

pub(super) fn draw_shape(svg: &mut String, outline: &[Point], style: &str) {
    if outline.is_empty() {
        return;
    }
    svg.push_str("<path d=\"");
    for (nth, corner) in outline.iter().enumerate() {
        let (x, y) = cm(*corner);
        put(
            svg,
            format_args!("{}{x} {y}", if nth == 0 { 'M' } else { 'L' }),
        );
    }
    put(svg, format_args!("Z\" {style}/>\n"));
}

pub(super) fn draw_text(svg: &mut String, (x, y): (i32, i32), size: i32, style: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    put(
        svg,
        format_args!(
            "<text x=\"{x}\" y=\"{}\" font-size=\"{size}\" {style}>{}</text>\n",
            y + size / 3,
            escape(text)
        ),
    );
}

pub(super) fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = svg.write_fmt(text);
}

pub(super) fn cm(point: Point) -> (i32, i32) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "coordinates are bounded; casts saturate"
    )]
    let cm = |metres: f64| (metres * 100.0).round() as i32;
    (cm(point.x), cm(point.y))
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
