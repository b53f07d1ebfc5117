//! Sections, figures, and their names.

use super::shapes::{cm, draw_shape, draw_text};
use crate::venues::model::{Figure, FigureKind, Layout, Point, Row, Section, SectionKind};

pub(super) fn draw_figure(svg: &mut String, figure: &Figure, text_size: i32) {
    let (fill, stroke, text) = match figure.kind {
        FigureKind::Stage => ("#33333d", "#33333d", "#fff"),
        FigureKind::Pitch => ("#cfe5cc", "#7fa87a", "#3c6137"),
        FigureKind::Floor => ("#f4f1ea", "#d8d2c4", "#8a8371"),
        FigureKind::Bar => ("#dccdb8", "#b7a384", "#5b4a2e"),
        FigureKind::Desk => ("#cfd3d8", "#9aa0a8", "#444"),
        FigureKind::Wall => ("none", "#9a9a9a", "#777"),
        FigureKind::Other => ("#f1f1f1", "#d0d0d0", "#777"),
        FigureKind::Table => ("#efe6d6", "#c5b595", "#8a7a58"),
        FigureKind::Box => ("#fbf8f2", "#b9aa88", "#8a7a58"),
    };
    draw_shape(
        svg,
        &figure.outline,
        &format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"8\""),
    );
    let size = match figure.kind {
        FigureKind::Table => 34,
        FigureKind::Box => return,
        _ => text_size,
    };
    draw_text(
        svg,
        cm(figure.name_at),
        size,
        &format!("fill=\"{text}\""),
        &figure.name,
    );
}

pub(super) fn draw_section(svg: &mut String, section: &Section, layout: &Layout) {
    let style = if is_seated(section) {
        "fill=\"#f5f5f7\" stroke=\"#d3d3da\" stroke-width=\"8\"".to_owned()
    } else {
        let seat = section.rows.iter().flat_map(|row| &row.seats).next();
        let category = seat.and_then(|seat| {
            layout
                .categories
                .iter()
                .find(|category| category.key == seat.category)
        });
        let colour = category.map_or("#888", |category| category.colour.as_str());
        format!("fill=\"{colour}\" fill-opacity=\".22\" stroke=\"{colour}\" stroke-width=\"10\"")
    };
    draw_shape(svg, &section.outline, &style);
    for table in &section.tables {
        draw_figure(svg, table, 0);
    }
}

/// The row's label beyond both of its ends.
pub(super) fn draw_row_label(svg: &mut String, row: &Row) {
    let [first, second, .., before_last, last] = &row.seats[..] else {
        return;
    };
    for (end, inner) in [(first, second), (last, before_last)] {
        let (x, y) = cm(Point { x: end.x, y: end.y });
        let (inner_x, inner_y) = cm(Point {
            x: inner.x,
            y: inner.y,
        });
        let (dx, dy) = (x - inner_x, y - inner_y);
        let length = (dx * dx + dy * dy).isqrt().max(1);
        let at = (x + dx * 46 / length, y + dy * 46 / length);
        draw_text(svg, at, 30, "fill=\"#777\"", &row.label);
    }
}

/// The name in the middle of the section, or behind it where single seats can be made out.
pub(super) fn draw_section_name(
    svg: &mut String,
    section: &Section,
    text_size: i32,
    is_behind: bool,
) {
    let Some(middle) = section.name_at else {
        return;
    };
    let is_area = !is_seated(section);
    let size = text_size * 9 / 10;
    let at = if is_behind && !is_area {
        behind(section, middle, size)
    } else {
        middle
    };
    let (x, y) = cm(at);
    let mut degrees = section.rotation.rem_euclid(360.0);
    if degrees > 90.0 && degrees < 270.0 {
        degrees -= 180.0;
    }
    let style = format!(
        "transform=\"rotate({degrees:.0} {x} {y})\" font-weight=\"bold\" fill=\"#222\" \
         stroke=\"#fff\" stroke-width=\"{}\" stroke-opacity=\".85\" paint-order=\"stroke\" \
         stroke-linejoin=\"round\"",
        text_size / 4
    );
    draw_text(svg, (x, y), size, &style, &section.name);
    if is_area {
        let n_places: usize = section.rows.iter().map(|row| row.seats.len()).sum();
        let text = format!("{n_places} places");
        draw_text(svg, (x, y + size * 4 / 3), size * 4 / 5, &style, &text);
    }
}

/// A place just beyond the section's back.
fn behind(section: &Section, middle: Point, size: i32) -> Point {
    let (sin, cos) = section.rotation.to_radians().sin_cos();
    let depth = |corner: &Point| (corner.x - middle.x) * -sin + (corner.y - middle.y) * cos;
    let back = section.outline.iter().map(depth).fold(0.0, f64::max) + f64::from(size) / 150.0;
    Point {
        x: middle.x - back * sin,
        y: middle.y + back * cos,
    }
}

pub(super) fn is_seated(section: &Section) -> bool {
    section.kind == SectionKind::Reserved
}
