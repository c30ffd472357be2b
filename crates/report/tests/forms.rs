//! Every form of a report over small saved records, as snapshots; one answer in all of them; a hostile record.

use std::path::Path;

use speedup_report::analysis::compare::compare;
use speedup_report::analysis::doctor::diagnose;
use speedup_report::analysis::{Analysis, Loss};
use speedup_report::record::checkup::Facts;
use speedup_report::record::{Known, RunRecord, book};
use speedup_report::render::confusion::{self, InjectedFault};
use speedup_report::render::prose::fitted;
use speedup_report::render::{Detail, FORMATS, Screen, chart, comparison, doctor, find_format};
use speedup_report::view::View;
use speedup_report::view::rules::answers;

/// `two-executors` on 2 CPUs, `waiting` for flags, `failed` after two rounds.
fn record(name: &str) -> RunRecord {
    RunRecord::read(&Path::new("tests/data").join(name).with_extension("json")).unwrap()
}

fn render(format: &str, runs: &[Analysis]) -> String {
    find_format(format).unwrap().render(runs)
}

/// The text of a page without its markup.
fn words(html: &str) -> String {
    let mut words = String::new();
    for part in html.split('<') {
        words.push(' ');
        words.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_run_in_every_form() {
    for (name, record) in ["two-executors", "waiting", "failed"]
        .map(|name| (name, record(name)))
        .into_iter()
        .chain([("book", book::record())])
    {
        let run = [Analysis::of(&record)];
        for format in ["table", "markdown", "csv"] {
            insta::assert_snapshot!(format!("{name}-{format}"), render(format, &run));
        }
        let rules: String = answers(&run[0])
            .iter()
            .map(|(rule, answer)| [*rule, "\n", answer.as_str(), "\n\n"].concat())
            .collect();
        insta::assert_snapshot!(format!("{name}-rules"), rules);
    }
    insta::assert_snapshot!("book-json", render("json", &[Analysis::of(&book::record())]));
}

/// Narrow, usual and wide screens, on which a short report has no line that is wider.
#[test]
fn a_short_report_fits_its_screen() {
    let mut record = record("two-executors");
    // As many rounds as make a measurement.
    let samples = record.samples.iter().filter(|sample| !sample.warmup).cloned();
    let more = samples.map(|mut sample| {
        sample.round += 4;
        sample
    });
    let more: Vec<_> = more.collect();
    record.samples.extend(more);
    let run = [Analysis::of(&record)];
    assert_eq!(run[0].anecdote(), None);
    for width in [60, 80, 120] {
        for detail in [Detail::Brief, Detail::Full] {
            let screen = Screen { width, styled: false, detail };
            let text = fitted(&find_format("table").unwrap().render_on(&run, screen), width);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= width, "{widest} on {width}:\n{text}");
            if detail == Detail::Brief {
                insta::assert_snapshot!(format!("screen-{width}"), text);
            }
        }
    }
    let styled = Screen { styled: true, detail: Detail::Brief, ..Screen::PLAIN };
    insta::assert_snapshot!("screen-styled", find_format("table").unwrap().render_on(&run, styled));
}

#[test]
fn runs_of_one_batch_side_by_side() {
    let mut other = record("two-executors");
    other.name = "other".to_string();
    other.plan.workloads[0].kernel = "other".to_string();
    let runs = [record("two-executors"), other].map(|record| Analysis::of(&record));
    insta::assert_snapshot!("engines-table", speedup_report::render::table::engines(&runs));
}

#[test]
fn two_runs_against_each_other() {
    let (a, mut b) = (record("two-executors"), record("two-executors"));
    let slow = b.plan.cases.iter().position(|case| case.to_string() == "rc4 threads/2").unwrap();
    for sample in b.samples.iter_mut().filter(|sample| sample.case == slow) {
        sample.wall_ns = sample.wall_ns * 3 / 2;
    }
    let compared = compare(&a, &b, 0.05);
    for (name, render) in comparison::FORMATS.iter().filter(|(name, _)| *name != "json") {
        insta::assert_snapshot!(format!("comparison-{name}"), render(&compared, Screen::PLAIN));
    }
}

#[test]
fn a_machine_and_a_self_test_in_words() {
    let facts = Facts { environment: record("two-executors").environment, ..Facts::default() };
    insta::assert_snapshot!("doctor", doctor::text(&facts, &diagnose(&facts)));
    let line = |fault, expected, found| InjectedFault {
        fault,
        executor: "threads/2".to_string(),
        expected,
        found,
        attribution: None,
    };
    let lines = [line("sleep in a task", Loss::Blocking, true), line("slow start", Loss::Spawn, false)];
    insta::assert_snapshot!("self-test", confusion::text(&lines, 1));
}

/// Four CPUs allow more workers than are as fast as it gets: a run that once gave two answers.
#[test]
fn every_form_gives_the_same_answer() {
    let mut record = record("two-executors");
    record.environment.cpus_available = Known::Value(4);
    let run = [Analysis::of(&record)];
    let view = View::of(&run[0]);
    let [table, markdown, html] = ["table", "markdown", "html"].map(|format| render(format, &run));
    let page = words(&html);
    for (executor, workers) in [("threads", 4), ("processes", 2)] {
        let answer = view.workloads[0].answer(executor).unwrap();
        let case = answer.case.as_ref().unwrap();
        assert_eq!(case.workers, workers);
        let sentence = answer.sentence("RC4").unwrap();
        assert!(sentence.starts_with(&format!("RC4 {executor}: {}", case.verdict.achieved())), "{sentence}");
        let head = format!("{executor}/{workers}");
        for (form, text) in [("table", &table), ("markdown", &markdown)] {
            assert!(text.lines().any(|line| line == sentence), "{form}: {sentence} is missing in\n{text}");
            let losses = text.lines().find(|line| line.contains("into")).unwrap();
            assert!(losses.contains(&head), "{form}: {losses}");
        }
        assert!(page.contains(&format!("{executor} {}", case.verdict.achieved())), "{page}");
    }
}

const HOSTILE: &str =
    "=\u{1b}[2J\u{9b}\r\n<script>alert(1)</script>|[x](javascript:alert(2)) \u{202e}\u{2066}\u{2028}";

/// Written into a file, for a record is hostile only as somebody else's.
fn hostile(name: &str) -> RunRecord {
    let record = record(name);
    let text = String::from_utf8(record.to_json()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["name"] = HOSTILE.into();
    value["tool"]["peer"] = HOSTILE.into();
    for case in value["plan"]["cases"].as_array_mut().unwrap() {
        if case["executor"] != "serial" {
            case["executor"] = format!("{HOSTILE}{}", case["executor"]).into();
        }
        case["workload"] = HOSTILE.into();
    }
    let workload = &mut value["plan"]["workloads"][0];
    for field in ["name", "label", "workload", "kernel", "backend"] {
        workload[field] = HOSTILE.into();
    }
    if !workload["waits"].is_null() {
        workload["waits"] = serde_json::json!({ "jobs": HOSTILE, "for": HOSTILE });
    }
    for field in ["ceilings", "failures"] {
        for item in value.get_mut(field).and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            item[if field == "ceilings" { "workload" } else { "message" }] = HOSTILE.into();
        }
    }
    for (name, field) in value["environment"].as_object_mut().unwrap() {
        // The quota is one of some words, not a text.
        if field["value"].is_string() && name != "cgroup_quota" {
            field["value"] = HOSTILE.into();
        }
        if !field["missing"].is_null() {
            field["missing"] = HOSTILE.into();
        }
    }
    RunRecord::from_json(&serde_json::to_vec(&value).unwrap(), Path::new("hostile")).unwrap()
}

#[test]
fn a_hostile_record_does_no_harm_in_any_form() {
    for name in ["two-executors", "waiting", "failed"] {
        let record = hostile(name);
        let runs = [Analysis::of(&record)];
        let compared = compare(&record, &record, 0.05);
        let forms = FORMATS.iter().map(|format| (format.name(), format.render(&runs)));
        let comparisons =
            comparison::FORMATS.iter().map(|(name, render)| (*name, render(&compared, Screen::PLAIN)));
        let charts = chart::svgs(&runs[0]).unwrap().into_iter().map(|(_, svg)| ("svg", svg));
        for (form, text) in forms.chain(comparisons).chain(charts) {
            let control = |character: char| character.is_control() && character != '\n';
            let turns = |character| matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let found = text.chars().find(|&character| control(character) || turns(character));
            assert_eq!(found, None, "{name} as {form}");
            match form {
                "markdown" => markdown(&text),
                "csv" => csv(&text),
                "html" | "svg" => assert!(!text.contains("<script>alert"), "{name} as {form}"),
                "json" | "trace" => assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok()),
                _ => {}
            }
        }
    }
}

/// No tag, no link, and as many columns in every line of a table.
fn markdown(text: &str) {
    assert!(!text.contains("<script") && !text.contains("](javascript"), "{text}");
    let columns = |line: &str| line.replace(r"\|", "").matches('|').count();
    for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
        assert!(table.lines().all(|line| columns(line) == columns(table.lines().next().unwrap())), "{table}");
    }
}

/// No cell that a spreadsheet takes for a formula.
fn csv(text: &str) {
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        for cell in &record.unwrap() {
            let formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
            assert!(!formula, "{cell}");
        }
    }
}
