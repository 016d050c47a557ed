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
    // Legends stand beside the panels, so that they hide nothing.
    let right = WIDTH - RIGHT - figure.panels.iter().map(legend_width).fold(0.0, f64::max);
    let (low, high) = figure.x_range.unwrap_or_else(|| x_range(&figure.panels));
    let x = Axis::new(low, high, LEFT, right);
    let ticks = x_ticks(figure, x);
    for (index, panel) in figure.panels.iter().enumerate() {
        let start = top(figure) + index as f64 * (PANEL + GAP);
        let last = index + 1 == figure.panels.len();
        draw_panel(canvas, panel, x, start, right);
        for (value, text) in &ticks {
            let place = x.place(*value);
            canvas.rule(MARK, (place, start + PANEL), (place, start + PANEL + 4.0));
            if last {
                canvas.text((place, start + PANEL + 17.0), Anchor::Middle, Text::Tick, text);
            }
        }
        if last {
            let place = ((LEFT + right) / 2.0, start + PANEL + 36.0);
            canvas.text(place, Anchor::Middle, Text::Label, &figure.x_label);
        }
    }
}

fn x_ticks(figure: &Figure, x: Axis) -> Vec<(f64, String)> {
    /// More numbers, and longer ones, would run into each other.
    const MOST: usize = 8;
    if figure.x_words.is_empty() {
        // A range that is given is one of time.
        let counts = figure.x_range.is_none() && figure.panels.iter().all(|panel| counts_across(&panel.content));
        return x.ticks(MOST, counts);
    }
    let apart = figure.x_words.len().div_ceil(MOST);
    let words = figure.x_words.iter().enumerate().step_by(apart);
    words.map(|(index, word)| (index as f64, word.clone())).collect()
}

fn draw_panel(canvas: &mut impl Canvas, panel: &Panel, x: Axis, top: f64, right: f64) {
    let bottom = top + PANEL;
    let (low, high) = y_range(&panel.content);
    let y = Axis::new(low, high, bottom, top);
    let y = if matches!(panel.content, Content::Lines(_)) { y.with_margin(0.05) } else { y };
    for (value, text) in y.ticks(5, counts_upwards(&panel.content)) {
        let place = y.place(value);
        canvas.rule(GRID, (LEFT, place), (right, place));
        canvas.text((LEFT - 7.0, place + 4.0), Anchor::End, Text::Tick, &text);
    }
    match &panel.content {
        Content::Raster { events, size } => draw_raster(canvas, events, *size, x, y),
        Content::Lines(series) => draw_lines(canvas, series, x, y),
        Content::Bars { edges, counts } => draw_bars(canvas, edges, counts, x, y),
    }
    draw_legend(canvas, &panel.content, right + LEGEND_GAP, top);
    if let Some(words) = nothing(&panel.content) {
        canvas.text(((LEFT + right) / 2.0, (top + bottom) / 2.0), Anchor::Middle, Text::Label, words);
    }
    canvas.frame((LEFT, top), right - LEFT, PANEL);
    canvas.upright_label((16.0, (top + bottom) / 2.0), &shortened(&panel.label));
}

/// What to say where there is nothing to see.
fn nothing(content: &Content) -> Option<&'static str> {
    let is_empty = match content {
        Content::Raster { events, .. } => return events.is_empty().then_some("no events"),
        Content::Lines(series) => {
            series.iter().flat_map(|series| &series.points).all(|(x, y)| !(x.is_finite() && y.is_finite()))
        }
        Content::Bars { counts, .. } => counts.iter().all(|count| *count == 0.0),
    };
    is_empty.then_some("no values")
}

/// Whether an axis across is of whole numbers: indices, counts.
fn counts_across(content: &Content) -> bool {
    matches!(content, Content::Lines(series) if all_whole(series, |point| point.0))
}

/// Whether the axis upwards is.
fn counts_upwards(content: &Content) -> bool {
    match content {
        Content::Raster { .. } | Content::Bars { .. } => true,
        Content::Lines(series) => all_whole(series, |point| point.1),
    }
}

fn all_whole(series: &[Series], coordinate: impl Fn(&Point) -> f64) -> bool {
    let mut numbers = series.iter().flat_map(|series| &series.points).map(coordinate).filter(|value| value.is_finite());
    numbers.all(|value| value.fract() == 0.0)
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

fn draw_lines(canvas: &mut impl Canvas, series: &[Series], x: Axis, y: Axis) {
    for (index, series) in series.iter().enumerate() {
        canvas.lines(COLOURS[index % COLOURS.len()], 1.2, &strokes(&series.points, x, y));
    }
}

/// Between a panel and its legend.
const LEGEND_GAP: f64 = 8.0;
/// The height of a legend's line.
const LEGEND_LINE: f64 = 13.0;
/// The length of a legend's piece of line, with the gap behind it.
const LEGEND_SAMPLE: f64 = 20.0;

/// The lines of a legend with the number of their colour; one line alone needs none.
fn legend(content: &Content) -> Vec<(Option<usize>, String)> {
    const MOST: usize = (PANEL / LEGEND_LINE) as usize;
    let Content::Lines(series) = content else { return Vec::new() };
    let named = series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
    let mut lines: Vec<_> = named.map(|(index, series)| (Some(index), shortened(&series.name))).collect();
    if lines.len() < 2 {
        return Vec::new();
    }
    if lines.len() > MOST {
        let more = lines.len() - (MOST - 1);
        lines.truncate(MOST - 1);
        lines.push((None, format!("and {more} more")));
    }
    lines
}

/// A name for a legend or beside an axis, which must leave room for what it explains.
fn shortened(name: &str) -> String {
    const MOST: usize = 30;
    let start: String = name.chars().take(MOST).collect();
    if start.len() < name.len() { format!("{start}...") } else { start }
}

fn legend_width(panel: &Panel) -> f64 {
    let widest = legend(&panel.content).iter().map(|(_, name)| name.chars().count()).max();
    // A character of the legend's size is about this wide.
    widest.map_or(0.0, |characters| characters as f64 * 6.6 + LEGEND_GAP + LEGEND_SAMPLE)
}

fn draw_legend(canvas: &mut impl Canvas, content: &Content, left: f64, top: f64) {
    for (row, (colour, name)) in legend(content).iter().enumerate() {
        let place = top + LEGEND_LINE * (row as f64 + 0.8);
        if let Some(index) = colour {
            let sample = vec![(left, place - 4.0), (left + LEGEND_SAMPLE - 6.0, place - 4.0)];
            canvas.lines(COLOURS[index % COLOURS.len()], 2.0, &[sample]);
        }
        canvas.text((left + LEGEND_SAMPLE, place), Anchor::Start, Text::Legend, name);
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
            let highest = counts.iter().copied().fold(0.0, f64::max);
            range = (0.0, if highest > 0.0 { highest * 1.05 } else { 1.0 });
        }
    }
    range
}

fn widen(range: &mut (f64, f64), value: f64) {
    if value.is_finite() {
        *range = (range.0.min(value), range.1.max(value));
    }
}
