//! A table of executions: workers, seconds, and a label where there are several programs.

use std::path::Path;

use super::{Found, Series, seconds, workers};

/// Label of what has none.
const UNNAMED: &str = "program";

/// Reads the lines of a table. A first line that begins with no number names the columns.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Found, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(bytes);
    let (mut found, mut columns) = (Found::default(), Columns { workers: 0, seconds: 1, label: Some(2) });
    for (index, line) in reader.records().enumerate() {
        let line = line.map_err(|error| format!("{}: {error}", path.display()))?;
        let place = line.position().map_or(0, csv::Position::line);
        let wrong = |problem: String| format!("{}:{place}: {problem}", path.display());
        let field = |column: usize| line.get(column).unwrap_or_default();
        if index == 0 && field(0).parse::<f64>().is_err() {
            columns = Columns::named(&line).map_err(wrong)?;
            continue;
        }
        let number = |what: &str, column: usize| {
            field(column).parse::<f64>().map_err(|_| format!("{what} '{}' is no number", field(column)))
        };
        let count = number("workers", columns.workers).and_then(workers).map_err(wrong)?;
        let time = number("seconds", columns.seconds).and_then(seconds).map_err(wrong)?;
        let label = columns.label.map(field).filter(|label| !label.is_empty()).unwrap_or(UNNAMED);
        let series = if let Some(known) = found.series.iter().position(|series| series.label == label) {
            &mut found.series[known]
        } else {
            found.series.push(Series { label: label.to_string(), ..Series::default() });
            found.series.last_mut().expect("it was just put there")
        };
        series.times.entry(count).or_default().push(time);
    }
    if found.series.is_empty() {
        return Err(format!("{}: there are no lines of workers,seconds[,label]", path.display()));
    }
    Ok(found)
}

/// Where the figures stand in a line.
struct Columns {
    workers: usize,
    seconds: usize,
    label: Option<usize>,
}

impl Columns {
    fn named(head: &csv::StringRecord) -> Result<Self, String> {
        let find =
            |names: &[&str]| head.iter().position(|name| names.contains(&name.to_lowercase().as_str()));
        let needed = |names: &[&str]| find(names).ok_or_else(|| format!("there is no column '{}'", names[0]));
        Ok(Self {
            workers: needed(&["workers", "threads", "n", "processes", "cores"])?,
            seconds: needed(&["seconds", "time", "wall", "elapsed"])?,
            label: find(&["label", "name", "program"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Found, String> {
        read(Path::new("t.csv"), text.as_bytes())
    }

    #[test]
    fn lines_become_series_with_or_without_a_head() {
        let found = parse("# mine\n1, 2.5\n1,2.4\n2,1.3\n").unwrap();
        assert_eq!(found.series.len(), 1);
        assert_eq!(found.series[0].times[&1], [2.5, 2.4]);
        let found = parse("label,seconds,Threads\na,2,1\nb,1,2\na,1.5,2\n").unwrap();
        let labels: Vec<&str> = found.series.iter().map(|series| series.label.as_str()).collect();
        assert_eq!(labels, ["a", "b"]);
        assert_eq!(found.series[0].times[&2], [1.5]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(parse("1,2\n2,fast\n").unwrap_err(), "t.csv:2: seconds 'fast' is no number");
        assert_eq!(parse("1,2\n0,1\n").unwrap_err(), "t.csv:2: 0 is no number of workers from 1 to 4096");
        assert_eq!(parse("1,-2\n").unwrap_err(), "t.csv:1: -2 s is no possible time");
        assert_eq!(parse("a,b\n1,2\n").unwrap_err(), "t.csv:1: there is no column 'workers'");
        assert!(parse("").unwrap_err().contains("there are no lines"));
    }
}
