//! Laws of an instant, over generated networks: what a spike does depends neither on how many wires it came through, nor on the order of lines
//! that have nothing to do with each other, nor on threads; and what does not name the step converges as the step goes to 0.

mod network;

use network::{Network, Shape};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_driver::{Execution, FileContent, GivenSettings, Overrides, Silent, run_task};
use proptest::prelude::*;
use std::sync::Arc;

/// What a program has recorded: the columns of its files, in the order of the text.
fn recorded(program: &str, overrides: &Overrides) -> Vec<(String, Vec<f64>)> {
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("generated.neuro", program);
    let said = workspace.diagnostics(file);
    assert!(!said.iter().any(|one| one.is_error()), "{program}\n{said:#?}");
    let mut columns = Vec::new();
    for item in workspace.items(file) {
        if !matches!(&*Typed::item(&workspace, item), TypedItem::Task(_)) {
            continue;
        }
        let report = run_task(&workspace, item, overrides, &Silent);
        assert!(report.is_good(), "{program}\n{:#?}\n{:#?}", report.checks, report.diagnostics);
        for file in report.files {
            let FileContent::Csv(found) = file.content else { panic!("`{}` is no table", file.name) };
            columns.extend(found.into_iter().map(|column| {
                let numbers = column.cells.values().unwrap_or_default().to_vec();
                (format!("{} {}", file.name, column.name), numbers)
            }));
        }
    }
    assert!(!columns.is_empty(), "nothing was recorded by\n{program}");
    columns
}

/// Equal to the bit.
fn same(left: &[(String, Vec<f64>)], right: &[(String, Vec<f64>)], programs: [&str; 2]) {
    let bits = |columns: &[(String, Vec<f64>)]| -> Vec<(String, Vec<u64>)> {
        columns
            .iter()
            .map(|(head, numbers)| (head.clone(), numbers.iter().map(|number| number.to_bits()).collect()))
            .collect()
    };
    assert!(bits(left) == bits(right), "{}\n-- differs from --\n{}\n{left:?}\n{right:?}", programs[0], programs[1]);
}

fn semantics() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("method = exact"), Just("method = euler"), Just("method = exact; spikes = exact_root")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_unrelated_lines_changes_nothing(net in network::any(), how in semantics(), by in 0_u64..1000) {
        let plain = net.program(how, Shape::Plain);
        let shuffled = net.program(how, Shape::Shuffled(by));
        same(&recorded(&plain, &Overrides::default()), &recorded(&shuffled, &Overrides::default()), [&plain, &shuffled]);
    }

    /// A weight of w is two wires of w/2, which is exact in binary; and a relay without delay is a wire.
    #[test]
    fn the_number_of_wires_changes_nothing(net in network::any(), how in semantics()) {
        let plain = net.program(how, Shape::Plain);
        let halves = net.program(how, Shape::Halves);
        let relayed = net.program(how, Shape::Relayed);
        let expected = recorded(&plain, &Overrides::default());
        same(&expected, &recorded(&halves, &Overrides::default()), [&plain, &halves]);
        same(&expected, &recorded(&relayed, &Overrides::default()), [&plain, &relayed]);
    }

    #[test]
    fn threads_change_nothing(net in network::any(), how in semantics(), threads in 2_usize..5) {
        let program = net.program(how, Shape::Plain);
        let one = recorded(&program, &Overrides::default());
        let execution = Execution { threads, ..Execution::default() };
        let many = recorded(&program, &Overrides { execution, ..Overrides::default() });
        same(&one, &many, [&program, &program]);
    }

    /// On a grid a spike is stamped at the end of its step; the closed form with exact crossings is the limit.
    #[test]
    fn spikes_converge_to_their_exact_times(chain in network::chain()) {
        let exact = recorded(&chain.program("method = exact; spikes = exact_root"), &Overrides::default());
        for dt in [1e-4, 2.5e-5] {
            let grid = recorded(&chain.program("method = exact"), &Overrides { settings: GivenSettings { dt: Some(dt), ..GivenSettings::default() }, ..Overrides::default() });
            for ((head, limit), (_, found)) in exact.iter().zip(&grid) {
                // The last spike may be stamped behind the end of the run.
                prop_assert!(limit.len().abs_diff(found.len()) <= 1, "{}: {:?} and {:?} at dt = {} s", head, limit, found, dt);
                for (limit, found) in limit.iter().zip(found) {
                    let late = (found - limit).abs();
                    prop_assert!(late <= chain.late_by(dt), "{}: {} ms late at dt = {} s\n{}", head, late, dt, chain.program(""));
                }
            }
        }
    }
}

#[test]
fn a_generated_network_is_alive() {
    let net = Network::example();
    let columns = recorded(&net.program("method = exact", Shape::Plain), &Overrides::default());
    let spikes: usize = columns.iter().filter(|(head, _)| head.contains("time")).map(|(_, times)| times.len()).sum();
    assert!(spikes > 10, "{spikes} spikes from\n{}", net.program("method = exact", Shape::Plain));
}
