//! Functions of programs in equations and handlers: the body with the arguments in the place of its parameters.

use crate::algebra::Lowered;
use crate::builder::Builder;
use crate::calls::Reading;
use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::keys::Keyed;
use crate::lower::push_let;
use crate::scope::{Binding, Scope};
use crate::visit::{Part, visit_expr};
use neuro_analysis::typed::{Base, Expr, ExprKind, ItemId, Kind, LocalId};
use neuro_diagnostics::Place;
use neuro_model as model;

impl<'p> Elaborator<'p> {
    /// A call of a function: its body with the arguments in the place of its parameters.
    pub(crate) fn inline(
        &mut self,
        function: ItemId,
        arguments: &'p [Option<Expr>],
        place: Place,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let scope = reading.scope;
        let Some(typed) = self.program.function(function) else {
            return Err(mistake(&E0706, place, "this function is not part of the program"));
        };
        let calls = self.key(place, Keyed::Call)?.within(scope.turns_and_calls());
        let inner = Scope::root(scope.frame.of_call(calls, &typed.locals, place));
        for (index, parameter) in typed.parameters.iter().enumerate() {
            let (value, home) = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                (Some(argument), _) => (argument, scope),
                (None, Some(default)) => (default, &inner),
                (None, None) => return Err(mistake(&E0706, place, "an argument is missing")),
            };
            let declared = &typed.locals[parameter.local.0 as usize];
            if !matches!(declared.ty.base, Base::Number(_) | Base::Truth) {
                let value = self.evaluate(value, home, At::first(home))?;
                inner.bind(parameter.local, Binding::Value(value));
                continue;
            }
            let lowered = self.lower(value, reading.with(home), builder)?;
            self.solve_sizes(&parameter.shape, &lowered.shape, &inner, place)?;
            let lowered = self.once(lowered, &typed.body, parameter.local, &declared.name, builder, reading.in_handler);
            let source = (value.ty.kind == Kind::Const).then(|| (value, home.clone()));
            inner.bind(parameter.local, Binding::Lowered(lowered, source));
        }
        self.lower(&typed.body, reading.with(&inner), builder)
    }

    /// An argument that is dear and mentioned more than once, or random, is computed once, in a `let`.
    fn once(
        &mut self,
        lowered: Lowered,
        body: &'p Expr,
        parameter: LocalId,
        name: &str,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Lowered {
        let (mut size, mut random, mut instant) = (0, false, false);
        lowered.expr.visit(&mut |part| {
            size += 1;
            random |= matches!(part, model::Expr::Draw { .. });
            instant |= matches!(part, model::Expr::Payload | model::Expr::Local(_));
        });
        let mut mentions = 0;
        visit_expr(body, &mut |part| {
            mentions += usize::from(
                matches!(part, Part::Expr(Expr { kind: ExprKind::Local(local), .. }) if *local == parameter),
            );
        });
        if !(random || size > 6 && mentions > 1) {
            return lowered;
        }
        let shape = lowered.shape.clone();
        let expr = if in_handler {
            let local = builder.local_shapes.len();
            builder.local_shapes.push(shape.clone());
            builder.local_lets.push(model::Act::Let { local, shape: shape.clone(), value: lowered.expr });
            model::Expr::Local(local)
        } else {
            debug_assert!(!instant, "payloads stand in handlers");
            let name = format!("{name}_{}", builder.dynamics.lets.len());
            model::Expr::Let(push_let(builder, name, lowered))
        };
        Lowered { expr, shape }
    }
}
