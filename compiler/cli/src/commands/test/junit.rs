//! The report that build servers read: JUnit's XML, a suite a file, as Jenkins' schema of it says.

use super::tally::{Case, Verdict};

/// Everything that was tested, in its order; a program that could not be checked is an error of a case called `check`.
pub(super) fn junit(cases: &[Case]) -> String {
    let suites: String = cases.chunk_by(|left, right| left.file == right.file).map(suite).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"neuro\" {}>\n{suites}</testsuites>\n",
        counts(cases)
    )
}

fn suite(cases: &[Case]) -> String {
    let name = cases.first().map_or("", |case| &case.file);
    let lines: String = cases.iter().map(case).collect();
    format!("  <testsuite name=\"{}\" {}>\n{lines}  </testsuite>\n", escaped(name), counts(cases))
}

fn counts(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| matches!(case.verdict, Verdict::Failed(_))).count();
    let errors = cases.iter().filter(|case| matches!(case.verdict, Verdict::Broken(_) | Verdict::Interrupted)).count();
    let seconds: f64 = cases.iter().map(|case| case.seconds).sum();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\"", cases.len())
}

fn case(Case { name, file, seconds, verdict }: &Case) -> String {
    let (tag, why) = match verdict {
        Verdict::Passed => ("", ""),
        Verdict::Failed(why) => ("failure", why.as_str()),
        Verdict::Broken(why) => ("error", why.as_str()),
        Verdict::Interrupted => ("error", "interrupted"),
    };
    let (name, file) = (escaped(name), escaped(file));
    let head = format!("    <testcase classname=\"{file}\" name=\"{name}\" time=\"{seconds:.3}\"");
    if tag.is_empty() {
        return format!("{head}/>\n");
    }
    let message = escaped(why.lines().next().unwrap_or(""));
    format!("{head}>\n      <{tag} message=\"{message}\">{}</{tag}>\n    </testcase>\n", escaped(why))
}

/// Text inside of XML 1.0, between tags and between quotes. Characters that XML cannot hold are shown as the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader would make blanks of them between quotes, and a line break of the last anywhere.
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            plain => out.push(plain),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tally::{Case, Verdict};
    use super::junit;
    use roxmltree::{Document, Node};

    fn case(file: &str, name: &str, verdict: Verdict) -> Case {
        Case { name: name.to_owned(), file: file.to_owned(), seconds: 0.25, verdict }
    }

    fn number(node: &Node<'_, '_>, name: &str) -> usize {
        node.attribute(name).and_then(|text| text.parse().ok()).expect("a number")
    }

    /// What build servers ask of the file: which elements stand in which, and that counts are right.
    fn holds_to_the_schema(root: Node<'_, '_>) {
        assert!(root.has_tag_name("testsuites"));
        let elements = |node: Node<'_, '_>, tag: &'static str| {
            node.descendants().filter(move |inner| inner.has_tag_name(tag)).count()
        };
        for group in root.descendants().filter(|node| node.has_tag_name("testsuite") || *node == root) {
            assert!(group.attribute("name").is_some());
            assert!(group.attribute("time").is_some_and(|time| time.parse::<f64>().is_ok()));
            for (count, tag) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
                assert_eq!(number(&group, count), elements(group, tag), "{count}");
            }
        }
        for suite in root.children().filter(Node::is_element) {
            assert!(suite.has_tag_name("testsuite"));
            for case in suite.children().filter(Node::is_element) {
                assert!(case.has_tag_name("testcase") && case.attribute("classname") == suite.attribute("name"));
                let inner: Vec<_> = case.children().filter(Node::is_element).collect();
                assert!(inner.len() <= 1 && inner.iter().all(|inner| inner.attribute("message").is_some()));
            }
        }
    }

    #[test]
    fn a_report_is_xml_that_gives_every_text_back() {
        let odd = "a < b && \"c\" > 'd'\n\tnext ]]> µ line";
        let cases = [
            case("a.neuro", odd, Verdict::Passed),
            case("a.neuro", "second", Verdict::Failed(odd.to_owned())),
            case("b&c.neuro", "check", Verdict::Broken("two\nlines".to_owned())),
            case("b&c.neuro", "bell \u{7}\u{ffff}", Verdict::Interrupted),
        ];
        let text = junit(&cases);
        let document = Document::parse(&text).expect("XML");
        holds_to_the_schema(document.root_element());
        let found: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        assert_eq!(found[0].attribute("name"), Some(odd));
        assert_eq!(
            found[1].descendants().find(|node| node.has_tag_name("failure")).and_then(|node| node.text()),
            Some(odd)
        );
        assert_eq!(found[2].attribute("classname"), Some("b&c.neuro"));
        assert_eq!(found[3].attribute("name"), Some("bell \u{fffd}\u{fffd}"));
    }

    #[test]
    fn a_report_of_nothing_is_a_report() {
        let text = junit(&[]);
        holds_to_the_schema(Document::parse(&text).expect("XML").root_element());
    }
}
