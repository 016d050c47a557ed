//! Where the parts of a node stand in its text, for messages that point at a term.

use crate::{Act, Expr};
use neuro_diagnostics::Place;
use std::collections::HashSet;

/// Where expressions and acts of a node stand. Expressions are found again by their form, so that nothing else has to carry a place along.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Places {
    expressions: Vec<(Expr, Place)>,
    /// Places of which the expression is noted.
    noted: HashSet<Place>,
    acts: Vec<(Act, Place)>,
}

impl Places {
    /// Notes where an expression stands. Of a text that is read several times (the body of a loop) the first reading is kept.
    pub fn expression(&mut self, expr: &Expr, place: Place) {
        let told = matches!(expr, Expr::Number(_) | Expr::Parameter(_));
        if !told && self.noted.insert(place) {
            self.expressions.push((expr.clone(), place));
        }
    }

    /// Notes where an act stands.
    pub fn act(&mut self, act: &Act, place: Place) {
        self.acts.push((act.clone(), place));
    }

    /// Where an act stands within a handler; the last, if it is said twice.
    pub fn of_act(&self, act: &Act, handler: Option<Place>) -> Option<Place> {
        let around = handler?;
        let found = self.acts.iter().rev().find(|(known, place)| known == act && within(*place, around));
        Some(found.map_or(around, |(_, place)| *place))
    }

    /// The smallest part for which something holds: within `whole`, or in what the item of `whole` says outside of acts if `whole` only
    /// mentions it (a `let`); `whole`, if there is none.
    pub fn smallest(&self, whole: Option<Place>, mut holds: impl FnMut(&Expr) -> bool) -> Option<Place> {
        let around = whole?;
        let of_item = |place: &Place| place.file == around.file && place.item == around.item;
        let in_act = |place: &Place| self.acts.iter().any(|(_, act)| within(*place, *act));
        let mut parts: Vec<&(Expr, Place)> = self.expressions.iter().filter(|(_, place)| of_item(place)).collect();
        parts.sort_by_key(|(_, place)| place.span.end - place.span.start);
        let found = parts.iter().find(|(expr, place)| within(*place, around) && holds(expr));
        let mentioned = found.is_none_or(|(expr, _)| matches!(expr, Expr::Let(_)));
        let elsewhere = |place: &Place| !within(*place, around) && !in_act(place);
        let mut said = || parts.iter().find(|(expr, place)| elsewhere(place) && holds(expr));
        let found = if mentioned { said().or(found) } else { found };
        found.map_or(whole, |(_, place)| Some(*place))
    }
}

fn within(place: Place, around: Place) -> bool {
    place.file == around.file
        && place.item == around.item
        && around.span.start <= place.span.start
        && place.span.end <= around.span.end
}
