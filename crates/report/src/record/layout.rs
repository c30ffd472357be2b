//! How the JSON of a record is laid out: indented to a depth, compact below.
//!
//! Fully indented, a run's samples would fill tens of thousands of lines; all on one line, no
//! person could read the head of the file. So objects and lists open up to a fixed depth, and
//! each sample stands on a line of its own.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Depth below which everything stays on one line.
const DEPTH: usize = 2;

/// Serialises `value` with the layout described above and a newline at the end.
pub(super) fn to_json<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, LineFormatter::new()))?;
    out.push(b'\n');
    Ok(out)
}

struct LineFormatter {
    pretty: PrettyFormatter<'static>,
    depth: usize,
}

impl LineFormatter {
    fn new() -> Self {
        Self { pretty: PrettyFormatter::new(), depth: 0 }
    }

    fn open(&self) -> bool {
        self.depth <= DEPTH
    }
}

fn separator<W: ?Sized + Write>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}

impl Formatter for LineFormatter {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.open() { self.pretty.begin_array(writer) } else { writer.write_all(b"[") }
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let open = self.open();
        self.depth -= 1;
        if open { self.pretty.end_array(writer) } else { writer.write_all(b"]") }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.open() { self.pretty.begin_array_value(writer, first) } else { separator(writer, first) }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.open() { self.pretty.end_array_value(writer) } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        if self.open() { self.pretty.begin_object(writer) } else { writer.write_all(b"{") }
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let open = self.open();
        self.depth -= 1;
        if open { self.pretty.end_object(writer) } else { writer.write_all(b"}") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.open() { self.pretty.begin_object_key(writer, first) } else { separator(writer, first) }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.open() { self.pretty.end_object_value(writer) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_open_to_the_depth_and_stay_compact_below() {
        let value = serde_json::json!({"a": [{"b": 1, "c": [2, 3]}, {}], "d": []});
        let text = String::from_utf8(to_json(&value).unwrap()).unwrap();
        assert_eq!(text, "{\n  \"a\": [\n    {\"b\": 1, \"c\": [2, 3]},\n    {}\n  ],\n  \"d\": []\n}\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
