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
    browser.open(&html::page(&[sample::analysis()]));
    charts_are_drawn(&mut browser);
    choices_change_what_is_shown(&mut browser);
    the_keyboard_is_enough(&mut browser);
    looks(&mut browser);
    quiet(&browser);
    printing(&mut browser);
    quiet(&browser);
    others(&mut browser);
    without_a_script(&mut browser);
}

fn charts_are_drawn(browser: &mut Browser) {
    for chart in ["time", "speedup", "stack", "timeline", "drift", "efficiency", "usl"] {
        let marks = found(browser, &format!(".part > .figures [data-chart={chart}] .mark[aria-label]"));
        assert!(marks >= 3, "{chart}: {marks}");
    }
    // Each chart is one stop of the tab key, and what its marks say is said by the tip alone.
    assert_eq!(found(browser, ".picture > .chart"), found(browser, ".picture .mark[tabindex='0']"));
    assert_eq!(found(browser, ".mark > title"), 0);
}

/// How many elements a selector finds that are shown.
fn shown(browser: &mut Browser, selector: &str) -> u64 {
    let expression = format!(
        "[...document.querySelectorAll({selector:?})].filter((it) => it.closest('.off') === null).length"
    );
    browser.value(&expression).as_u64().unwrap()
}

fn choices_change_what_is_shown(browser: &mut Browser) {
    let choose = |name: &str| {
        format!(
            "[...document.querySelectorAll('.choice')].find((choice) => choice.textContent === {name:?}).querySelector('input').click()"
        )
    };
    assert_eq!(shown(browser, ".account"), 22);
    let stacked = shown(browser, "[data-chart=stack] .mark");
    browser.value(&choose("4"));
    assert!(shown(browser, "[data-chart=stack] .mark") < stacked);
    assert_eq!((shown(browser, ".account"), shown(browser, "details.more")), (17, 3));
    browser.value(&choose("threads"));
    assert_eq!(shown(browser, ".account"), 11);
    assert_eq!(shown(browser, ".part > .figures [data-chart=timeline] [data-executor]"), 4);
    browser.value(&choose("SHA"));
    assert_eq!((shown(browser, ".account"), shown(browser, ".card")), (6, 2));
    assert_eq!(shown(browser, ".part > .figures [data-chart=timeline] [data-executor]"), 2);
    // The first mark that is shown is where the tab key stops.
    assert_eq!(found(browser, ".off .mark[tabindex='0']"), 0);
    for name in ["SHA", "threads", "4"] {
        browser.value(&choose(name));
    }
    assert_eq!((shown(browser, ".account"), shown(browser, "[data-chart=stack] .mark")), (22, stacked));
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
    assert!(first.starts_with("threads, 1 worker, mean time "), "{first}");
    assert_eq!(browser.value("document.getElementById('tip').hidden"), false);
    browser.press("ArrowRight");
    assert!(focused(browser).starts_with("threads, 2 workers, mean time "));
    browser.press("End");
    let last = focused(browser);
    assert!(last.starts_with("rayon, 4 workers (more than CPUs), mean time "), "{last}");
    assert_eq!(
        browser.value("document.querySelector('#tip strong').textContent"),
        "rayon, 4 workers (more than CPUs)"
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
        // Text and its ground differ, whatever the colours are.
        let colours = browser.value(
            "['text', 'rect'].map((name) => getComputedStyle(document.querySelector(`.picture > .chart ${name}`)).fill)",
        );
        assert_ne!(colours[0], colours[1]);
        assert_eq!(colours[1] == "rgb(255, 255, 255)", scheme == "light", "{name}: {colours}");
    }
    browser.look(1280, "light");
}

fn printing(browser: &mut Browser) {
    browser.keep("print");
    let pages = browser.pages();
    assert!((2..=10).contains(&pages), "{pages} pages");
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
        browser.open(&html::page(&runs));
        quiet(browser);
        browser.keep(name);
        assert_eq!(found(browser, "article.run"), runs.len() as u64);
        assert_eq!(found(browser, "img"), 0);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= 1280, "{name}: {wide}");
    }
}

fn without_a_script(browser: &mut Browser) {
    browser.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    browser.open(&html::page(&[sample::analysis()]));
    browser.keep("quiet");
    assert_eq!((found(browser, "html.js"), found(browser, ".mark > title") > 100), (0, true));
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
