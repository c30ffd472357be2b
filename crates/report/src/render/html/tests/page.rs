//! The page as a file: what stands in it without a script.

use crate::analysis::{Analysis, Cell};
use crate::record::book;
use crate::render::html::{self, sample};

/// The parts of the page between the tags that a reader without a script sees.
fn visible(page: &str) -> &str {
    let from = page.find("<body>").unwrap();
    &page[from..page.find("<script>").unwrap()]
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn everything_is_said_without_a_script() {
    let run = sample::analysis();
    let page = html::page(std::slice::from_ref(&run));
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
    assert_eq!(count(page, "<li class=\"card\""), 6);
    assert_eq!(count(page, "<ol class=\"twelve\">"), 1);
    let rules = page.split("<ol class=\"twelve\">").nth(1).unwrap();
    assert_eq!(count(rules.split("</ol>").next().unwrap(), "<li>"), 12);
}

#[test]
fn charts_stand_in_the_page_and_so_do_their_figures() {
    let page = html::page(&[sample::analysis()]);
    let page = visible(&page);
    for chart in ["time", "speedup", "stack", "timeline", "efficiency", "drift", "usl"] {
        let figure = page.split(&format!("<figure class=\"picture\" data-chart=\"{chart}\">")).nth(1);
        let figure = figure.unwrap_or_else(|| panic!("no {chart}")).split("</figure>").next().unwrap();
        assert!(count(figure, "<title>") >= 3, "{chart}");
    }
    for expected in [
        "rayon, 3 workers (more than CPUs)\nspeedup ",
        "hardware ceiling, 1 worker\nspeedup ",
        "\npinned threads without any queue",
        "\ngranularity bound 3.95 to 4.00",
        "\nslower tasks ",
        "\nclock ",
        "worker 0\njob 0\n",
        "\nserial baseline in this round ",
        "\nissue width 3.9",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    // The cases that do not stand for their executors can be opened.
    assert_eq!(count(page, "<details class=\"more\""), 4);
    assert!(page.contains("<summary>Timeline and rounds with 4 workers</summary>"));
}

#[test]
fn tables_are_tables() {
    let page = html::page(&[sample::analysis()]);
    let page = visible(&page);
    assert_eq!(count(page, "<table"), count(page, "<caption>"));
    assert_eq!(count(page, "<table"), count(page, "</table>"));
    assert!(count(page, "scope=\"row\"") > 100 && !page.contains("<th>"));
    for table in page.split("<table").skip(1) {
        let head = count(table.split("</thead>").next().unwrap(), "scope=\"col\"");
        let body = table.split("<tbody>").nth(1).unwrap().split("</table>").next().unwrap();
        for row in body.split("<tr").skip(1) {
            assert_eq!(count(row, "<td") + count(row, "<th"), head, "{row}");
        }
    }
}

#[test]
fn nothing_comes_from_outside() {
    let page = html::page(&[sample::analysis(), Analysis::of(&book::record())]);
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
    let page = html::page(&[sample::hostile(), sample::hostile()]);
    assert_eq!((count(&page, "<script"), count(&page, "</script")), (1, 1));
    assert_eq!((count(&page, "<!--"), count(&page, "<img"), count(&page, "\u{2028}")), (0, 0, 0));
    assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
    assert!(
        !page.contains(['\u{202e}', '\u{2066}']) && page.contains("&lt;/script&gt;&lt;script&gt;alert(1)")
    );
    assert!(!page.contains("data-executor=\"</script>") && page.contains("data-executor=\"&lt;/script&gt;"));
}

#[test]
fn ids_are_unique() {
    let page = html::page(&[sample::analysis(), sample::analysis()]);
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    for id in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(&id), "{id}");
    }
}

#[test]
fn runs_with_little_in_them_have_a_page_too() {
    let mut empty = sample::analysis();
    (empty.workloads, empty.executors, empty.crossovers) = (Vec::new(), Vec::new(), Vec::new());
    let page = html::page(&[empty]);
    assert!(visible(&page).contains("</article>") && !visible(&page).contains("<figure"));
    let page = html::page(&[Analysis::of(&book::record())]);
    assert!(!visible(&page).contains("95 % intervals.") && count(visible(&page), "<figure") == 2);
    assert!(html::page(&[]).ends_with("</html>"));
}

/// Long names and many workloads: what a large or hostile record may have.
#[test]
fn large_records_have_a_page() {
    let mut run = sample::analysis();
    let (column, row) = (run.workloads[0].clone(), run.executors[0].rows[1].cells[0].clone());
    run.workloads = (0..1000)
        .map(|index| {
            let name = format!("w{index}");
            crate::analysis::WorkloadColumn { name: name.clone(), label: name, ..column.clone() }
        })
        .collect();
    for table in &mut run.executors {
        let law = table.scaling[1].clone();
        table.scaling = vec![law; 1000];
        table.rows.truncate(2);
        table.rows.iter_mut().for_each(|it| it.cells = vec![row.clone(); 1000]);
    }
    run.executors[0].executor = "endless ".repeat(2_000);
    run.workloads[0].label = "endless".repeat(2_000);
    assert!(matches!(row, Cell::Measured(_)));
    let page = html::page(&[run]);
    assert!(page.len() < 40_000_000, "{}", page.len());
    assert!(page.contains("Not drawn, for want of room: 988 workloads."));
    assert!(page.contains("The first 400 of 6000 cases"));
}
