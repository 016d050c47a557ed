//! PNG: pixels, and their file (W3C Recommendation, Portable Network Graphics, second edition).

use super::canvas::{Anchor, BAR, Canvas, Colour, DOT, MARK, Point, Text, WHITE};
use super::letters::letter;
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write;

/// Pixels of the file for one of the picture's.
const SCALE: f64 = 2.0;

const INK: Colour = [0x22; 3];

/// A picture of pixels.
pub(super) struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Raster {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let (width, height) = ((width * SCALE).ceil() as usize, (height * SCALE).ceil() as usize);
        Self { width, height, pixels: vec![WHITE; width * height] }
    }

    /// Mixes a colour into a pixel.
    fn mix(&mut self, x: i64, y: i64, colour: Colour, part: f64) {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        if !inside || part <= 0.0 {
            return;
        }
        let pixel = &mut self.pixels[y as usize * self.width + x as usize];
        for (old, new) in pixel.iter_mut().zip(colour) {
            let mixed = f64::from(*old) + (f64::from(new) - f64::from(*old)) * part.min(1.0);
            *old = mixed.round() as u8;
        }
    }

    /// Colours pixels by how much of each a shape covers: about 1 where its distance from the shape's middle is below the radius.
    fn cover(&mut self, low: Point, high: Point, radius: f64, colour: Colour, distance: impl Fn(Point) -> f64) {
        let reach = radius + 1.0;
        let (left, right) =
            ((low.0 - reach).floor().max(-1.0) as i64, (high.0 + reach).ceil().min(self.width as f64) as i64);
        let (top, bottom) =
            ((low.1 - reach).floor().max(-1.0) as i64, (high.1 + reach).ceil().min(self.height as f64) as i64);
        for y in top..=bottom {
            for x in left..=right {
                let part = radius + 0.5 - distance((x as f64 + 0.5, y as f64 + 0.5));
                self.mix(x, y, colour, part);
            }
        }
    }

    fn segment(&mut self, from: Point, to: Point, width: f64, colour: Colour) {
        let low = (from.0.min(to.0), from.1.min(to.1));
        let high = (from.0.max(to.0), from.1.max(to.1));
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let square = across * across + down * down;
        self.cover(low, high, width / 2.0, colour, |point| {
            let along = ((point.0 - from.0) * across + (point.1 - from.1) * down) / square.max(1e-12);
            let along = along.clamp(0.0, 1.0);
            length(point.0 - from.0 - along * across, point.1 - from.1 - along * down)
        });
    }

    /// A rectangle between two corners, its edges at whole pixels.
    fn fill(&mut self, corner: Point, other: Point, colour: Colour, part: f64) {
        let [left, top, right, bottom] = [corner.0, corner.1, other.0, other.1].map(|place| place.round() as i64);
        for y in top..bottom {
            for x in left..right {
                self.mix(x, y, colour, part);
            }
        }
    }

    /// A line of text from a place on, to the right or upwards; `dot` is the size of a letter's dot.
    fn letters(&mut self, start: Point, upwards: bool, dot: f64, colour: Colour, words: &str) {
        for (index, character) in words.chars().enumerate() {
            for (column, dots) in letter(character).into_iter().enumerate() {
                for row in (0..8).filter(|row| dots >> row & 1 == 1) {
                    let along = (index * 6 + column) as f64 * dot;
                    let above = f64::from(7 - row) * dot;
                    let (low, high) = if upwards {
                        ((start.0 - above, start.1 - along - dot), (start.0 - above + dot, start.1 - along))
                    } else {
                        ((start.0 + along, start.1 - above), (start.0 + along + dot, start.1 - above + dot))
                    };
                    self.soft_fill(low, high, colour);
                }
            }
        }
    }

    /// A rectangle whose edges are where they are.
    fn soft_fill(&mut self, low: Point, high: Point, colour: Colour) {
        let overlap = |pixel: i64, low: f64, high: f64| (high.min(pixel as f64 + 1.0) - low.max(pixel as f64)).max(0.0);
        for y in low.1.floor() as i64..high.1.ceil() as i64 {
            for x in low.0.floor() as i64..high.0.ceil() as i64 {
                self.mix(x, y, colour, overlap(x, low.0, high.0) * overlap(y, low.1, high.1));
            }
        }
    }

    /// The bytes of the file.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = Vec::new();
        header.extend_from_slice(&(self.width as u32).to_be_bytes());
        header.extend_from_slice(&(self.height as u32).to_be_bytes());
        // Eight bits each of red, green and blue; the only methods that there are; not interlaced.
        header.extend_from_slice(&[8, 2, 0, 0, 0]);
        chunk(&mut bytes, b"IHDR", &header);
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let mut written = Ok(());
        for row in self.pixels.chunks(self.width.max(1)) {
            // Each row begins with its filter: 0, none.
            written =
                written.and_then(|()| encoder.write_all(&[0])).and_then(|()| encoder.write_all(row.as_flattened()));
        }
        // Writing to memory does not fail.
        let data = written.and_then(|()| encoder.finish()).unwrap_or_default();
        chunk(&mut bytes, b"IDAT", &data);
        chunk(&mut bytes, b"IEND", &[]);
        bytes
    }
}

