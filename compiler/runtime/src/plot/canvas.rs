//! What a picture is drawn on. Coordinates are pixels of the picture at its nominal size, from the upper left corner.

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// A point, across and down.
pub(super) type Point = (f64, f64);

pub(super) const WHITE: Colour = [255; 3];
pub(super) const GRID: Colour = [0xe4; 3];
pub(super) const MARK: Colour = [0x44; 3];
pub(super) const DOT: Colour = [0x1f, 0x3a, 0x5f];
pub(super) const BAR: Colour = [0x00, 0x72, 0xb2];

/// How a text stands to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Title,
    Label,
    Tick,
    Legend,
}

/// Draws; later things over earlier ones.
pub(super) trait Canvas {
    /// A text whose base line is at the place.
    fn text(&mut self, place: Point, anchor: Anchor, text: Text, words: &str);
    /// A label that is read from below upwards, its middle at the place.
    fn upright_label(&mut self, place: Point, words: &str);
    /// A straight line, a pixel wide.
    fn rule(&mut self, colour: Colour, from: Point, to: Point);
    /// Lines through points, with gaps between them.
    fn lines(&mut self, colour: Colour, width: f64, lines: &[Vec<Point>]);
    /// Round dots.
    fn dots(&mut self, width: f64, places: &[Point]);
    /// A bar: its corner, width and height.
    fn bar(&mut self, corner: Point, width: f64, height: f64);
    /// The outline of a panel.
    fn frame(&mut self, corner: Point, width: f64, height: f64);
}
