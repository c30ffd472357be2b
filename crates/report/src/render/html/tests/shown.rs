//! The page as a browser shows it. Skipped, with a word, where there is no Chromium.

use serde_json::json;

use super::browser::{self, Browser};
use crate::analysis::{Analysis, Cell, Loss, Row};
use crate::record::book;
use crate::render::html::{self, sample};

/// How many elements a selector finds.
fn found(browser: &mut Browser, selector: &str) -> u64 {
    browser.value(&format!("document.querySelectorAll({selector:?}).length")).as_u64().unwrap()
}

fn focused(browser: &mut Browser) -> String {
    let expression =
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent";
    browser.value(expression).as_str().unwrap().to_string()
}

fn quiet(browser: &Browser) {
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_browser_shows_the_page() {
    let Some(program) = browser::find() else {
        println!("skipped: there is no Chromium here");
        return;
    };
    let mut browser = Browser::start(&program);
    browser.look(1280, "light");
    browser.open(&html::page(&[sample::analysis()], &[]));
    charts_are_drawn(&mut browser);
    choices_change_what_is_drawn(&mut browser);
    the_keyboard_is_enough(&mut browser);
    looks(&mut browser);
    quiet(&browser);
    printing(&mut browser);
    quiet(&browser);
    others(&mut browser);
    without_a_script(&mut browser);
}

fn charts_are_drawn(browser: &mut Browser) {
    let charts = ["speedup", "stack", "timeline", "rounds", "efficiency", "karp-flatt", "law"];
    for chart in charts {
        let marks = found(browser, &format!("[data-chart={chart}] svg.plot .mark[aria-label]"));
        assert!(marks >= 3, "{chart}: {marks}");
    }
    // Executors with two workers: three lanes of two; each chart is one stop of the tab key.
    assert_eq!(found(browser, "[data-chart=timeline] svg.plot"), 3);
    assert_eq!(found(browser, "svg.plot:not([role=group]) .mark"), 0);
    assert_eq!(found(browser, "svg.plot[role=group]"), found(browser, "svg.plot .mark[tabindex='0']"));
    assert_eq!(found(browser, ".account:not([hidden])"), 3);
    let broken = "document.querySelectorAll('svg.plot [d*=NaN], svg.plot [x*=NaN], svg.plot [y*=NaN], svg.plot [height*=NaN], svg.plot [width*=NaN]').length";
    assert_eq!(browser.value(broken), 0);
}

fn choices_change_what_is_drawn(browser: &mut Browser) {
    let choose = |name: &str| {
        format!(
            "[...document.querySelectorAll('.choice')].find((choice) => choice.textContent === {name:?}).querySelector('input').click()"
        )
    };
    browser.value(&choose("4"));
    // RC4 with rayon and four workers was not measured.
    assert_eq!(found(browser, "[data-chart=timeline] svg.plot"), 2);
    browser.value(&choose("threads"));
    assert_eq!(found(browser, "[data-chart=timeline] svg.plot"), 1);
    browser.value(&choose("SHA"));
    assert_eq!(found(browser, "[data-chart=law] .refusal"), 2);
    assert_eq!(found(browser, "[data-chart=law] svg.plot:not(.plot-key)"), 0);
    browser.value(&choose("all"));
    assert_eq!(found(browser, "[data-chart=speedup] svg[role=group]"), 2);
    for name in ["RC4", "threads", "2"] {
        browser.value(&choose(name));
    }
    assert_eq!(found(browser, "[data-chart=timeline] svg.plot"), 3);
}

fn the_keyboard_is_enough(browser: &mut Browser) {
    browser.value("document.activeElement.blur()");
    browser.press("Tab");
    assert_eq!(focused(browser), "Skip to the report");
    browser.press("Tab");
    browser.press("Enter");
    assert_eq!(focused(browser), "Theme: light");
    assert_eq!(browser.value("getComputedStyle(document.documentElement).colorScheme"), "light");
    // On to the first mark of the first chart, and from there with the arrows.
    for _ in 0..40 {
        browser.press("Tab");
        if browser.value("document.activeElement.matches('.mark')") == true {
            break;
        }
    }
    let first = focused(browser);
    assert!(first.starts_with("Ceiling of the hardware, 1 worker"), "{first}");
    assert_eq!(browser.value("document.getElementById('tip').hidden"), false);
    browser.press("ArrowRight");
    assert!(focused(browser).starts_with("Ceiling of the hardware, 2 workers"));
    browser.press("End");
    assert!(
        focused(browser).starts_with("rayon, 3 workers (more than CPUs), speedup "),
        "{}",
        focused(browser)
    );
    assert_eq!(
        browser.value("document.querySelector('#tip strong').textContent"),
        "rayon, 3 workers (more than CPUs)"
    );
    browser.keep("tip");
    browser.press("Escape");
    assert_eq!(browser.value("document.getElementById('tip').hidden"), true);
    // Sorting by the speedup, there and back.
    let column = "[...document.querySelector('table.sortable').tBodies[0].rows].map((row) => Number(row.cells[4].dataset.key ?? -1))";
    browser.value("document.querySelectorAll('table.sortable .sort')[4].focus()");
    for (key, sorted) in [("Enter", "ascending"), (" ", "descending")] {
        browser.press(key);
        let state = "document.querySelectorAll('table.sortable th')[4].getAttribute('aria-sort')";
        assert_eq!(browser.value(state), sorted);
        let values: Vec<f64> = serde_json::from_value(browser.value(column)).unwrap();
        let known: Vec<f64> = values.iter().copied().take_while(|value| *value >= 0.0).collect();
        // The baseline has no speedup, and one case no figures at all: those come last.
        assert_eq!((known.len(), values.len()), (11, 13));
        assert!(known.is_sorted_by(|a, b| if sorted == "ascending" { a <= b } else { a >= b }));
    }
}

fn looks(browser: &mut Browser) {
    browser.value("delete document.documentElement.dataset.theme");
    for (name, width, scheme) in
        [("light", 1280, "light"), ("dark", 1280, "dark"), ("middle", 800, "light"), ("narrow", 360, "light")]
    {
        browser.look(width, scheme);
        browser.keep(name);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{name}: {wide}");
        let spills = browser.value(
            "[...document.querySelectorAll('svg.plot text')].filter((text) => { const own = text.getBoundingClientRect(); const plot = text.closest('svg').getBoundingClientRect(); return own.left < plot.left - 1 || own.right > plot.right + 1; }).map((text) => text.textContent)",
        );
        assert_eq!(spills, serde_json::json!([]), "{name}");
    }
    browser.look(1280, "light");
}

fn printing(browser: &mut Browser) {
    browser.keep("print");
    browser.value("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(found(browser, "[data-chart=speedup] svg[role=group]"), 2);
    assert_eq!(found(browser, "details:not([open])"), 0);
    browser.value("dispatchEvent(new Event('afterprint'))");
    assert_eq!(found(browser, "[data-chart=speedup] svg[role=group]"), 1);
    assert_eq!(found(browser, ".account[open]"), 3);
}

/// Runs that have little, much or something harmful in them.
fn others(browser: &mut Browser) {
    let mut empty = sample::analysis();
    (empty.workloads, empty.executors) = (Vec::new(), Vec::new());
    let book = || Analysis::of(&book::record());
    for (name, runs) in [
        ("hostile", vec![sample::hostile()]),
        ("several", vec![sample::analysis(), book(), empty.clone()]),
        ("book", vec![book()]),
        ("empty", vec![empty]),
        ("many", vec![many()]),
    ] {
        browser.open(&html::page(&runs, &[]));
        quiet(browser);
        browser.value("const select = document.querySelector('select'); if (select) { select.selectedIndex = 23; select.dispatchEvent(new Event('change')); }");
        browser.keep(name);
        assert_eq!(found(browser, "article.run"), runs.len() as u64);
        assert_eq!(found(browser, "img"), 0);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= 1280, "{name}: {wide}");
        let lanes = if name == "many" { 3 * 24 * 2 } else { 0 };
        assert!(found(browser, "[data-chart=timeline] .mark") >= lanes, "{name}");
    }
}

fn without_a_script(browser: &mut Browser) {
    browser.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    let svg = "<svg width=\"300\" height=\"80\"><text y=\"40\">a chart</text></svg>".to_string();
    browser.open(&html::page(&[sample::analysis()], &[("time", "Time".into(), svg)]));
    browser.keep("quiet");
    assert_eq!((found(browser, "html.js"), found(browser, ".static svg")), (0, 1));
    let shown =
        "[...document.querySelectorAll('.js-only')].filter((it) => it.getClientRects().length > 0).length";
    assert_eq!(browser.value(shown), 0);
    assert_eq!(found(browser, "details.account:not([hidden])"), 22);
    quiet(browser);
}

/// More numbers of workers than there is room for buttons.
fn many() -> Analysis {
    let mut run = sample::analysis();
    let row = |workers: usize| {
        let rows = [(Loss::Spawn, workers as f64 - (workers as f64).sqrt())];
        let mut estimate = sample::estimate(workers, (workers as f64).sqrt(), 2.0);
        estimate.account = Some(sample::account(workers, &rows, 1.0));
        let cell = Cell::Measured(Box::new(estimate));
        Row { workers, oversubscribed: workers > 16, cells: vec![cell.clone(), cell] }
    };
    for table in &mut run.executors {
        table.rows = (1..=24).map(row).collect();
    }
    run
}
