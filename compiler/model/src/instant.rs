//! The order of an instant, the one place that says it. Grid and exact execution order what they do by it, and the check of causality asks it
//! what reaches what in zero time.
//!
//! At an instant every handler that is triggered runs once, each sees states as those before it left them, and all that meets in a port is added
//! before anyone sees it, in an order such that
//!
//! (a) a handler comes after all that sends to its port;
//! (b) in a node come impulses, then `on <event>`, then `on <condition>`, where they touch (read or assign) a state that one of them assigns;
//! (c) of two alike that so touch one state, the earlier in the text comes first.
//!
//! Rule (a) is the wires' business: who sends comes before the delivery, and the delivery before who hears. Rules (b) and (c) are [`order`]. If
//! the two make a circle there is no such order (E0501). There are no microsteps: nothing runs twice, however many wires a spike came through.

use std::collections::BTreeSet;

/// What is done at an instant, in the order of rule (b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// The jumps that the events of a port make.
    Impulse,
    /// `on <event>`, and handlers of clocks.
    Event,
    /// `on <condition>`
    Condition,
}

/// Something that a node does at an instant.
pub trait Deed {
    /// How states are named.
    type State: Ord;
    /// What comes first: the [`Sort`], then the text. Whoever imitates a simulator may rank otherwise.
    type Rank: Ord;

    /// Where it stands.
    fn rank(&self) -> Self::Rank;
    /// What it reads.
    fn reads(&self) -> &BTreeSet<Self::State>;
    /// What it assigns; a state that it holds counts.
    fn assigns(&self) -> &BTreeSet<Self::State>;
}

/// Whether one of two assigns what the other touches, so that rules (b) and (c) order them.
pub fn meet<D: Deed>(first: &D, second: &D) -> bool {
    let touches = |assigns: &BTreeSet<D::State>, other: &D| {
        assigns.iter().any(|state| other.reads().contains(state) || other.assigns().contains(state))
    };
    touches(first.assigns(), second) || touches(second.assigns(), first)
}

/// Rules (b) and (c): the pairs of a node's deeds, by their places in the list, of which the first comes before the second.
pub fn order<D: Deed>(deeds: &[D]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (index, first) in deeds.iter().enumerate() {
        for (other, second) in deeds.iter().enumerate().skip(index + 1) {
            if meet(first, second) {
                // Of equal rank, the earlier in the list.
                pairs.push(if second.rank() < first.rank() { (other, index) } else { (index, other) });
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Done(Sort, usize, BTreeSet<u8>, BTreeSet<u8>);

    impl Deed for Done {
        type State = u8;
        type Rank = (Sort, usize);

        fn rank(&self) -> (Sort, usize) {
            (self.0, self.1)
        }

        fn reads(&self) -> &BTreeSet<u8> {
            &self.2
        }

        fn assigns(&self) -> &BTreeSet<u8> {
            &self.3
        }
    }

    fn deed(sort: Sort, text: usize, reads: &[u8], assigns: &[u8]) -> Done {
        Done(sort, text, reads.iter().copied().collect(), assigns.iter().copied().collect())
    }

    #[test]
    fn conditions_see_events_and_events_see_impulses() {
        let deeds =
            [deed(Sort::Condition, 0, &[1], &[1]), deed(Sort::Event, 1, &[], &[1]), deed(Sort::Impulse, 2, &[1], &[1])];
        assert_eq!(order(&deeds), [(1, 0), (2, 0), (2, 1)]);
    }

    #[test]
    fn the_text_orders_two_alike_and_nothing_those_that_do_not_meet() {
        let deeds =
            [deed(Sort::Event, 0, &[2], &[1]), deed(Sort::Event, 1, &[1], &[3]), deed(Sort::Event, 2, &[2], &[4])];
        assert_eq!(order(&deeds), [(0, 1)]);
    }
}
