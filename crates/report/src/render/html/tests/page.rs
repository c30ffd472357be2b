//! The page as a file: what stands in it without a script.

use crate::analysis::Analysis;
use crate::record::book;
use crate::render::html::{self, sample};

/// The parts of the page between the tags that a reader without a script sees.
fn visible(page: &str) -> &str {
    let from = page.find("<body>").unwrap();
    &page[from..page.find("<script type=\"application/json\"").unwrap()]
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn everything_is_said_without_a_script() {
    let run = sample::analysis();
    let page = html::page(std::slice::from_ref(&run), &[]);
    let page = visible(&page);
    for expected in [
        "<strong>1.",
        "on 2 workers",
        "missing: ",
        "Karp–Flatt",
        "granularity",
        "3.95 to 4.00",
        "1.93 [1.91, 1.95]",
        "worker 2 was killed by signal 9",
        "noise floor",
        "a peak at 3.4 [3.1, 3.9] workers",
        "the law needs at least four",
        "Intel(R) Xeon(R)",
        "oversubscribed",
        "As in Table 17-1",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    // Two workloads, twelve cases each, of which one failed and one was not measured.
    assert_eq!(count(page, "<details class=\"account\""), 22);
    assert_eq!(count(page, "<li class=\"card\">"), 6);
    assert_eq!(count(page, "<ol class=\"twelve\">"), 1);
    let rules = page.split("<ol class=\"twelve\">").nth(1).unwrap();
    assert_eq!(count(rules.split("</ol>").next().unwrap(), "<li>"), 12);
}

#[test]
fn tables_are_tables() {
    let page = html::page(&[sample::analysis()], &[]);
    let page = visible(&page);
    assert_eq!(count(page, "<table"), count(page, "<caption>"));
    assert_eq!(count(page, "<table"), count(page, "</table>"));
    assert!(count(page, "scope=\"row\"") > 100 && !page.contains("<th>"));
    for table in page.split("<table").skip(1) {
        let head = count(table.split("</thead>").next().unwrap(), "<th scope=\"col\"");
        let body = table.split("<tbody>").nth(1).unwrap().split("</table>").next().unwrap();
        for row in body.split("<tr").skip(1) {
            assert_eq!(count(row, "<td") + count(row, "<th"), head, "{row}");
        }
    }
}

#[test]
fn nothing_comes_from_outside() {
    let page = html::page(&[sample::analysis(), Analysis::of(&book::record())], &[]);
    for forbidden in
        ["http:", "https:", "url(//", "@import", " src=", " style=\"", " onclick", "innerHTML", "eval("]
    {
        let allowed = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!allowed.contains(forbidden), "{forbidden}");
    }
    assert_eq!(count(&page, "default-src 'none'"), 1);
}

#[test]
fn harmful_names_stay_text() {
    let page = html::page(&[sample::hostile(), sample::hostile()], &[]);
    assert_eq!((count(&page, "<script"), count(&page, "</script")), (2, 2));
    assert_eq!((count(&page, "<!--"), count(&page, "<img"), count(&page, "\u{2028}")), (0, 0, 0));
    assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
    let json = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["runs"][1]["executors"][2]["executor"], sample::HOSTILE);
}

#[test]
fn pictures_are_for_readers_without_a_script() {
    let svg = "<?xml version=\"1.0\"?>\n<svg id=\"own\"></svg>".to_string();
    let page = html::page(&[sample::analysis(), sample::analysis()], &[("time", "Time & more".into(), svg)]);
    let quiet: String =
        page.split("<noscript>").skip(1).map(|rest| rest.split("</noscript>").next().unwrap()).collect();
    assert!(
        quiet.contains(
            "<figure class=\"static\"><svg id=\"own\"></svg><figcaption>Time &amp; more</figcaption>"
        )
    );
    assert_eq!((count(&page, "id=\"own\""), count(&page, "<?xml")), (1, 0));
}

#[test]
fn runs_with_little_in_them_have_a_page_too() {
    let mut empty = sample::analysis();
    (empty.workloads, empty.executors, empty.crossovers) = (Vec::new(), Vec::new(), Vec::new());
    for run in [Analysis::of(&book::record()), empty] {
        let page = html::page(&[run], &[]);
        assert!(visible(&page).contains("</article>"));
    }
    assert!(html::page(&[], &[]).ends_with("</html>\n"));
}
