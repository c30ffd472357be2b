//! The task types that this program has registered.
//!
//! A task travels as its type's number in the table, so that parent and worker mean the same type and not
//! just the same name.

use std::any::{TypeId, type_name};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;
use super::task::{Task, TaskEntry};

static TABLE: OnceLock<Table> = OnceLock::new();

/// Whether other tasks have been registered later, which does not count.
static LATER: AtomicBool = AtomicBool::new(false);

struct Table {
    entries: &'static [TaskEntry],
    /// The same by type, with their numbers.
    by_type: Vec<(TypeId, u32)>,
    /// Why they cannot be told from each other.
    fault: Option<String>,
}

/// A registered task type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Registered {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
}

impl Table {
    fn new(entries: &'static [TaskEntry]) -> Self {
        let mut by_type: Vec<_> =
            (0..).zip(entries).map(|(number, entry)| ((entry.type_id)(), number)).collect();
        // A type may stand there twice, where tables are put together.
        by_type.sort_unstable();
        by_type.dedup_by_key(|(id, _)| *id);
        let mut by_name: Vec<&TaskEntry> =
            by_type.iter().map(|(_, number)| &entries[*number as usize]).collect();
        by_name.sort_by_key(|entry| (entry.name, (entry.type_name)()));
        let twice =
            by_name.windows(2).find(|pair| pair[0].name == pair[1].name && !of_one_generic(pair[0], pair[1]));
        let fault = twice.map(|pair| {
            let [one, other] = [pair[0], pair[1]].map(|entry| (entry.type_name)());
            format!("two tasks have the NAME \"{}\": {one} and {other}; give each its own", pair[0].name)
        });
        Self { entries, by_type, fault }
    }

    fn find<T: Task>(&self) -> Option<Registered> {
        let this = TypeId::of::<T>();
        let at = self.by_type.binary_search_by_key(&this, |(id, _)| *id).ok()?;
        Some(Registered { number: self.by_type[at].1, name: T::NAME })
    }

    /// Why a type is not registered.
    fn missing<T: Task>(&self) -> String {
        let namesake = self.entries.iter().find(|entry| entry.name == T::NAME);
        match namesake {
            Some(other) => format!(
                "{} was not registered with worker::init, but another type with the same NAME was: {}",
                type_name::<T>(),
                (other.type_name)()
            ),
            None if LATER.load(Ordering::Relaxed) => {
                "it was not registered with the first call of worker::init, and later calls do not count"
                    .to_string()
            }
            None => "it was not registered with worker::init".to_string(),
        }
    }
}

/// Whether two types are one generic type with different parameters, which cannot but have the same name.
fn of_one_generic(one: &TaskEntry, other: &TaskEntry) -> bool {
    let generic = |entry: &TaskEntry| (entry.type_name)().split_once('<').map(|(generic, _)| generic);
    generic(one).is_some_and(|name| generic(other) == Some(name))
}

/// Registers the task types of this program; the first call counts.
pub(crate) fn register(entries: &'static [TaskEntry]) {
    let table = TABLE.get_or_init(|| Table::new(entries));
    if !std::ptr::eq(table.entries, entries) {
        LATER.store(true, Ordering::Relaxed);
    }
}

/// Whether tasks have been registered.
pub(crate) fn is_registered() -> bool {
    TABLE.get().is_some()
}

/// Checks that what has been registered can be told from each other.
pub(crate) fn check() -> Result<(), String> {
    TABLE.get().and_then(|table| table.fault.clone()).map_or(Ok(()), Err)
}

/// What has been registered, in the order of the numbers.
pub(crate) fn entries() -> &'static [TaskEntry] {
    TABLE.get().map(|table| table.entries).unwrap_or_default()
}

/// The number of a task type.
///
/// # Errors
///
/// [`Error::Transfer`] if it is not registered, or another type under its name.
pub(crate) fn registered<T: Task>() -> Result<Registered, Error> {
    let table = TABLE.get();
    table.and_then(Table::find::<T>).ok_or_else(|| Error::Transfer {
        task: T::NAME.to_string(),
        reason: table.map_or_else(|| "worker::init was not called".to_string(), Table::missing::<T>),
    })
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;

    /// A task of each name, which all do nothing.
    macro_rules! tasks {
        ($($module:ident: $name:literal;)*) => {$(
            mod $module {
                use serde::{Deserialize, Serialize};

                #[derive(Serialize, Deserialize)]
                pub(super) struct Resize;

                impl crate::Task for Resize {
                    const NAME: &'static str = $name;
                    type Output = ();

                    fn run(self) {}
                }
            }
        )*};
    }

    tasks! {
        a: "resize";
        b: "resize";
        c: "crop";
    }

    fn table(entries: &[TaskEntry]) -> Table {
        Table::new(entries.to_vec().leak())
    }

    #[test]
    fn two_types_of_one_name_are_told() {
        let [a, b, c] =
            [TaskEntry::of::<a::Resize>(), TaskEntry::of::<b::Resize>(), TaskEntry::of::<c::Resize>()];
        let module = module_path!();
        let fault = format!(
            "two tasks have the NAME \"resize\": {module}::a::Resize and {module}::b::Resize; give each its own"
        );
        assert_eq!(table(&[a, c, b]).fault, Some(fault));
        assert_eq!(table(&[a, c]).fault, None);
        assert_eq!(table(&[a, c, a]).fault, None);
    }

    #[test]
    fn one_generic_type_may_be_registered_with_several_parameters() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Twice<T>(T);

        impl<T: Serialize + DeserializeOwned + Send + 'static> Task for Twice<T> {
            const NAME: &'static str = "twice";
            type Output = ();

            fn run(self) {}
        }

        let [u32, u64] = [TaskEntry::of::<Twice<u32>>(), TaskEntry::of::<Twice<u64>>()];
        let table = table(&[u32, u64]);
        assert_eq!(table.fault, None);
        assert_eq!(table.find::<Twice<u64>>(), Some(Registered { number: 1, name: "twice" }));
    }

    #[test]
    fn a_type_is_found_and_no_other_of_its_name() {
        let table = table(&[TaskEntry::of::<c::Resize>(), TaskEntry::of::<a::Resize>()]);
        assert_eq!(table.find::<a::Resize>(), Some(Registered { number: 1, name: "resize" }));
        assert_eq!(table.find::<c::Resize>(), Some(Registered { number: 0, name: "crop" }));
        assert_eq!(table.find::<b::Resize>(), None);
        let reason = table.missing::<b::Resize>();
        assert!(reason.contains("::b::Resize was not registered"), "{reason}");
        assert!(reason.ends_with("::a::Resize"), "{reason}");
    }
}
