//! Whether two runs may be compared: what has to be the same, and what is only worth a remark.
//!
//! Machine facts are compared in the form in which the file holds them, so that this list names keys
//! of the file and does not depend on their types. A fact that either run lacks is no difference.

use serde_json::Value;

use super::model::Difference;
use crate::record::{Environment, RunRecord, WorkloadRecord};
use crate::stats::Summary;

/// Facts of the environment without which times are those of another machine.
const MACHINE: [&str; 13] = [
    "cpu_model",
    "cpus_online",
    "cpus_available",
    "affinity",
    "cgroup_cpus",
    "cgroup_quota",
    "cores",
    "caches",
    "numa_nodes",
    "host",
    "governor",
    "boost",
    "platform",
];

/// Facts that change times too, but may be what the comparison is about.
const BUILD: [&str; 7] =
    ["rustc", "opt_level", "target_features", "c_library", "kernel", "memory_bytes", "clock_source"];

/// Difference of two load averages that is worth a remark: half a CPU more was in demand.
const LOAD: f64 = 0.5;

/// The longest text of a fact, in characters, before it is cut.
const LONGEST: usize = 60;

/// Why the runs should not be compared; empty if they may.
#[must_use]
pub fn differences(a: &RunRecord, b: &RunRecord) -> Vec<Difference> {
    [of_batches(a, b), of_machines(a, b)].concat()
}

/// What makes times those of another machine.
#[must_use]
pub fn of_machines(a: &RunRecord, b: &RunRecord) -> Vec<Difference> {
    let mut found = Found::default();
    found.facts(&MACHINE, &facts(&a.environment), &facts(&b.environment));
    found.unless_same("hosts", &hosts(a), &hosts(b));
    found.0
}

/// What makes them those of another batch, or of another way to measure it.
#[must_use]
pub fn of_batches(a: &RunRecord, b: &RunRecord) -> Vec<Difference> {
    let mut found = Found::default();
    if a.tool.peer.is_some() || b.tool.peer.is_some() {
        found.unless_same("program", &a.tool.program(), &b.tool.program());
    }
    found.unless_same("design", &text(&a.design), &text(&b.design));
    found.unless_same("pool", a.plan.pool.name(), b.plan.pool.name());
    found.unless_same("CPUs of workers", &pinned(a), &pinned(b));
    found.unless_same("scale", &a.plan.scale, &b.plan.scale);
    found.unless_same("seed", &a.plan.seed.to_string(), &b.plan.seed.to_string());
    found.ways_of_passing_data(a, b);
    for workload in &a.plan.workloads {
        if let Some(other) = b.workload(&workload.name) {
            found.batch(workload, other, a.plan.seed == b.plan.seed);
        }
    }
    found.0
}

/// What else differs: the program, its build, and the system.
pub(super) fn remarks(a: &RunRecord, b: &RunRecord) -> Vec<Difference> {
    let mut found = Found::default();
    found.unless_same("speedup version", &a.tool.version, &b.tool.version);
    if let (Some(one), Some(other)) = (&a.tool.git_revision, &b.tool.git_revision) {
        found.unless_same("revision", one, other);
    }
    for workload in &a.plan.workloads {
        let command = |workload: &WorkloadRecord| Some(workload.command.as_ref()?.line());
        if let (Some(one), Some(other)) = (command(workload), b.workload(&workload.name).and_then(command)) {
            found.unless_same(&format!("command of {}", workload.name), &one, &other);
        }
    }
    found.facts(&BUILD, &facts(&a.environment), &facts(&b.environment));
    if let (Some(one), Some(other)) = (load(a), load(b))
        && (one - other).abs() > LOAD
    {
        found.unless_same("load average", &format!("{one:.1}"), &format!("{other:.1}"));
    }
    found.0
}

/// Mean load average before the counted samples.
fn load(record: &RunRecord) -> Option<f64> {
    let counted = record.samples.iter().filter(|sample| !sample.warmup);
    let loads: Vec<f64> = counted.filter_map(|sample| sample.machine.load).collect();
    Some(Summary::of(&loads)?.mean)
}

#[derive(Debug, Default)]
struct Found(Vec<Difference>);

