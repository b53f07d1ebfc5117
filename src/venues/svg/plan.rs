//! The plan as a whole: title, sections, seats, legend.

use super::sections::{draw_figure, draw_row_label, draw_section, draw_section_name, is_seated};
use super::shapes::{DOT, LOOKS, Look, cm, draw_dots, escape, look_of, put};
use crate::venues::model::{Bounds, FigureKind, Layout, Point};

/// A venue with more seats is drawn without labels at its rows.
const ROW_LABELS_UP_TO: u32 = 3_000;

pub fn draw_svg(layout: &Layout) -> String {
    let plan = View::of(layout);
    let mut svg = String::new();
    plan.open(&mut svg, layout);
    let (walls, grounds): (Vec<_>, Vec<_>) = layout
        .figures
        .iter()
        .partition(|figure| figure.kind == FigureKind::Wall);
    for figure in grounds {
        draw_figure(&mut svg, figure, plan.text_size);
    }
    for section in &layout.sections {
        draw_section(&mut svg, section, layout);
    }
    for figure in walls {
        draw_figure(&mut svg, figure, plan.text_size);
    }
    draw_seats(&mut svg, layout);
    if layout.seat_count <= ROW_LABELS_UP_TO {
        // Tables carry their labels themselves.
        let sections = layout
            .sections
            .iter()
            .filter(|section| section.tables.is_empty());
        for row in sections
            .filter(|section| is_seated(section))
            .flat_map(|section| &section.rows)
        {
            draw_row_label(&mut svg, row);
        }
    }
    let is_small = layout.seat_count <= ROW_LABELS_UP_TO;
    for section in &layout.sections {
        draw_section_name(&mut svg, section, plan.text_size, is_small);
    }
    plan.draw_legend(&mut svg, layout);
    svg.push_str("</svg>\n");
    svg
}

/// The drawn part of the plan, and the size of what is written on it.
struct View {
    min: (i32, i32),
    max: (i32, i32),
    text_size: i32,
}

impl View {
    fn of(layout: &Layout) -> Self {
        let Bounds { min, max } = layout.bounds;
        let (mut min, mut max) = (cm(min), cm(max));
        let text_size = ((max.0 - min.0).max(max.1 - min.1) / 60).clamp(45, 320);
        // The legend needs room, however narrow the house is.
        let missing = text_size * 40 - (max.0 - min.0);
        if missing > 0 {
            min.0 -= missing / 2;
            max.0 += missing / 2;
        }
        Self {
            min,
            max,
            text_size,
        }
    }

    fn legend_height(&self, layout: &Layout) -> i32 {
        let n_lines = i32::try_from(layout.categories.len().div_ceil(3)).unwrap_or(0) + 3;
        n_lines * self.text_size * 2
    }

    fn open(&self, svg: &mut String, layout: &Layout) {
        let (width, plan_height) = (self.max.0 - self.min.0, self.max.1 - self.min.1);
        let top = self.text_size * 3;
        let height = plan_height + top + self.legend_height(layout);
        let pixels = 1200;
        let pixels_high = i64::from(pixels) * i64::from(height) / i64::from(width.max(1));
        let (x, y) = (self.min.0, self.min.1 - top);
        put(
            svg,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{x} {y} {width} {height}\" \
             width=\"{pixels}\" height=\"{pixels_high}\" font-family=\"sans-serif\" \
             text-anchor=\"middle\">\n<title>{0}</title>\n\
             <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"{1}\" y=\"{2}\" font-size=\"{3}\" font-weight=\"bold\" fill=\"#222\">{0}\
             </text>\n",
                escape(&layout.name),
                x + width / 2,
                y + self.text_size * 2,
                self.text_size * 3 / 2,
            ),
        );
    }

    fn draw_legend(&self, svg: &mut String, layout: &Layout) {
        let size = self.text_size;
        let column = (self.max.0 - self.min.0) / 3;
        let place = |nth: usize, line: i32| {
            let nth = i32::try_from(nth).unwrap_or(0);
            let x = self.min.0 + size + (nth % 3) * column;
            (x, self.max.1 + (nth / 3 + line) * size * 2)
        };
        put(
            svg,
            format_args!("<g text-anchor=\"start\" font-size=\"{size}\" fill=\"#222\">\n"),
        );
        for (nth, category) in layout.categories.iter().enumerate() {
            let seats = layout.sections.iter().flat_map(|section| &section.rows);
            let seats = seats.flat_map(|row| &row.seats);
            let n_seats = seats.filter(|seat| seat.category == category.key).count();
            let (x, y) = place(nth, 1);
            put(
                svg,
                format_args!(
                    "<rect x=\"{x}\" y=\"{}\" width=\"{size}\" height=\"{size}\" fill=\"{}\"/>\
                 <text x=\"{}\" y=\"{y}\">{}: {n_seats}</text>\n",
                    y - size * 4 / 5,
                    category.colour,
                    x + size * 3 / 2,
                    escape(&category.name),
                ),
            );
        }
        let (x, y) = place(
            0,
            i32::try_from(layout.categories.len().div_ceil(3)).unwrap_or(0) + 1,
        );
        let mut left = x;
        for (look, name) in LOOKS
            .into_iter()
            .filter(|(look, _)| has_look(layout, *look))
        {
            let middle = (left + size / 2, y - size / 3);
            draw_dots(svg, &[middle], "#666", look, size);
            put(
                svg,
                format_args!(
                    "<text x=\"{}\" y=\"{y}\">{name}</text>\n",
                    left + size * 3 / 2
                ),
            );
            left += size * 3 + size * 6 / 10 * i32::try_from(name.len()).unwrap_or(0);
        }
        put(
            svg,
            format_args!(
                "<text x=\"{left}\" y=\"{y}\">{} in all</text>\n</g>\n",
                layout.seat_count
            ),
        );
    }
}

fn has_look(layout: &Layout, look: Look) -> bool {
    let rows = layout.sections.iter().filter(|section| is_seated(section));
    rows.flat_map(|section| &section.rows)
        .flat_map(|row| &row.seats)
        .any(|seat| look_of(seat) == look)
}

fn draw_seats(svg: &mut String, layout: &Layout) {
    let seated = || layout.sections.iter().filter(|section| is_seated(section));
    for category in &layout.categories {
        for (look, _) in LOOKS {
            let seats = seated()
                .flat_map(|section| &section.rows)
                .flat_map(|row| &row.seats);
            let dots: Vec<(i32, i32)> = seats
                .filter(|seat| seat.category == category.key && look_of(seat) == look)
                .map(|seat| {
                    cm(Point {
                        x: seat.x,
                        y: seat.y,
                    })
                })
                .collect();
            draw_dots(svg, &dots, &category.colour, look, DOT);
        }
    }
}
