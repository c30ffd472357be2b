//! `speedup demo`: what the demonstrations print.

use crate::support::{run, stderr, stdout};

/// The lines that a demonstration prints.
fn lines(arguments: &[&str]) -> Vec<String> {
    let output = run(&[&["demo"], arguments].concat());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    stdout(&output).lines().map(String::from).collect()
}

/// The lines of `demo map` without their times, which have the form `[HH:MM:SS] `.
fn map(arguments: &[&str]) -> Vec<String> {
    let without_time = |line: String| {
        let (time, rest) = line.split_once("] ").unwrap();
        let digits: Vec<&str> = time.strip_prefix('[').unwrap().split(':').collect();
        assert!(digits.len() == 3 && digits.iter().all(|part| part.len() == 2 && part.parse::<u8>().is_ok()));
        rest.to_string()
    };
    lines(&[&["map"], arguments].concat()).into_iter().map(without_time).collect()
}

fn position(lines: &[String], line: &str) -> usize {
    lines.iter().position(|other| other == line).unwrap_or_else(|| panic!("no \"{line}\" in {lines:#?}"))
}

#[test]
fn map_gives_results_in_the_order_of_the_calls() {
    let lines = map(&["--unit", "30ms"]);
    assert_eq!(lines.len(), 3 + 5 * 3, "{lines:#?}");
    assert_eq!(lines[0], "Script starting.");
    // The workers print in between.
    let results = lines.iter().position(|line| line.starts_with("results: <Map at 0x")).unwrap();
    assert!(lines[results].ends_with(", 0 given, 5 submitted>"), "{}", lines[results]);
    assert!(results < position(&lines, "Waiting for individual results:"));
    let seconds = ["0", "0.03", "0.06", "0.09", "0.12"];
    for (n, seconds) in seconds.iter().enumerate() {
        let tabs = "\t".repeat(n);
        let begin = position(&lines, &format!("{tabs}loiter({n}): doing nothing for {seconds}s..."));
        let end = position(&lines, &format!("{tabs}loiter({n}): done."));
        assert!(begin < end && end < position(&lines, &format!("result {n}: {}", n * 10)));
    }
    // Three workers: the fourth task waits for the first to be done.
    let fourth = position(&lines, "\t\t\tloiter(3): doing nothing for 0.09s...");
    assert!(position(&lines, "loiter(0): done.") < fourth);
}

#[test]
fn map_in_reverse_shows_the_first_result_holding_up_the_others() {
    let lines = map(&["--unit", "40ms", "--tasks", "3", "--reverse"]);
    let first = position(&lines, "result 0: 20");
    assert!(position(&lines, "loiter(0): done.") < first && position(&lines, "\tloiter(1): done.") < first);
    assert_eq!(lines[lines.len() - 3..], ["result 0: 20", "result 1: 10", "result 2: 0"]);
}

#[test]
fn futures_are_shown_running_pending_and_finished() {
    for executor in ["threads", "processes", "rayon"] {
        let lines = lines(&["futures", "--executor", executor]);
        assert_eq!(lines.len(), 12, "{lines:#?}");
        let states = ["running", "running", "running", "pending", "pending"];
        let codes = ["BR", "CN", "ID", "IN", "US"];
        let scheduled: Vec<(&str, &str)> =
            lines[..5].iter().map(|line| line.split_once(": <Future at 0x").unwrap()).collect();
        for (((before, after), cc), state) in scheduled.iter().zip(codes).zip(states) {
            assert_eq!(*before, format!("Scheduled for {cc}"));
            assert!(after.ends_with(&format!(" state={state}>")), "{lines:#?}");
        }
        // Each result names the future that was scheduled for it; the codes that the workers print
        // may stand before it, or be ahead on the line above.
        for cc in codes {
            let result = format!(" state=finished returned Result<Flag, String>> result: '{cc}'");
            let line = lines[5..10].iter().find(|line| line.ends_with(&result)).unwrap();
            let (_, future) = line.split_once("<Future at 0x").unwrap();
            let address = future.strip_suffix(&result).unwrap();
            let (_, after) = scheduled[codes.iter().position(|other| *other == cc).unwrap()];
            assert!(after.starts_with(&format!("{address} ")), "{lines:#?}");
        }
        let (count, from) = lines[11].split_once(" flags downloaded in ").unwrap();
        let (bytes, server) =
            from.split_once("s: ").unwrap().1.split_once(" bytes from http://127.").unwrap();
        let codes = codes.map(|cc| speedup_flags::codes::CountryCode::new(cc.as_bytes().try_into().unwrap()));
        let whole = codes.map(|cc| speedup_flags::assets::gif(cc.unwrap()).unwrap().len());
        assert_eq!((count, bytes.parse()), ("5", Ok(whole.iter().sum::<usize>())), "{lines:#?}");
        assert!(server.contains(':'), "{lines:#?}");
    }
}

#[test]
fn a_crash_ends_threads_breaks_one_pool_and_costs_the_other_a_task() {
    let lines = lines(&["crash"]);
    assert_eq!(lines[0], "6 tasks for 2 workers; task 2 aborts.");
    let part = |title: &str| {
        let start = position(&lines, title) + 1;
        lines[start..].iter().take_while(|line| !line.is_empty()).map(String::as_str).collect::<Vec<_>>()
    };
    let died = "was killed by signal 6 (SIGABRT)";
    let threads = part("A pool of threads:");
    let last = format!("the whole program {died}: 4 of 6 results are lost");
    assert_eq!(threads, ["task 0: 0", "task 1: 1", &last]);

    let breaking = part("A pool of processes that breaks:");
    assert_eq!((breaking.len(), &breaking[..2]), (7, &["task 0: 0", "task 1: 1"][..]));
    assert!(breaking[2..].iter().all(|line| line.ends_with(&format!("{died}; the pool is broken"))));

    let replacing = part("A pool of processes that replaces the worker:");
    assert!(replacing[2].ends_with(&format!("{died}; another takes its place")), "{replacing:#?}");
    let others: Vec<&str> = replacing.iter().filter(|line| !line.starts_with("task 2")).copied().collect();
    let expected = ["task 0: 0", "task 1: 1", "task 3: 9", "task 4: 16", "task 5: 25", "one more task: 100"];
    assert_eq!(others, expected);
}

#[test]
fn a_policy_shows_its_pool_alone() {
    for (policy, title) in [("break", "that breaks:"), ("replace", "that replaces the worker:")] {
        let lines = lines(&["crash", "--on-crash", policy]);
        let titles: Vec<_> = lines.iter().filter(|line| line.ends_with(':')).collect();
        assert!(titles.len() == 1 && titles[0].ends_with(title), "{titles:?}");
    }
}

#[test]
fn wrong_arguments_are_one_line_and_exit_2() {
    for (arguments, expected) in [
        (&["map", "--workers", "0"][..], "--workers '0': must be a whole number from 1 to 1024"),
        (&["map", "--unit", "soon"], "--unit 'soon': must be a time from 0s to 1h"),
        (&["mop"], "'mop': there is no such command; did you mean 'map'? See 'speedup demo --help'"),
        (&["map", "--tasks", "-1"], "'-1'"),
        (
            &["futures", "--executor", "serial"],
            "there is no pool serial; there are threads, processes, rayon",
        ),
        (&["crash", "--on-crash", "ignore"], "there is no policy ignore; there are break, replace"),
    ] {
        let output = run(&[&["demo"], arguments].concat());
        let message = stderr(&output);
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