impl Found {
    fn unless_same(&mut self, what: &str, a: &str, b: &str) {
        if a != b {
            let cut = |text: &str| match text.char_indices().nth(LONGEST) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text.to_string(),
            };
            self.0.push(Difference { what: what.to_string(), a: cut(a), b: cut(b) });
        }
    }

    /// Where both runs have a workload, but not with the same ways of passing data.
    fn ways_of_passing_data(&mut self, a: &RunRecord, b: &RunRecord) {
        let ways = |record: &RunRecord, name: &str| {
            let own = record.plan.workloads.iter().filter(|workload| workload.workload == name);
            own.map(|workload| workload.data.name()).collect::<Vec<_>>().join(", ")
        };
        let mut seen: Vec<&str> = Vec::new();
        for workload in &a.plan.workloads {
            let name = workload.workload.as_str();
            if !seen.contains(&name) && !ways(b, name).is_empty() {
                self.unless_same(&format!("data of {name}"), &ways(a, name), &ways(b, name));
                seen.push(name);
            }
        }
    }

    /// A batch is what computes it and how it gets its data, then sizes and passes, and then the results
    /// that came out, which do not depend on what computed them.
    fn batch(&mut self, a: &WorkloadRecord, b: &WorkloadRecord, same_seed: bool) {
        let name = &a.name;
        self.unless_same(&format!("kernel of {name}"), &a.kernel, &b.kernel);
        if let (Some(one), Some(other)) = (&a.backend, &b.backend) {
            self.unless_same(&format!("backend of {name}"), one, other);
        }
        let before = self.0.len();
        for parameter in
            a.parameters.keys().chain(b.parameters.keys().filter(|key| !a.parameters.contains_key(*key)))
        {
            let value =
                |record: &WorkloadRecord| record.parameters.get(parameter).cloned().unwrap_or_default();
            self.unless_same(&format!("{parameter} of {name}"), &value(a), &value(b));
        }
        self.unless_same(&format!("jobs of {name}"), &jobs(a), &jobs(b));
        self.unless_same(&format!("passes of {name}"), &a.passes.to_string(), &b.passes.to_string());
        self.unless_same(&format!("what {name} waits for"), waited_for(a), waited_for(b));
        // With other arrays or passes, other results are no news.
        if self.0.len() > before || !same_seed {
            return;
        }
        if let Some(job) = (0..a.sizes.len()).find(|&job| a.sizes[job] != b.sizes[job]) {
            self.unless_same(&format!("bytes of {name} job {job}"), &bytes(a, job), &bytes(b, job));
        } else if let Some(job) = a.digests.iter().zip(&b.digests).position(|(one, other)| one != other) {
            self.unless_same(&format!("result of {name} job {job}"), &a.digests[job], &b.digests[job]);
        }
    }

    fn facts(&mut self, keys: &[&str], a: &Value, b: &Value) {
        for key in keys {
            if let (Some(one), Some(other)) = (known(a, key), known(b, key)) {
                self.unless_same(&key.replace('_', " "), &text(one), &text(other));
            }
        }
    }
}

fn pinned(record: &RunRecord) -> String {
    let pin = record.plan.pin.as_ref();
    pin.map_or_else(
        || "chosen by the scheduler".to_string(),
        |pin| format!("{} ({})", pin.list(), pin.order_name()),
    )
}

/// The hosts that had workers, and how those were laid out.
fn hosts(record: &RunRecord) -> String {
    let Some(of) = &record.hosts else { return "none but this machine".to_string() };
    let most = of.workers_per_host.map(|most| format!(", {most} workers each")).unwrap_or_default();
    let machines: Vec<String> = of.hosts.iter().map(|host| host.environment.summary()).collect();
    format!("{} {}{most}: {}", of.hosts.len(), of.fill.name(), machines.join("; "))
}

fn waited_for(workload: &WorkloadRecord) -> &str {
    workload.waits.as_ref().map_or("nothing", |waits| &waits.on)
}

fn jobs(workload: &WorkloadRecord) -> String {
    workload.sizes.len().to_string()
}

fn bytes(workload: &WorkloadRecord, job: usize) -> String {
    workload.sizes[job].to_string()
}

fn facts(environment: &Environment) -> Value {
    serde_json::to_value(environment).unwrap_or_default()
}

