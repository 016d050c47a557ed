//! SVG.

use super::canvas::{Anchor, Canvas, Colour, Point, Text};
use std::fmt::Write;

/// A picture being written.
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn rectangle(&mut self, attributes: &str, corner: Point, width: f64, height: f64) {
        let [x, y, width, height] = [corner.0, corner.1, width, height].map(number);
        self.push(&format!(r#"<rect {attributes} x="{x}" y="{y}" width="{width}" height="{height}"/>"#));
    }

    /// The whole picture.
    pub(super) fn finish(self) -> String {
        let (width, height) = (number(self.width), number(self.height));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(
            text,
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<style>
text {{ font: 12px system-ui, "Helvetica Neue", Arial, sans-serif; fill: #222; }}
.title {{ font-size: 15px; font-weight: 600; }}
.tick {{ font-size: 11px; fill: #444; }}
.legend {{ font-size: 11px; }}
.frame {{ fill: none; stroke: #444; stroke-width: 1; }}
.series {{ fill: none; stroke-linejoin: round; }}
.dots {{ fill: none; stroke: #1f3a5f; stroke-linecap: round; }}
.bars {{ fill: #0072b2; stroke: #fff; stroke-width: 0.5; }}
</style>
<rect width="100%" height="100%" fill="#fff"/>
{}</svg>
"##,
            self.body
        );
        text
    }
}

impl Canvas for Svg {
    fn text(&mut self, place: Point, anchor: Anchor, text: Text, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let class = match text {
            Text::Title => "title",
            Text::Label => "label",
            Text::Tick => "tick",
            Text::Legend => "legend",
        };
        let (x, y, words) = (number(place.0), number(place.1), escape(words));
        self.push(&format!(r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>"#));
    }

    fn upright_label(&mut self, place: Point, words: &str) {
        let (x, y, words) = (number(place.0), number(place.1), escape(words));
        let place = format!("translate({x} {y}) rotate(-90)");
        self.push(&format!(r#"<text class="label" transform="{place}" text-anchor="middle">{words}</text>"#));
    }

    fn rule(&mut self, colour: Colour, from: Point, to: Point) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
        let colour = hexadecimal(colour);
        self.push(&format!(r#"<line stroke="{colour}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    fn lines(&mut self, colour: Colour, width: f64, lines: &[Vec<Point>]) {
        let mut path = String::new();
        for line in lines {
            for (index, point) in line.iter().enumerate() {
                let command = if index == 0 { 'M' } else { 'L' };
                // Writing to a string does not fail.
                let _ = write!(path, "{command}{} {}", number(point.0), number(point.1));
            }
        }
        let (colour, width) = (hexadecimal(colour), number(width));
        self.push(&format!(r#"<path class="series" stroke="{colour}" stroke-width="{width}" d="{path}"/>"#));
    }

    fn dots(&mut self, width: f64, places: &[Point]) {
        let mut path = String::new();
        for place in places {
            // Writing to a string does not fail.
            let _ = write!(path, "M{} {}h0", number(place.0), number(place.1));
        }
        self.push(&format!(r#"<path class="dots" stroke-width="{}" d="{path}"/>"#, number(width)));
    }

    fn bar(&mut self, corner: Point, width: f64, height: f64) {
        self.rectangle(r#"class="bars""#, corner, width, height);
    }

    fn frame(&mut self, corner: Point, width: f64, height: f64) {
        self.rectangle(r#"class="frame""#, corner, width, height);
    }
}

fn hexadecimal([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A coordinate with as many decimals as can be seen.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