fn chunk(bytes: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(data);
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(&sum.sum().to_be_bytes());
}

fn length(across: f64, down: f64) -> f64 {
    (across * across + down * down).sqrt()
}

fn scaled(point: Point) -> Point {
    (point.0 * SCALE, point.1 * SCALE)
}

impl Canvas for Raster {
    fn text(&mut self, place: Point, anchor: Anchor, text: Text, words: &str) {
        let (dot, colour) = match text {
            Text::Title => (2.6, INK),
            Text::Label | Text::Legend => (2.2, INK),
            Text::Tick => (2.0, MARK),
        };
        let length = (words.chars().count() * 6) as f64 * dot - dot;
        let shift = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => length / 2.0,
            Anchor::End => length,
        };
        let (x, y) = scaled(place);
        self.letters((x - shift, y), false, dot, colour, words);
    }

    fn upright_label(&mut self, place: Point, words: &str) {
        let dot = 2.2;
        let (x, y) = scaled(place);
        let length = (words.chars().count() * 6) as f64 * dot - dot;
        self.letters((x, y + length / 2.0), true, dot, INK, words);
    }

    fn rule(&mut self, colour: Colour, from: Point, to: Point) {
        let (from, to) = (scaled(from), scaled(to));
        self.fill((from.0 - 1.0, from.1 - 1.0), (to.0 + 1.0, to.1 + 1.0), colour, 1.0);
    }

    fn lines(&mut self, colour: Colour, width: f64, lines: &[Vec<Point>]) {
        for line in lines {
            if let [only] = line.as_slice() {
                self.segment(scaled(*only), scaled(*only), width * SCALE, colour);
            }
            for pair in line.windows(2) {
                self.segment(scaled(pair[0]), scaled(pair[1]), width * SCALE, colour);
            }
        }
    }

    fn dots(&mut self, width: f64, places: &[Point]) {
        for place in places {
            let middle = scaled(*place);
            self.cover(middle, middle, width * SCALE / 2.0, DOT, |point| {
                length(point.0 - middle.0, point.1 - middle.1)
            });
        }
    }

    fn bar(&mut self, corner: Point, width: f64, height: f64) {
        let (low, high) = (scaled(corner), scaled((corner.0 + width, corner.1 + height)));
        // A gap of one pixel, if that leaves something.
        let right = if high.0 - low.0 > 3.0 { high.0 - 1.0 } else { high.0 };
        self.fill(low, (right, high.1), BAR, 1.0);
    }

    fn frame(&mut self, corner: Point, width: f64, height: f64) {
        let (right, bottom) = (corner.0 + width, corner.1 + height);
        for (from, to) in [
            (corner, (right, corner.1)),
            ((corner.0, bottom), (right, bottom)),
            (corner, (corner.0, bottom)),
            ((right, corner.1), (right, bottom)),
        ] {
            self.rule(MARK, from, to);
        }
    }
}
