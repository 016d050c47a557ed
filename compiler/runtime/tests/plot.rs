//! Pictures: what is in them, and that they stay small.

#![allow(clippy::disallowed_methods, reason = "something to draw")]

use neuro_runtime::files::Data;
use neuro_runtime::plot::{Content, Figure, Panel, Series, figure_of, hist, line, png, svg};
use neuro_runtime::record::{EventRecord, Recorded, Recording};

fn network() -> Vec<Recording> {
    let steps = 2000u32;
    let mut spikes = EventRecord::default();
    for step in 0..steps {
        for lane in 0..40u32 {
            if (step * 7 + lane * 13) % 97 == 0 {
                spikes.steps.push(step);
                spikes.lanes.push(lane);
            }
        }
    }
    let v = (0..steps).flat_map(|step| {
        let time = f64::from(step) * 1e-4;
        [-0.06 + 0.01 * (time * 100.0).sin(), -0.058 + 0.008 * (time * 170.0).cos()]
    });
    let recording = |name: &str, shape: Vec<usize>, unit: (&str, f64), data| Recording {
        name: name.into(),
        population: "net.e".into(),
        shape,
        unit: (unit.0.into(), unit.1),
        data,
    };
    vec![
        recording("net.e.z", vec![40], ("1", 1.0), Recorded::Events(spikes)),
        recording("net.e.v", vec![2], ("mV", 1e-3), Recorded::States(Data::F64(v.collect()))),
    ]
}

#[test]
fn a_raster_and_traces() {
    let text = svg(&figure_of(&network(), 1e-4, 2000, "a <small> network"));
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_as_pixels() {
    let bytes = png(&figure_of(&network(), 1e-4, 2000, "a <small> network, 10 \u{b5}V"));
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let (width, height) = (&bytes[16..20], &bytes[20..24]);
    assert_eq!((width, height), (1720u32.to_be_bytes().as_slice(), 876u32.to_be_bytes().as_slice()));
    assert!(bytes.len() < 200_000, "{}", bytes.len());
    assert_eq!(bytes, png(&figure_of(&network(), 1e-4, 2000, "a <small> network, 10 \u{b5}V")));
    if let Some(folder) = std::env::var_os("NEURO_LOOK") {
        std::fs::write(std::path::Path::new(&folder).join("figure.png"), &bytes).unwrap();
        let values: Vec<f64> = (0..500).map(|index| f64::from(index * index % 101)).collect();
        std::fs::write(std::path::Path::new(&folder).join("hist.png"), png(&hist(&values, "interval (ms)"))).unwrap();
    }
}

#[test]
fn a_histogram_and_a_line() {
    let values: Vec<f64> = (0..500).map(|index| f64::from(index * index % 101)).collect();
    insta::assert_snapshot!("hist", svg(&hist(&values, "interval (ms)")));
    insta::assert_snapshot!(
        "line",
        svg(&line(Some(&[1.0, 2.0, 4.0, 8.0]), &[-1e-7, 2e-7, f64::NAN, 4e-7], "rate (Hz)", "weight"))
    );
}

#[test]
fn degenerate_numbers_make_a_picture_all_the_same() {
    for values in [&[][..], &[3.0], &[0.0, 0.0], &[f64::NAN, f64::INFINITY], &[1e300, -1e300], &[1e-300, 2e-300]] {
        for text in [svg(&hist(values, "x")), svg(&line(None, values, "x", "y"))] {
            assert!(text.ends_with("</svg>\n") && !text.contains("NaN") && !text.contains("inf"), "{values:?}: {text}");
        }
        assert!(!png(&hist(values, "x")).is_empty() && !png(&line(None, values, "x", "y")).is_empty());
    }
    assert!(svg(&Figure::default()).ends_with("</svg>\n"));
}

#[test]
fn a_million_points_do_not_make_a_large_picture() {
    let points = (0..1_000_000).map(|index| (f64::from(index), f64::from(index).sin())).collect();
    let events = (0..1_000_000u32).map(|index| (f64::from(index), index % 10_000)).collect();
    let figure = Figure {
        panels: vec![
            Panel { label: "v".into(), content: Content::Lines(vec![Series { name: String::new(), points }]) },
            Panel { label: "z".into(), content: Content::Raster { events, size: 10_000 } },
        ],
        ..Figure::default()
    };
    let size = svg(&figure).len();
    assert!(size < 8_000_000, "{size}");
}
