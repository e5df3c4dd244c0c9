//! Pictures as SVG that takes its colours from the page.
//!
//! Plotters draws; the colours that it is given are numbers of inks, which become classes
//! afterwards, so that one picture is right on light, dark and paper. Texts take their size from
//! the class too. What plotters cannot write (titles for hovering) is added behind. Not for: what
//! is drawn (`build`).

pub mod bars;
pub mod curves;
pub mod edge;
pub(crate) mod gate;
pub mod timeline;
pub mod waterfall;

use std::fmt::Write as _;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// What a thing is drawn in; the page's style sheet says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Text,
    Value,
    Strong,
    Faint,
    Bad,
    Inverse,
    Grid,
    Axis,
    Limit,
    Held,
    Unknown,
    Missed,
    HeldArea,
    UnknownArea,
    MissedArea,
    ShadeFar,
    ShadeNear,
    ShadeMissed,
    ShadeMissedFar,
    ShadeUnknown,
    ShadeInvalid,
    ShadeNotMeasured,
    Edge,
    Distance,
    Store,
    Waiting,
    Think,
    Rest,
    Near1,
    Near2,
    Away1,
    Away2,
}

/// Every ink with the class that it becomes.
const INKS: [(Ink, &str); 32] = [
    (Ink::Text, "text"),
    (Ink::Value, "value"),
    (Ink::Strong, "strong"),
    (Ink::Faint, "faint"),
    (Ink::Bad, "bad"),
    (Ink::Inverse, "inverse"),
    (Ink::Grid, "grid"),
    (Ink::Axis, "axis"),
    (Ink::Limit, "limit"),
    (Ink::Held, "held"),
    (Ink::Unknown, "unknown"),
    (Ink::Missed, "missed"),
    (Ink::HeldArea, "held-area"),
    (Ink::UnknownArea, "unknown-area"),
    (Ink::MissedArea, "missed-area"),
    (Ink::ShadeFar, "shade-far"),
    (Ink::ShadeNear, "shade-near"),
    (Ink::ShadeMissed, "shade-missed"),
    (Ink::ShadeMissedFar, "shade-missed-far"),
    (Ink::ShadeUnknown, "shade-unknown"),
    (Ink::ShadeInvalid, "shade-invalid"),
    (Ink::ShadeNotMeasured, "shade-not-measured"),
    (Ink::Edge, "edge"),
    (Ink::Distance, "distance"),
    (Ink::Store, "store"),
    (Ink::Waiting, "waiting"),
    (Ink::Think, "think"),
    (Ink::Rest, "rest"),
    (Ink::Near1, "near-1"),
    (Ink::Near2, "near-2"),
    (Ink::Away1, "away-1"),
    (Ink::Away2, "away-2"),
];

impl Ink {
    /// The colour that stands for it until classes are put in.
    const fn colour(self) -> RGBColor {
        RGBColor(1, 2, self as u8)
    }
    /// Its class, without the `f-` of fills or the `s-` of strokes.
    pub(crate) fn class(self) -> &'static str {
        INKS[self as usize].1
    }
    fn filled(self) -> ShapeStyle {
        self.colour().filled()
    }
    fn stroke(self, width: u32) -> ShapeStyle {
        self.colour().stroke_width(width)
    }
}

/// Where a text stands to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Middle,
    Right,
}

const MEMORY: &str = "drawing into memory cannot fail";

/// A picture being drawn, in pixels from the top left.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    titles: std::cell::RefCell<String>,
}

impl Canvas<'_> {
    /// A filled rectangle.
    pub(crate) fn fill(&self, (x, y): (f64, f64), (w, h): (f64, f64), ink: Ink) {
        let corner = |x: f64, y: f64| (x.round() as i32, y.round() as i32);
        self.area.draw(&Rectangle::new([corner(x, y), corner(x + w, y + h)], ink.filled())).expect(MEMORY);
    }
    /// A rectangle's outline.
    pub(crate) fn outline(&self, (x, y): (f64, f64), (w, h): (f64, f64), ink: Ink) {
        let corner = |x: f64, y: f64| (x.round() as i32, y.round() as i32);
        self.area.draw(&Rectangle::new([corner(x, y), corner(x + w, y + h)], ink.stroke(1))).expect(MEMORY);
    }
    /// A line through points.
    pub(crate) fn path(&self, points: &[(f64, f64)], ink: Ink, width: u32) {
        let points: Vec<_> = points.iter().map(|p| (p.0.round() as i32, p.1.round() as i32)).collect();
        self.area.draw(&PathElement::new(points, ink.stroke(width))).expect(MEMORY);
    }
    /// A filled shape.
    pub(crate) fn shape(&self, points: &[(f64, f64)], ink: Ink) {
        let points: Vec<_> = points.iter().map(|p| (p.0.round() as i32, p.1.round() as i32)).collect();
        self.area.draw(&Polygon::new(points, ink.filled())).expect(MEMORY);
    }
    /// A dot.
    pub(crate) fn dot(&self, (x, y): (f64, f64), radius: u32, ink: Ink) {
        self.area.draw(&Circle::new((x.round() as i32, y.round() as i32), radius, ink.filled())).expect(MEMORY);
    }
    /// A text whose middle is at this height.
    pub(crate) fn text(&self, text: &str, (x, y): (f64, f64), side: Side, ink: Ink) {
        let across = match side {
            Side::Left => HPos::Left,
            Side::Middle => HPos::Center,
            Side::Right => HPos::Right,
        };
        let style = ("sans-serif", 12).into_font().color(&ink.colour()).pos(Pos::new(across, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), (x.round() as i32, y.round() as i32), style)).expect(MEMORY);
    }
    /// A text that is shown when the pointer is over this rectangle.
    pub(crate) fn title(&self, (x, y): (f64, f64), (w, h): (f64, f64), text: &str) {
        let _ = writeln!(
            self.titles.borrow_mut(),
            "<rect class=\"hit\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{w:.0}\" height=\"{h:.0}\"><title>{}</title></rect>",
            escaped(text)
        );
    }
}

