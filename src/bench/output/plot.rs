//! Plots as SVG, drawn by hand: lines over time, and bars.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;
/// About so many marks on an axis.
const MARKS: f64 = 5.0;

/// One line of a plot. `class` gives it its colour.
pub struct Line {
    pub class: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// From nothing to the highest.
    Linear { max: f64 },
    /// Each decade is as high as the next.
    Decades { first: i32, last: i32 },
}

impl Scale {
    pub fn linear(values: impl Iterator<Item = f64>) -> Self {
        let max = values.fold(0.0, f64::max);
        let step = step(max);
        let max = if max > 0.0 {
            (max / step).ceil() * step
        } else {
            1.0
        };
        Self::Linear { max }
    }

    /// Whole decades that have all values above zero.
    pub fn decades(values: impl Iterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::MAX, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (min, max) = (min.min(value), max.max(value));
        }
        if max == 0.0 {
            return Self::Decades { first: 0, last: 1 };
        }
        let first = decade(min.log10().floor());
        let last = decade(max.log10().ceil()).max(first + 1);
        Self::Decades { first, last }
    }

    /// From 0, at the bottom, to 1.
    fn share(self, value: f64) -> f64 {
        match self {
            Self::Linear { max } => (value / max).clamp(0.0, 1.0),
            Self::Decades { first, last } => {
                let decades = value.max(f64::MIN_POSITIVE).log10() - f64::from(first);
                (decades / f64::from(last - first)).clamp(0.0, 1.0)
            }
        }
    }

    fn marks(self) -> Vec<f64> {
        match self {
            Self::Linear { max } => multiples(step(max), max),
            Self::Decades { first, last } => (first..=last).map(|n| 10_f64.powi(n)).collect(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number of decades")]
fn decade(exponent: f64) -> i32 {
    exponent as i32
}

/// 1, 2 or 5 of the power of ten that makes about as many marks as there is room for.
fn step(max: f64) -> f64 {
    if max <= 0.0 {
        return 1.0;
    }
    let rough = max / MARKS;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let fitting = steps.into_iter().find(|step| step * power >= rough * 0.999);
    fitting.unwrap_or(10.0) * power
}

fn multiples(step: f64, max: f64) -> Vec<f64> {
    let marks = (0..=20).map(|n| f64::from(n) * step);
    marks.take_while(|mark| *mark <= max * 1.001).collect()
}

/// Lines over seconds. `what` says for screen readers what they show.
pub fn lines(what: &str, unit: &str, scale: Scale, lines: &[Line]) -> String {
    let points = lines.iter().flat_map(|line| &line.points);
    let end = points.map(|(second, _)| *second).fold(0.1, f64::max);
    let x = |second: f64| LEFT + second / end * (WIDTH - LEFT - RIGHT);
    let mut svg = frame(what, unit, scale);
    for second in multiples(step(end), end) {
        mark_below(&mut svg, x(second), &format!("{} s", number(second)));
    }
    for line in lines {
        let points = line.points.iter();
        let points =
            points.map(|(second, value)| format!("{:.1},{:.1}", x(*second), y(scale, *value)));
        let points = points.collect::<Vec<_>>().join(" ");
        let class = line.class;
        let _ = write!(
            svg,
            "<polyline class=\"line {class}\" points=\"{points}\"/>"
        );
    }
    svg + "</svg>"
}

/// A bar for each count, with its name below where there is room.
pub fn bars(what: &str, unit: &str, bars: &[(String, f64)]) -> String {
    let scale = Scale::linear(bars.iter().map(|(_, value)| *value));
    let mut svg = frame(what, unit, scale);
    let n = u32::try_from(bars.len()).unwrap_or(u32::MAX).max(1);
    let width = (WIDTH - LEFT - RIGHT) / f64::from(n);
    let every = usize::try_from(n.div_ceil(12)).unwrap_or(1);
    for ((name, value), nth) in bars.iter().zip(0_u32..) {
        let left = LEFT + width * f64::from(nth);
        let top = y(scale, *value);
        let (bar_width, height) = ((width - 1.0).max(0.5), HEIGHT - BOTTOM - top);
        let _ = write!(
            svg,
            "<rect class=\"bar\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{bar_width:.1}\" \
             height=\"{height:.1}\"><title>{name}: {value}</title></rect>"
        );
        // A name at the very end would be cut off.
        if (nth as usize).is_multiple_of(every) && (every == 1 || nth + 2 < n) {
            mark_below(&mut svg, left + width, name);
        }
    }
    svg + "</svg>"
}

fn y(scale: Scale, value: f64) -> f64 {
    HEIGHT - BOTTOM - scale.share(value) * (HEIGHT - TOP - BOTTOM)
}

/// The beginning of a plot: its background, and the marks of its upright axis.
fn frame(what: &str, unit: &str, scale: Scale) -> String {
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(what)
    );
    for mark in scale.marks() {
        let (at, end) = (y(scale, mark), WIDTH - RIGHT);
        let text = number(mark);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{end}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"mark\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            LEFT - 8.0,
            at + 4.0,
        );
    }
    let middle = f64::midpoint(TOP, HEIGHT - BOTTOM);
    let _ = write!(
        svg,
        "<text class=\"unit\" text-anchor=\"middle\" transform=\"translate(12 {middle:.0}) \
         rotate(-90)\">{}</text>",
        escape(unit)
    );
    svg
}

fn mark_below(svg: &mut String, x: f64, text: &str) {
    let y = HEIGHT - BOTTOM + 18.0;
    let text = escape(text);
    let _ = write!(
        svg,
        "<text class=\"mark\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
    );
}

/// With thousands set off, and no more decimals than tell something.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 | 10.0.. => 0,
        1.0.. => usize::from(value.fract().abs() > 0.001),
        0.095.. => 1,
        0.0095.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (nth, digit) in whole.chars().enumerate() {
        if nth > 0 && (whole.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() {
        grouped
    } else {
        grouped + "." + fraction
    }
}

/// A text that cannot be mistaken for markup, in an element or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_break_out_of_their_element() {
        assert_eq!(
            escape("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
        );
        let svg = bars("a\"><b", "<i>", &[("<u>".to_owned(), 1.0)]);
        assert!(!svg.contains("<b") || !svg.contains("<i>"));
        assert!(svg.contains("aria-label=\"a&quot;&gt;&lt;b\""), "{svg}");
    }

    #[test]
    fn axes_have_round_marks_that_reach_every_value() {
        let linear = Scale::linear([3.0, 730.0].into_iter());
        assert_eq!(linear, Scale::Linear { max: 800.0 });
        assert_eq!(linear.marks(), [0.0, 200.0, 400.0, 600.0, 800.0]);
        let decades = Scale::decades([0.0, 0.4, 70.0].into_iter());
        assert_eq!(decades, Scale::Decades { first: -1, last: 2 });
        assert_eq!(decades.marks().len(), 4);
        assert!((decades.share(10.0) - 2.0 / 3.0).abs() < 1e-9);
        for empty in [
            Scale::linear([].into_iter()),
            Scale::decades([].into_iter()),
        ] {
            assert!(empty.share(0.0).abs() < 1e-9);
            assert!(empty.marks().len() > 1);
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (1_234_567.0, "1,234,567"),
            (100.0, "100"),
            (2.5, "2.5"),
            (1.0, "1"),
            (0.2, "0.2"),
            (0.01, "0.01"),
            (0.001, "0.001"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
