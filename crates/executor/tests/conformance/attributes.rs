//! Values whose types use serde's attributes: the same result in a process as in a thread, or an error.
//!
//! The encoding itself is tried with every attribute where it stands; here it is on its whole way.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use speedup_executor::{Error, Executor, MapOptions, Task};

use crate::suite::{Behaviour, On, Subject};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a variant is itself though one before it is left out", On::Every, variants),
    behaviour("a field is itself though one before it is left out", On::Every, fields),
    behaviour("values of any shape, there and back", On::Every, any_shape),
    behaviour("what serde guesses right arrives, in a chunk too", On::Every, right_guesses),
    behaviour("what serde guesses wrong is an error", PROCESSES, wrong_guesses),
    behaviour("what one half of a type loses is an error, as argument and as result", PROCESSES, halves),
];

const PROCESSES: On = On::Processes("nothing is encoded for a thread");

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "attributes", name, on, test }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    Add(u32),
    #[serde(skip)]
    #[allow(dead_code)]
    Hidden,
    Sub(u32),
    Mul(u32),
}

crate::task!(Calc(u32, Op) -> u32, |task| match task.1 {
    Op::Add(number) => task.0 + number,
    Op::Hidden => 0,
    Op::Sub(number) => task.0 - number,
    Op::Mul(number) => task.0 * number,
});
crate::task!(MakeOp(u32) -> Op, |task| match task.0 {
    0 => Op::Hidden,
    number => Op::Sub(number),
});

fn variants(subject: Subject) {
    let executor = subject.start(1);
    assert_eq!(executor.submit(Calc(12, Op::Sub(3))).unwrap().result(None), Ok(9));
    assert_eq!(executor.submit(MakeOp(3)).unwrap().result(None), Ok(Op::Sub(3)));
    if subject.name() == "processes" {
        let error = executor.submit(MakeOp(0)).unwrap().result(None).unwrap_err().to_string();
        assert!(error.ends_with("the enum variant Op::Hidden cannot be serialized"), "{error}");
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chunk {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    offset: u32,
    data: Vec<u8>,
}

crate::task!(Sum(Chunk) -> u32, |task| {
    let Chunk { limit, offset, data } = task.0;
    limit.unwrap_or(0) * 1000 + offset * 100 + data.into_iter().map(u32::from).sum::<u32>()
});

fn fields(subject: Subject) {
    let executor = subject.start(1);
    let chunks = [(None, vec![1, 9]), (None, vec![1, 200, 3]), (Some(2), vec![])];
    let tasks = chunks.map(|(limit, data)| Sum(Chunk { limit, offset: 0, data }));
    assert_eq!(executor.map(tasks).collect::<Vec<_>>(), [Ok(10), Ok(204), Ok(2000)]);
}

crate::task!(EchoJson(Value) -> Value, |task| task.0);

fn any_shape(subject: Subject) {
    let executor = subject.start(1);
    let value = json!({"list": [null, true, -1, u64::MAX, 0.5, "text", {}], "map": {"a": {"b": []}}});
    assert_eq!(executor.submit(EchoJson(value.clone())).unwrap().result(None), Ok(value));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flat {
    id: u32,
    shape: Shape,
    #[serde(flatten)]
    #[allow(clippy::option_option)] // serde has it
    rest: HashMap<String, Option<Option<u8>>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "lowercase")]
pub(crate) enum Shape {
    Dot,
    Circle { radius: f32 },
}

crate::task!(EchoFlat(BTreeMap<Place, Flat>) -> BTreeMap<Place, Flat>, |task| task.0);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place(i128, char);

fn right_guesses(subject: Subject) {
    let executor = subject.start(1);
    let rest: HashMap<_, _> = ('a'..='j')
        .zip([None, Some(None), Some(Some(3))].into_iter().cycle())
        .map(|(k, v)| (k.into(), v))
        .collect();
    let flats =
        [Shape::Dot, Shape::Circle { radius: 0.1 }].map(|shape| Flat { id: 7, shape, rest: rest.clone() });
    let map: BTreeMap<_, _> =
        flats.into_iter().zip('x'..).map(|(flat, c)| (Place(i128::MIN, c), flat)).collect();
    let tasks = [(); 3].map(|()| EchoFlat(map.clone()));
    let results = executor.map_with(tasks, MapOptions::new().chunksize(3));
    assert!(results.map(Result::unwrap).all(|echo| echo == map));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Guess {
    Small(u8),
    Big(u64),
}

crate::task!(EchoGuess(Guess) -> Guess, |task| task.0);

fn wrong_guesses(subject: Subject) {
    let executor = subject.start(1);
    for right in [Guess::Small(5), Guess::Big(500)] {
        assert_eq!(executor.submit(EchoGuess(right.clone())).unwrap().result(None), Ok(right));
    }
    let error = executor.submit(EchoGuess(Guess::Big(5))).unwrap().result(None).unwrap_err();
    assert_transfer(&error, "its argument cannot be decoded: it does not come back as it went");
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Halves {
    #[serde(skip_deserializing)]
    lost: u8,
}

crate::task!(EchoHalves(Halves) -> u8, |task| task.0.lost);
crate::task!(MakeHalves() -> Halves, |_| Halves { lost: 5 });

fn halves(subject: Subject) {
    let executor = subject.start(1);
    let unread = "\"lost\" is written by the type's Serialize and not read by its Deserialize";
    let error = executor.submit(EchoHalves(Halves { lost: 5 })).unwrap().result(None).unwrap_err();
    assert_transfer(&error, &format!("its argument cannot be decoded: {unread}"));
    let error = executor.submit(MakeHalves()).unwrap().take(None).unwrap_err();
    assert_transfer(&error, &format!("its result cannot be decoded: {unread}"));
}

fn assert_transfer(error: &Error, reason: &str) {
    assert!(matches!(error, Error::Transfer { .. }), "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}