/// A fact that is known: not null, and no reason in its place.
fn known<'a>(facts: &'a Value, key: &str) -> Option<&'a Value> {
    let fact = facts.get(key)?;
    match fact.as_object() {
        Some(object) if object.contains_key("missing") => None,
        Some(object) => Some(object.get("value").unwrap_or(fact)),
        None => (!fact.is_null()).then_some(fact),
    }
}

/// A value as people write it: texts without quotes.
fn text(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Data, PoolMode, book};

    fn named(a: &RunRecord, b: &RunRecord) -> Vec<String> {
        differences(a, b).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_difference_is_named_and_a_run_is_like_itself() {
        let a = book::record();
        assert_eq!(named(&a, &a), [""; 0]);
        let mut b = a.clone();
        b.plan.pool = PoolMode::Warm;
        b.plan.workloads[0].passes += 1;
        b.plan.workloads[1].sizes.push(7);
        let found = named(&a, &b);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "pool: cold, then warm");
        assert!(found[1].starts_with("passes of rc4: "), "{found:?}");
        assert!(found[2].starts_with("jobs of sha256: "), "{found:?}");
        assert!(remarks(&a, &b).is_empty());
        b.tool.version = "another".into();
        assert_eq!(remarks(&a, &b).len(), 1);
    }

    #[test]
    fn other_results_of_the_same_batch_are_another_batch() {
        let mut a = book::record();
        a.plan.workloads[0].sizes = vec![8, 9];
        a.plan.workloads[0].digests = vec!["one".into(), "two".into()];
        let mut b = a.clone();
        b.plan.workloads[0].digests[1] = "three".into();
        assert_eq!(named(&a, &b), ["result of rc4 job 1: two, then three"]);
        b.plan.workloads[0].sizes[0] = 10;
        assert_eq!(named(&a, &b), ["bytes of rc4 job 0: 8, then 10"]);
        b.plan.seed += 1;
        assert_eq!(named(&a, &b).len(), 1, "another seed says it all: {:?}", named(&a, &b));
    }

    #[test]
    fn another_kernel_or_another_way_of_passing_data_is_another_batch() {
        let a = book::record();
        let mut b = a.clone();
        b.plan.workloads[0].kernel = "tuned".into();
        assert_eq!(named(&a, &b), ["kernel of rc4: cpython, then tuned"]);
        b.plan.workloads[0].kernel.clone_from(&a.plan.workloads[0].kernel);
        b.plan.workloads[1].backend = Some("soft".into());
        assert_eq!(named(&a, &b), [""; 0], "one that is not known is no difference");
        let mut c = b.clone();
        c.plan.workloads[1].backend = Some("SHA-NI".into());
        assert_eq!(named(&b, &c), ["backend of sha256: soft, then SHA-NI"]);
        c = a.clone();
        let shared = &mut c.plan.workloads[0];
        (shared.name, shared.data) = ("rc4 shared".into(), Data::Shared);
        assert_eq!(named(&a, &c), ["data of rc4: generate, then shared"]);
        assert_eq!(named(&c, &a), ["data of rc4: shared, then generate"]);
    }

    #[test]
    fn the_machine_of_a_record_is_among_its_facts() {
        let facts = facts(&book::record().environment);
        for key in ["cpu_model", "cpus_available"] {
            assert!(known(&facts, key).is_some(), "{key}");
        }
    }

    #[test]
    fn facts_are_compared_where_both_know_them_in_whatever_form() {
        let facts: Value = serde_json::json!({
            "null": null, "plain": 2, "missing": {"missing": "no such file"}, "value": {"value": 3},
        });
        assert_eq!(known(&facts, "null"), None);
        assert_eq!(known(&facts, "missing"), None);
        assert_eq!(known(&facts, "absent"), None);
        assert_eq!(known(&facts, "plain"), Some(&Value::from(2)));
        assert_eq!(known(&facts, "value"), Some(&Value::from(3)));
        let mut found = Found::default();
        let other =
            serde_json::json!({"null": 1, "plain": 3, "missing": {"value": 1}, "value": {"value": "four"}});
        found.facts(&["null", "plain", "missing", "value", "absent"], &facts, &other);
        let found: Vec<String> = found.0.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["plain: 2, then 3", "value: 3, then four"]);
    }
}
