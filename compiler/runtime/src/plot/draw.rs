//! A figure on a canvas. What is finer than the picture is drawn once: dots of one place together, of a line the extremes of each column.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Colour, GRID, MARK, Point, Text};
use super::raster::Raster;
use super::svg::Svg;
use super::{Content, Figure, Panel, Series};
use std::collections::BTreeSet;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 18.0;
const PANEL: f64 = 170.0;
const GAP: f64 = 18.0;
const TITLE: f64 = 34.0;
const BELOW: f64 = 46.0;

/// Okabe and Ito's colours, which people of every colour vision tell apart.
const COLOURS: [Colour; 7] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xe6, 0x9f, 0x00],
    [0x56, 0xb4, 0xe9],
    [0x33, 0x33, 0x33],
];

/// The picture of a figure, as SVG.
pub fn svg(figure: &Figure) -> String {
    let mut svg = Svg::new(WIDTH, height(figure));
    draw(figure, &mut svg);
    svg.finish()
}

/// The picture of a figure, as the bytes of a PNG file, two pixels for one of the nominal size.
pub fn png(figure: &Figure) -> Vec<u8> {
    let mut raster = Raster::new(WIDTH, height(figure));
    draw(figure, &mut raster);
    raster.finish()
}

fn top(figure: &Figure) -> f64 {
    if figure.title.is_empty() { 14.0 } else { TITLE }
}

fn height(figure: &Figure) -> f64 {
    let count = figure.panels.len().max(1) as f64;
    top(figure) + count * PANEL + (count - 1.0) * GAP + BELOW
}

fn draw(figure: &Figure, canvas: &mut impl Canvas) {
    if !figure.title.is_empty() {
        canvas.text((LEFT, 22.0), Anchor::Start, Text::Title, &figure.title);
    }
    let (low, high) = figure.x_range.unwrap_or_else(|| x_range(&figure.panels));
    let x = Axis::new(low, high, LEFT, WIDTH - RIGHT);
    for (index, panel) in figure.panels.iter().enumerate() {
        let start = top(figure) + index as f64 * (PANEL + GAP);
        let last = index + 1 == figure.panels.len();
        draw_panel(canvas, panel, x, start, last.then_some(figure.x_label.as_str()));
    }
}

fn draw_panel(canvas: &mut impl Canvas, panel: &Panel, x: Axis, top: f64, x_label: Option<&str>) {
    let bottom = top + PANEL;
    let (low, high) = y_range(&panel.content);
    let y = Axis::new(low, high, bottom, top);
    let y = if matches!(panel.content, Content::Lines(_)) { y.with_margin(0.05) } else { y };
    for (value, text) in y.ticks(5) {
        let place = y.place(value);
        canvas.rule(GRID, (LEFT, place), (WIDTH - RIGHT, place));
        canvas.text((LEFT - 7.0, place + 4.0), Anchor::End, Text::Tick, &text);
    }
    for (value, text) in x.ticks(8) {
        let place = x.place(value);
        canvas.rule(MARK, (place, bottom), (place, bottom + 4.0));
        if x_label.is_some() {
            canvas.text((place, bottom + 17.0), Anchor::Middle, Text::Tick, &text);
        }
    }
    match &panel.content {
        Content::Raster { events, size } => draw_raster(canvas, events, *size, x, y),
        Content::Lines(series) => draw_lines(canvas, series, x, y, top),
        Content::Bars { edges, counts } => draw_bars(canvas, edges, counts, x, y),
    }
    canvas.frame((LEFT, top), WIDTH - RIGHT - LEFT, PANEL);
    canvas.upright_label((16.0, (top + bottom) / 2.0), &panel.label);
    if let Some(label) = x_label {
        canvas.text(((LEFT + WIDTH - RIGHT) / 2.0, bottom + 36.0), Anchor::Middle, Text::Label, label);
    }
}

fn draw_raster(canvas: &mut impl Canvas, events: &[(f64, u32)], size: usize, x: Axis, y: Axis) {
    /// Places nearer than this look like one.
    const GRAIN: f64 = 0.5;
    let row = PANEL / size.max(1) as f64;
    let mut places = BTreeSet::new();
    for (time, lane) in events {
        let across = (x.place(*time) / GRAIN).round() as i64;
        let down = (y.place(f64::from(*lane)) / GRAIN).round() as i64;
        places.insert((down, across));
    }
    let places: Vec<Point> =
        places.into_iter().map(|(down, across)| (across as f64 * GRAIN, down as f64 * GRAIN)).collect();
    canvas.dots((row * 0.8).clamp(1.0, 4.0), &places);
}

