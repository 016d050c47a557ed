//! Causality: what reaches what in zero time, and loops of it (Lucid Synchrone, Zélus: a signature a node, checked modularly).
//!
//! Each node gets a signature, how its in-ports reach its out-ports; the graph of a body holds the signatures of the instances
//! in it. A program is causal if all these graphs are acyclic.

mod bodies;
mod build;
mod graph;
mod instances;

use crate::check::Checker;
use crate::typed::{Feedthrough, TypedItem};
use build::Builder;
use graph::{Edge, Spot, Vertex};
pub use neuro_diagnostics::codes::{E0501, E0502};
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::TokenKind;

code!(E0503, "a recurrent delay may be zero");

/// The signature of a node, and the loops of a node or task.
pub(crate) fn judge(checker: &Checker<'_>, typed: &TypedItem) -> (Feedthrough, Vec<Diagnostic>) {
    let mut builder = Builder::new(checker);
    let feedthrough = match typed {
        TypedItem::Node(node) => {
            builder.node(node);
            builder.feedthrough(node)
        }
        TypedItem::Task(task) => {
            builder.task(&task.body);
            Feedthrough::default()
        }
        TypedItem::Use | TypedItem::Const(_) | TypedItem::Function(_) | TypedItem::Error => Feedthrough::default(),
    };
    let certain = builder.graph.cycles(false);
    let mut diagnostics: Vec<Diagnostic> = certain.iter().map(|cycle| report(checker, &builder, cycle)).collect();
    if certain.is_empty() {
        let doubtful = builder.graph.cycles(true);
        diagnostics.extend(doubtful.iter().filter_map(|cycle| report_doubtful(checker, &builder, cycle)));
    }
    (feedthrough, diagnostics)
}

/// What a place is called.
fn name(checker: &Checker<'_>, builder: &Builder<'_, '_>, vertex: &Vertex) -> String {
    match vertex {
        Vertex::Own(local) => checker.local(crate::typed::LocalId(*local)).name.to_string(),
        Vertex::Port(instance, port) => format!("{}.{port}", instance.name),
        Vertex::Handler(number) => {
            let source = builder.handler_places.get(*number).map_or("", |place| checker.source(place.span));
            source.split('{').next().unwrap_or_default().trim().to_owned()
        }
        Vertex::Box(..) => "box".to_owned(),
    }
}

fn path(checker: &Checker<'_>, builder: &Builder<'_, '_>, cycle: &[(Spot, Edge)]) -> String {
    let mut names: Vec<String> = cycle.iter().map(|((vertex, _), _)| name(checker, builder, vertex)).collect();
    names.extend(names.first().cloned());
    names.dedup();
    names.join(" ⇝ ")
}

/// The wires of a cycle in the order of the text.
fn wires(cycle: &[(Spot, Edge)]) -> Vec<Place> {
    let mut wires: Vec<Place> = cycle.iter().filter_map(|(_, edge)| edge.wire).collect();
    wires.sort();
    wires.dedup();
    wires
}

fn report(checker: &Checker<'_>, builder: &Builder<'_, '_>, cycle: &[(Spot, Edge)]) -> Diagnostic {
    let wires = wires(cycle);
    let happens = |vertex: &Vertex| match vertex {
        Vertex::Handler(_) | Vertex::Box(..) => true,
        Vertex::Own(local) => checker.local(crate::typed::LocalId(*local)).ty.happens(),
        Vertex::Port(..) => false,
    };
    let boxed =
        cycle.iter().any(|((vertex, mode), _)| matches!(vertex, Vertex::Box(..)) || *mode == graph::Mode::Boxed);
    let port_happens =
        |vertex: &Vertex| matches!(vertex, Vertex::Port(instance, port) if builder.happens(instance, port));
    let spikes = cycle.iter().any(|((vertex, _), _)| happens(vertex) || port_happens(vertex));
    let place = wires
        .last()
        .copied()
        .or_else(|| handler_place(builder, cycle))
        .unwrap_or_else(|| checker.place(Span::default()));
    let note = format!("cycle: {}", path(checker, builder, cycle));
    let end = Place { span: Span::new(place.span.end, place.span.end), ..place };
    let is_wire = !wires.is_empty();
    let mut diagnostic = if !spikes {
        let names: Vec<String> = cycle.iter().map(|((vertex, _), _)| name(checker, builder, vertex)).collect();
        let message = "these flows wait for each other: each is computed from the other at the same instant";
        let diagnostic = Diagnostic::new(&E0502, place, message);
        let first = names.first().cloned().unwrap_or_default();
        diagnostic
            .label(format!("here the circle closes on `{first}`"))
            .note(note)
            .help("let one of them take time: a state with an equation (y' = (x - y) / tau), or a delay")
    } else if boxed {
        Diagnostic::new(&E0501, place, "this loop closes within one step: `box` acts in the step in which it is read")
            .label("here the circle closes")
            .note(note)
    } else {
        Diagnostic::new(&E0501, place, "spikes travel around this loop in zero time")
            .label("here the circle closes")
            .note(note)
    };
    for wire in wires.iter().rev().skip(1).take(2) {
        diagnostic = diagnostic.also(*wire, "on the way");
    }
    if !is_wire {
        return diagnostic
            .help("the handlers of this node want to run before each other: put what belongs together into one");
    }
    let same = one_population(builder, cycle);
    if let Some(population) = same {
        diagnostic = diagnostic.note(format!(
            "a population counts as one: if parts of `{population}` follow each other, make them populations of their own"
        ));
    }
    if delay_of(checker, place).is_some() || learns_at_once(cycle) {
        return diagnostic.help(
            "a delay holds up `pre` alone: let what `post` does stand behind what `pre` does, or change a state of its own",
        );
    }
    let (first, second) = if boxed { ("1 step", None) } else { ("1 ms", Some("1 step")) };
    diagnostic =
        diagnostic.fix(format!("give the wire a transmission time: delay {first}"), end, format!(" delay {first}"));
    if let Some(second) = second.filter(|_| spikes) {
        diagnostic = diagnostic.fix(
            format!("or imitate step simulators (the result then depends on dt): delay {second}"),
            end,
            format!(" delay {second}"),
        );
    }
    diagnostic
}

