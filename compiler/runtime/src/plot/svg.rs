//! SVG elements as text.

use std::fmt::Write;

/// A picture being written.
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// How a text stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    pub(super) fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.push(&format!(
            r#"<text class="{class}" x="{}" y="{}" text-anchor="{anchor}">{text}</text>"#,
            number(x),
            number(y)
        ));
    }

    /// A text that is read from below upwards, its middle at the place.
    pub(super) fn upright_text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let (x, y, text) = (number(x), number(y), escape(text));
        self.push(&format!(
            r#"<text class="{class}" transform="translate({x} {y}) rotate(-90)" text-anchor="middle">{text}</text>"#
        ));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
        self.push(&format!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
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
.grid {{ stroke: #e4e4e4; stroke-width: 1; }}
.mark {{ stroke: #444; stroke-width: 1; }}
.series {{ fill: none; stroke-width: 1.2; stroke-linejoin: round; }}
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

/// A coordinate with as many decimals as can be seen.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
