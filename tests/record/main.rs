//! What `record` keeps: the experiments of the programs here, with the lines of their reports, their tables, the arrays of their archives and the
//! words in their pictures, as snapshots. A picture must be well-formed.

use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Style, render};
use neuro_driver::{Disk, FileContent, Overrides, Silent, TaskReport, run_task};
use neuro_runtime::files::table;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

#[test]
fn what_is_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("record");
    let entries = std::fs::read_dir(&folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "neuro")).collect();
    paths.sort();
    for path in paths {
        let mut workspace = Workspace::new(Arc::new(Disk));
        let file = workspace.open(&path.to_string_lossy());
        let said = workspace.diagnostics(file);
        let mut text: String = said.iter().map(|said| render(said, &workspace, Style::Plain)).collect();
        for item in workspace.items(file) {
            if matches!(&*workspace.item(item), TypedItem::Task(_)) {
                let report = run_task(&workspace, item, &Overrides::default(), &Silent);
                let _ = writeln!(text, "# {}", report.name);
                text += &shown(&report);
                for diagnostic in &report.diagnostics {
                    let _ = writeln!(text, "{}: {}", diagnostic.code.id, diagnostic.message);
                }
                text += "\n";
            }
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, text);
    }
}

fn shown(report: &TaskReport) -> String {
    let mut text = String::new();
    if let Some(last) = report.runs.last() {
        for population in last.populations.iter().filter(|population| population.spikes.is_some()) {
            let (spikes, rate, cv) = (population.spikes, population.rate_hz, population.cv_isi);
            let [rate, cv] = [rate, cv].map(|number| number.map_or_else(|| "none".to_owned(), |it| format!("{it:.3}")));
            let _ = writeln!(text, "{}: {} events, {rate} Hz, variation {cv}", population.name, spikes.unwrap_or(0));
        }
    }
    for (name, value) in &report.values {
        let _ = writeln!(text, "{name} = {value}");
    }
    for check in report.checks.iter().filter(|check| !check.passed) {
        let _ = writeln!(text, "failed: {} ({})", check.text, check.detail);
    }
    for file in &report.files {
        let _ = writeln!(text, "-- {}", file.name);
        match &file.content {
            FileContent::Csv(columns) => {
                let mut bytes = Vec::new();
                table::encode(&mut bytes, columns).expect("a table");
                text += &String::from_utf8(bytes).expect("text");
            }
            FileContent::Npz(arrays) => {
                for (name, array) in arrays {
                    let _ = writeln!(text, "{name}: {:?}", array.shape);
                }
            }
            FileContent::Svg(picture) => text += &words(picture),
            FileContent::Png(bytes) => {
                let _ = writeln!(text, "a picture: {}", bytes.starts_with(b"\x89PNG"));
            }
        }
    }
    text
}

/// The words of a picture, and how many lines and bars it has.
fn words(picture: &str) -> String {
    assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    let parts = picture.split("<text").skip(1).filter_map(|part| part.split_once('>')?.1.split_once("</text>"));
    let words: Vec<&str> = parts.map(|(words, _)| words).collect();
    let count = |class: &str| picture.matches(&format!("class=\"{class}\"")).count();
    let (lines, bars) = (count("series"), count("bars"));
    let dots = picture.split("class=\"dots\"").nth(1).and_then(|part| part.split("/>").next());
    let dots = dots.map_or(0, |path| path.matches("h0").count());
    format!("{} ({lines} lines, {bars} bars, {dots} dots)\n", words.join(" | "))
}
