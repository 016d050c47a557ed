//! The book as mdBook reads it: every chapter stands in its summary, once, and every link leads to a chapter and a heading of it.

use super::{chapters, folder};
use std::collections::BTreeSet;

/// The lines of a chapter that are no code.
fn prose(chapter: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    chapter.lines().filter(move |line| {
        let is_mark = line.trim_start().starts_with("```");
        in_code ^= is_mark;
        !in_code && !is_mark
    })
}

/// The places that a text links to, `time.md`, `time.md#rules`, without those of other sites.
fn links(chapter: &str) -> Vec<String> {
    // Of a line the parts between two backquotes are code.
    let text = prose(chapter).map(|line| line.split('`').step_by(2).collect::<String>());
    let target = |part: &str| part.split(')').next().unwrap_or_default().to_owned();
    let targets = text.flat_map(|line| line.split("](").skip(1).map(target).collect::<Vec<_>>());
    targets.filter(|target| !target.starts_with("http")).collect()
}

/// The anchors of a chapter, made of its headings as mdBook makes them.
fn anchors(chapter: &str) -> BTreeSet<String> {
    let headings = prose(chapter).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}

#[test]
fn every_chapter_is_in_the_summary() {
    let summary = std::fs::read_to_string(folder().join("SUMMARY.md")).expect("the summary");
    let mut listed = links(&summary);
    listed.sort();
    let mut files: Vec<String> = chapters()
        .into_iter()
        .map(|(path, _)| path.file_name().expect("a name").to_string_lossy().into_owned())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    files.sort();
    assert_eq!(listed, files);
    for (path, text) in chapters().into_iter().filter(|(path, _)| !path.ends_with("SUMMARY.md")) {
        assert_eq!(prose(&text).filter(|line| line.starts_with("# ")).count(), 1, "{}: one title", path.display());
    }
}

#[test]
fn every_link_leads_somewhere() {
    let chapters = chapters();
    let mut failures = String::new();
    let mut count = 0;
    for (path, text) in &chapters {
        for link in links(text) {
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { folder().join(file) };
            let there = chapters.iter().find(|(path, _)| *path == target).map(|(_, text)| anchors(text));
            let leads = there.is_some_and(|anchors| anchor.is_empty() || anchors.contains(anchor));
            if !leads {
                failures += &format!("{}: {link}\n", path.display());
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 40, "only {count} links");
}