fn draw_lines(canvas: &mut impl Canvas, series: &[Series], x: Axis, y: Axis, top: f64) {
    for (index, series) in series.iter().enumerate() {
        canvas.lines(COLOURS[index % COLOURS.len()], 1.2, &strokes(&series.points, x, y));
    }
    let named: Vec<(usize, &Series)> =
        series.iter().enumerate().filter(|(_, series)| !series.name.is_empty()).collect();
    if named.len() < 2 {
        return;
    }
    let right = WIDTH - RIGHT;
    let widest = named.iter().map(|(_, series)| series.name.chars().count()).max().unwrap_or(0);
    // A character of the legend's size is about this wide.
    let (width, height) = (widest as f64 * 6.6 + 34.0, named.len() as f64 * 13.0 + 6.0);
    canvas.veil((right - width, top + 1.0), width, height);
    for (row, (index, series)) in named.iter().enumerate() {
        let place = top + 13.0 + row as f64 * 13.0;
        let sample = vec![(right - 20.0, place - 4.0), (right - 6.0, place - 4.0)];
        canvas.lines(COLOURS[index % COLOURS.len()], 2.0, &[sample]);
        canvas.text((right - 25.0, place), Anchor::End, Text::Legend, &series.name);
    }
}

/// Lines through the points; of each column of the picture only the first, least, greatest and last are drawn.
fn strokes(points: &[Point], x: Axis, y: Axis) -> Vec<Vec<Point>> {
    let mut strokes: Vec<Vec<Point>> = Vec::new();
    let mut goes_on = false;
    let mut index = 0;
    while index < points.len() {
        if !(points[index].0.is_finite() && points[index].1.is_finite()) {
            goes_on = false;
            index += 1;
            continue;
        }
        let column = x.place(points[index].0).floor();
        let mut end = index + 1;
        while end < points.len() && points[end].1.is_finite() && x.place(points[end].0).floor() == column {
            end += 1;
        }
        let part = &points[index..end];
        let mut drawn = BTreeSet::from([0, part.len() - 1]);
        let by_height = |a: &usize, b: &usize| part[*a].1.total_cmp(&part[*b].1);
        drawn.extend((0..part.len()).min_by(by_height));
        drawn.extend((0..part.len()).max_by(by_height));
        let drawn = drawn.into_iter().map(|point| (x.place(part[point].0), y.place(part[point].1)));
        match strokes.last_mut() {
            Some(stroke) if goes_on => stroke.extend(drawn),
            Some(_) | None => strokes.push(drawn.collect()),
        }
        goes_on = true;
        index = end;
    }
    strokes
}

fn draw_bars(canvas: &mut impl Canvas, edges: &[f64], counts: &[f64], x: Axis, y: Axis) {
    let base = y.place(0.0);
    for (edges, count) in edges.windows(2).zip(counts) {
        let (left, right, height) = (x.place(edges[0]), x.place(edges[1]), y.place(*count));
        canvas.bar((left, height), right - left, base - height);
    }
}

fn x_range(panels: &[Panel]) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    for panel in panels {
        match &panel.content {
            Content::Raster { events, .. } => events.iter().for_each(|event| widen(&mut range, event.0)),
            Content::Lines(series) => {
                series.iter().flat_map(|series| &series.points).for_each(|point| widen(&mut range, point.0))
            }
            Content::Bars { edges, .. } => edges.iter().for_each(|edge| widen(&mut range, *edge)),
        }
    }
    range
}

fn y_range(content: &Content) -> (f64, f64) {
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    match content {
        Content::Raster { size, .. } => range = (-0.5, *size as f64 - 0.5),
        Content::Lines(series) => {
            series.iter().flat_map(|series| &series.points).for_each(|point| widen(&mut range, point.1))
        }
        Content::Bars { counts, .. } => {
            widen(&mut range, 0.0);
            counts.iter().for_each(|count| widen(&mut range, count * 1.05));
        }
    }
    range
}

fn widen(range: &mut (f64, f64), value: f64) {
    if value.is_finite() {
        *range = (range.0.min(value), range.1.max(value));
    }
}
