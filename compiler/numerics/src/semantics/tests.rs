//! The record's text: what is read, what is refused and how, and that nothing is lost on the way.

use super::{Axis, Compare, Method, RecBias, Reset, Semantics, SemanticsError, Spikes, Update};
use neuro_program::Number;

fn refused(text: &str) -> SemanticsError {
    Semantics::parse(text).expect_err("this is no record")
}

#[test]
fn a_preset_and_changes() {
    let record = Semantics::parse("norse, reset=subtract ,number=f64").expect("is a record");
    assert_eq!((record.name, record.update, record.reset), ("norse", Update::Norse, Reset::Subtract));
    assert_eq!((record.number, record.rec_bias), (Number::F64, RecBias::Delayed));
    assert_eq!(record.describe(), "norse,reset=subtract,number=f64");
    assert_eq!(record.changes(), [Axis::Reset, Axis::Number]);
}

#[test]
fn signs_and_other_spellings() {
    let record = Semantics::parse("standard,cmp=>=,scale=dt/tau,num=i64,method=auto").expect("is a record");
    assert_eq!((record.cmp, record.number, record.method), (Compare::GreaterEqual, Number::I64, None));
}

#[test]
fn ideal_is_continuous() {
    let record = Semantics::preset("ideal").expect("is a preset");
    assert_eq!(
        (record.update, record.method, record.spikes),
        (Update::Equations, Some(Method::Exact), Spikes::ExactRoot)
    );
}

#[test]
fn a_later_change_wins() {
    let record = Semantics::parse("snntorch,reset=subtract,reset=value").expect("is a record");
    assert_eq!(record, Semantics::preset("snntorch").expect("is a preset"));
}

#[test]
fn what_is_wrong_is_said() {
    let said = |text: &str| {
        let error = refused(text);
        format!("{}: {error}; {}", error.code().id, error.help())
    };
    assert_eq!(said("nrose"), "E0820: there is no semantics `nrose`; did you mean `norse`?");
    assert_eq!(said("norse,rest=value"), "E0820: a semantics has no axis `rest`; did you mean `reset`?");
    assert_eq!(
        said("norse,reset=substract"),
        "E0820: `reset` (what a spike does to the membrane) cannot be `substract`; did you mean `subtract`?"
    );
    assert_eq!(
        said("standard,spikes=somewhere"),
        "E0820: `spikes` (where within a step a condition becomes true) cannot be `somewhere`; \
         there are `grid`, `interpolate`, `exact_root`"
    );
    assert_eq!(
        said("norse,reset"),
        "E0820: `reset` is no change of an axis: `axis=value` is missing its `=`; say its value: `reset=model|value|subtract|multi`"
    );
    assert_eq!(
        said("norse,method=exact"),
        "E0821: norse has no `method = exact`: its form of the update fixes how states are carried over a step; \
         leave `method` out, or start from `standard`, which has every choice, instead of `norse`"
    );
    assert_eq!(
        said("rockpool,reset=value"),
        "E0821: rockpool has no `reset = value`: its form of the update fixes what a spike does to the membrane; \
         `reset` may be `multi`, `subtract` here"
    );
    assert!(said("").starts_with("E0820: there is no semantics ``; there are `standard`, `ideal`"), "{}", said(""));
}

#[test]
fn a_refused_change_leaves_the_record() {
    let mut record = Semantics::preset("sinabs").expect("is a preset");
    let before = record.clone();
    assert!(record.set("recurrence", "step").is_ok(), "what a preset has may be said again");
    assert!(record.set("cmp", "greater").is_err());
    assert!(record.set("cmp", "sometimes").is_err());
    assert_eq!(record, before);
}

#[test]
fn the_vocabulary_is_closed() {
    for axis in Axis::ALL {
        assert_eq!(Axis::from_name(axis.name()), Some(*axis));
        let standard = Semantics::default();
        for value in axis.values() {
            let mut record = standard.clone();
            record.set(axis.name(), value).expect("every listed value is read");
            assert_eq!(record.get(*axis), *value);
        }
    }
    for (name, _) in Semantics::presets() {
        let preset = Semantics::preset(name).expect("every listed preset is read");
        assert_eq!(preset.describe(), name);
        assert_eq!(preset.verify(), Ok(()));
        for axis in Axis::ALL {
            assert!(axis.values().contains(&preset.get(*axis)));
        }
    }
}

/// Law: what a record is described by, is read as that record. Every preset with every two changes.
#[test]
fn descriptions_are_read_back() {
    let changes: Vec<_> =
        Axis::ALL.iter().flat_map(|axis| axis.values().iter().map(move |value| (axis.name(), *value))).collect();
    for (preset, _) in Semantics::presets() {
        for first in &changes {
            for second in &changes {
                let mut record = Semantics::preset(preset).expect("is a preset");
                for (axis, value) in [first, second] {
                    // A refused change is no change.
                    let _refused = record.set(axis, value);
                }
                assert_eq!(Semantics::parse(&record.describe()), Ok(record));
            }
        }
    }
}