/// Draws a picture of this size; `label` is what it shows, for those who do not see it.
pub(crate) fn draw((width, height): (u32, u32), label: &str, paint: impl FnOnce(&Canvas)) -> String {
    let mut raw = String::new();
    let titles;
    {
        let area = SVGBackend::with_string(&mut raw, (width, height)).into_drawing_area();
        let canvas = Canvas { area, titles: std::cell::RefCell::default() };
        paint(&canvas);
        canvas.area.present().expect(MEMORY);
        titles = canvas.titles.take();
    }
    let body = raw.split_once('>').map_or("", |(_, rest)| rest);
    let body = body.trim_end().strip_suffix("</svg>").unwrap_or(body);
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">{}{titles}</svg>",
        escaped(label),
        classes(body)
    )
}

/// Puts classes where plotters wrote colours, and drops what the style sheet says anyway.
fn classes(body: &str) -> String {
    let mut out = body.replace(" opacity=\"1\"", "").replace(" font-family=\"sans-serif\"", "");
    for (ink, class) in INKS {
        let RGBColor(r, g, b) = ink.colour();
        let colour = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        out = out.replace(&format!(" fill={colour}"), &format!(" class=\"f-{class}\""));
        out = out.replace(&format!(" stroke={colour}"), &format!(" class=\"s-{class}\""));
    }
    while let Some(at) = out.find(" font-size=\"") {
        let end = out[at + 12..].find('"').map_or(out.len(), |e| at + 12 + e + 1);
        out.replace_range(at..end, "");
    }
    out.replace(">\n", ">").replace("\n</text>", "</text>")
}

/// A text as markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Round numbers from zero to at least `most`, about `count` of them.
pub(crate) fn ticks(most: f64, count: f64) -> Vec<f64> {
    let raw = (most / count).max(1e-9);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(raw);
    (0..=(most / step).ceil() as u32).map(|i| f64::from(i) * step).collect()
}

/// About how wide a text is at 11 pixels, in pixels.
pub(crate) fn width_of(text: &str) -> f64 {
    let wide = |c: char| match c {
        c if "ijl.,:;'|! ftI".contains(c) => 3.8,
        // Kana, characters and what stands with them are square.
        '\u{2e80}'..='\u{ffef}' => 11.0,
        _ => 6.6,
    };
    text.chars().map(wide).sum()
}

/// Words in lines that are at most this wide; the last of `lines` is cut if there are more.
pub(crate) fn wrapped(text: &str, width: f64, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let last = out.last_mut().expect("there is always a line");
        let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
        if last.is_empty() || width_of(&longer) <= width {
            *last = longer;
        } else {
            out.push(word.to_owned());
        }
    }
    let cut = out.len() > lines;
    out.truncate(lines);
    for (i, line) in out.iter_mut().enumerate() {
        let must = cut && i + 1 == lines;
        if must || width_of(line) > width {
            while !line.is_empty() && width_of(line) + 6.3 > width {
                line.pop();
            }
            line.push('…');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes() {
        let svg = draw((40, 20), "a <test>", |c| {
            c.fill((1.0, 2.0), (3.0, 4.0), Ink::Distance);
            c.path(&[(0.0, 0.0), (9.0, 9.0)], Ink::Limit, 2);
            c.text("x & y", (5.0, 5.0), Side::Right, Ink::Faint);
            c.title((0.0, 0.0), (9.0, 9.0), "a \"title\"");
        });
        assert!(svg.starts_with("<svg viewBox=\"0 0 40 20\" role=\"img\" aria-label=\"a &lt;test&gt;\">"), "{svg}");
        for part in ["class=\"f-distance\"", "class=\"s-limit\"", "class=\"f-faint\"", "x &amp; y", "&quot;title&quot;"]
        {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains('#') && !svg.contains("http") && !svg.contains("font-"), "{svg}");
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }

    #[test]
    fn inks_are_listed_in_their_order() {
        for (i, (ink, _)) in INKS.iter().enumerate() {
            assert_eq!(*ink as usize, i);
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(1_470.0, 3.0), [0.0, 500.0, 1_000.0, 1_500.0]);
        assert_eq!(ticks(0.9, 3.0), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn words_wrap_and_are_cut() {
        assert_eq!(wrapped("customer support to Kubernetes", 120.0, 2), ["customer support to", "Kubernetes"]);
        let cut = wrapped("customer support to Kubernetes", 60.0, 1);
        assert!(cut.len() == 1 && cut[0].ends_with('…') && width_of(&cut[0]) <= 66.0, "{cut:?}");
    }
}
