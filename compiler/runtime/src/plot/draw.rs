//! A figure to SVG. What is finer than the picture is drawn once: dots of one place together, of a line the extremes of each column.

use super::axis::Axis;
use super::svg::{Anchor, Svg, number};
use super::{Content, Figure, Panel, Series};
use std::collections::BTreeSet;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 18.0;
const PANEL: f64 = 170.0;
const GAP: f64 = 18.0;
const TITLE: f64 = 34.0;
const BELOW: f64 = 46.0;

/// Okabe and Ito's colours, which people of every colour vision tell apart.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333"];

/// The picture of a figure.
pub fn svg(figure: &Figure) -> String {
    let top = if figure.title.is_empty() { 14.0 } else { TITLE };
    let count = figure.panels.len().max(1) as f64;
    let height = top + count * PANEL + (count - 1.0) * GAP + BELOW;
    let mut svg = Svg::new(WIDTH, height);
    if !figure.title.is_empty() {
        svg.text(LEFT, 22.0, Anchor::Start, "title", &figure.title);
    }
    let (low, high) = figure.x_range.unwrap_or_else(|| x_range(&figure.panels));
    let x = Axis::new(low, high, LEFT, WIDTH - RIGHT);
    for (index, panel) in figure.panels.iter().enumerate() {
        let start = top + index as f64 * (PANEL + GAP);
        let last = index + 1 == figure.panels.len();
        draw_panel(&mut svg, panel, x, start, last.then_some(figure.x_label.as_str()));
    }
    svg.finish()
}

fn draw_panel(svg: &mut Svg, panel: &Panel, x: Axis, top: f64, x_label: Option<&str>) {
    let bottom = top + PANEL;
    let (low, high) = y_range(&panel.content);
    let y = Axis::new(low, high, bottom, top);
    let y = if matches!(panel.content, Content::Lines(_)) { y.with_margin(0.05) } else { y };
    for (value, text) in y.ticks(5) {
        let place = y.place(value);
        svg.line("grid", (LEFT, place), (WIDTH - RIGHT, place));
        svg.text(LEFT - 7.0, place + 4.0, Anchor::End, "tick", &text);
    }
    for (value, text) in x.ticks(8) {
        let place = x.place(value);
        svg.line("mark", (place, bottom), (place, bottom + 4.0));
        if x_label.is_some() {
            svg.text(place, bottom + 17.0, Anchor::Middle, "tick", &text);
        }
    }
    match &panel.content {
        Content::Raster { events, size } => draw_raster(svg, events, *size, x, y),
        Content::Lines(series) => draw_lines(svg, series, x, y, top),
        Content::Bars { edges, counts } => draw_bars(svg, edges, counts, x, y),
    }
    svg.push(&format!(
        r#"<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>"#,
        number(LEFT),
        number(top),
        number(WIDTH - RIGHT - LEFT),
        number(PANEL)
    ));
    svg.upright_text(16.0, (top + bottom) / 2.0, "label", &panel.label);
    if let Some(label) = x_label {
        svg.text((LEFT + WIDTH - RIGHT) / 2.0, bottom + 36.0, Anchor::Middle, "label", label);
    }
}

fn draw_raster(svg: &mut Svg, events: &[(f64, u32)], size: usize, x: Axis, y: Axis) {
    /// Places nearer than this look like one.
    const GRAIN: f64 = 0.5;
    let row = PANEL / size.max(1) as f64;
    let mut places = BTreeSet::new();
    for (time, lane) in events {
        let across = (x.place(*time) / GRAIN).round() as i64;
        let down = (y.place(f64::from(*lane)) / GRAIN).round() as i64;
        places.insert((down, across));
    }
    let mut path = String::new();
    for (down, across) in places {
        // Writing to a string does not fail.
        let _ = write!(path, "M{} {}h0", number(across as f64 * GRAIN), number(down as f64 * GRAIN));
    }
    let width = (row * 0.8).clamp(1.0, 4.0);
    svg.push(&format!(r#"<path class="dots" stroke-width="{}" d="{path}"/>"#, number(width)));
}

fn draw_lines(svg: &mut Svg, series: &[Series], x: Axis, y: Axis, top: f64) {
    for (index, series) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        svg.push(&format!(r#"<path class="series" stroke="{colour}" d="{}"/>"#, line_path(&series.points, x, y)));
    }
    let named: Vec<(usize, &Series)> =
        series.iter().enumerate().filter(|(_, series)| !series.name.is_empty()).collect();
    if named.len() < 2 {
        return;
    }
    let widest = named.iter().map(|(_, series)| series.name.chars().count()).max().unwrap_or(0);
    // A character of the legend's size is about this wide.
    let (width, height) = (widest as f64 * 6.6 + 34.0, named.len() as f64 * 13.0 + 6.0);
    svg.push(&format!(
        r##"<rect fill="#fff" fill-opacity="0.85" x="{}" y="{}" width="{}" height="{}"/>"##,
        number(WIDTH - RIGHT - width),
        number(top + 1.0),
        number(width),
        number(height)
    ));
    for (row, (index, series)) in named.iter().enumerate() {
        let place = top + 13.0 + row as f64 * 13.0;
        let colour = COLOURS[index % COLOURS.len()];
        let right = WIDTH - RIGHT;
        svg.push(&format!(
            r#"<path stroke="{colour}" stroke-width="2" d="M{} {}h14"/>"#,
            number(right - 20.0),
            number(place - 4.0)
        ));
        svg.text(right - 25.0, place, Anchor::End, "legend", &series.name);
    }
}

/// A path through the points; of each column of the picture only the first, least, greatest and last are drawn.
fn line_path(points: &[(f64, f64)], x: Axis, y: Axis) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    let mut index = 0;
    while index < points.len() {
        if !(points[index].0.is_finite() && points[index].1.is_finite()) {
            pen_down = false;
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
        for point in drawn {
            let command = if pen_down { 'L' } else { 'M' };
            // Writing to a string does not fail.
            let _ = write!(path, "{command}{} {}", number(x.place(part[point].0)), number(y.place(part[point].1)));
            pen_down = true;
        }
        index = end;
    }
    path
}

fn draw_bars(svg: &mut Svg, edges: &[f64], counts: &[f64], x: Axis, y: Axis) {
    let base = y.place(0.0);
    for (edges, count) in edges.windows(2).zip(counts) {
        let (left, right, height) = (x.place(edges[0]), x.place(edges[1]), y.place(*count));
        svg.push(&format!(
            r#"<rect class="bars" x="{}" y="{}" width="{}" height="{}"/>"#,
            number(left),
            number(height),
            number(right - left),
            number(base - height)
        ));
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