/// Whether the way leads over the `post` of an edge node, which hears its target at once.
fn learns_at_once(cycle: &[(Spot, Edge)]) -> bool {
    let enters = |wanted: &str| {
        cycle.iter().any(|((vertex, _), _)| matches!(vertex, Vertex::Port(_, port) if port.as_str() == wanted))
    };
    enters("post") && !enters("pre")
}

/// The delay that a hop of a wire gives itself.
fn delay_of(checker: &Checker<'_>, hop: Place) -> Option<Place> {
    let text = checker.source(hop.span);
    let mut from = None;
    let (mut depth, mut last) = (0_u32, 0);
    for token in neuro_syntax::lex(text).into_iter().filter(|token| !token.kind.is_trivia()) {
        match token.kind {
            TokenKind::ParenOpen | TokenKind::BracketOpen => depth += 1,
            TokenKind::ParenClose | TokenKind::BracketClose => depth = depth.saturating_sub(1),
            TokenKind::Delay if depth == 0 => {
                from = Some(token.span.end);
                last = token.span.end;
                continue;
            }
            TokenKind::By | TokenKind::Via | TokenKind::Weight | TokenKind::As | TokenKind::Arrow
                if depth == 0 && from.is_some() =>
            {
                break;
            }
            _ => {}
        }
        last = token.span.end;
    }
    let from = from?;
    let blanks =
        text.get(from as usize..last as usize)?.len() - text.get(from as usize..last as usize)?.trim_start().len();
    let start = hop.span.start + from + u32::try_from(blanks).ok()?;
    Some(Place { span: Span::new(start, hop.span.start + last), ..hop })
}

/// The population that a cycle stays in, if it is one and a wire leads from it to itself.
fn one_population(builder: &Builder<'_, '_>, cycle: &[(Spot, Edge)]) -> Option<String> {
    let mut instances = cycle.iter().filter_map(|((vertex, _), _)| match vertex {
        Vertex::Port(instance, _) => Some(instance),
        Vertex::Own(_) | Vertex::Handler(_) | Vertex::Box(..) => None,
    });
    let first = instances.next().filter(|first| builder.populations.contains(first))?;
    instances.all(|instance| instance == first).then(|| first.name.clone())
}

fn handler_place(builder: &Builder<'_, '_>, cycle: &[(Spot, Edge)]) -> Option<Place> {
    cycle.iter().find_map(|((vertex, _), _)| match vertex {
        Vertex::Handler(number) => builder.handler_places.get(*number).copied(),
        _ => None,
    })
}

/// E0503: a loop that is there only if a delay is zero.
fn report_doubtful(checker: &Checker<'_>, builder: &Builder<'_, '_>, cycle: &[(Spot, Edge)]) -> Option<Diagnostic> {
    let mut doubtful: Vec<Place> =
        cycle.iter().filter(|(_, edge)| edge.may_be_zero).filter_map(|(_, edge)| edge.wire).collect();
    doubtful.sort();
    let place = doubtful.last().copied()?;
    let message = "this delay may be zero, and the wire is a part of a loop";
    let note = format!("cycle: {}", path(checker, builder, cycle));
    let diagnostic = Diagnostic::new(&E0503, place, message)
        .label("with a delay of 0 spikes would travel around in zero time")
        .note(note)
        .help("draw it from what has a lower end above 0: uniform(0.1 ms, 2 ms)");
    Some(match delay_of(checker, place) {
        Some(delay) => {
            let text = format!("max(0.1 ms, {})", checker.source(delay.span));
            diagnostic.fix(format!("or keep it away from zero: `{text}`"), delay, text)
        }
        None => diagnostic,
    })
}
