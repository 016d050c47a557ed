use super::*;
use neuro_model::{BinaryFunction, Distribution, EdgeExpr};
use proptest::prelude::*;

fn context(sources: usize, targets: usize) -> Context {
    Context { seed: 5, dt: 1e-4, number: Number::F64, source_lanes: sources, target_lanes: targets, drop_zeros: false }
}

fn wire(connectivity: Connectivity) -> Wire {
    Wire { connectivity, stream: 7, ..Wire::plain(0, 0) }
}

fn edges_of(realised: &Realised) -> Vec<(u32, u32, f64, u32)> {
    let mut edges = Vec::new();
    for_each_edge(&realised.synapses, |source, target, weight, delay| edges.push((source, target, weight, delay)));
    edges
}

#[test]
fn each_pair_with_its_probability() {
    let realised =
        realise(&wire(Connectivity::Random { probability: 0.1, to_self: false }), &context(400, 400)).expect("fits");
    let edges = edges_of(&realised);
    // 400·399·0.1 = 15,960; the standard deviation is 120.
    assert!((15_500..16_400).contains(&edges.len()), "{}", edges.len());
    assert!(edges.iter().all(|(source, target, ..)| source != target));
    assert!(edges.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
    let none = realise(&wire(Connectivity::Random { probability: 0.0, to_self: true }), &context(9, 9)).expect("fits");
    let all = realise(&wire(Connectivity::Random { probability: 1.0, to_self: true }), &context(9, 9)).expect("fits");
    assert_eq!((edges_of(&none).len(), edges_of(&all).len()), (0, 81));
}

#[test]
fn partners_are_counted_exactly_and_drawn_alike() {
    let choice = |to_self, multiple| Connectivity::FixedIn { count: 30, to_self, multiple };
    for (connectivity, by_target) in [
        (choice(true, false), true),
        (choice(false, false), true),
        (choice(true, true), true),
        (Connectivity::FixedOut { count: 30, to_self: false, multiple: false }, false),
    ] {
        let realised = realise(&wire(connectivity.clone()), &context(200, 200)).expect("fits");
        let edges = edges_of(&realised);
        let mut counts = [0; 200];
        let mut others = [0; 200];
        for (source, target, ..) in &edges {
            counts[if by_target { *target } else { *source } as usize] += 1;
            others[if by_target { *source } else { *target } as usize] += 1;
        }
        assert!(counts.iter().all(|count| *count == 30), "{connectivity:?}");
        // Binomial with mean 30 and deviation 5.
        assert!(others.iter().all(|count| (8..56).contains(count)), "{others:?}");
        let distinct = edges.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1));
        assert_eq!(distinct, !matches!(connectivity, Connectivity::FixedIn { multiple: true, .. }));
        if !matches!(connectivity, Connectivity::FixedIn { to_self: true, .. }) {
            assert!(edges.iter().all(|(source, target, ..)| source != target));
        }
    }
    assert_eq!(realise(&wire(choice(true, false)), &context(20, 20)).map(|_| ()), Err(Misfit::TooMany(30, 20)));
}

#[test]
fn threads_do_not_matter() {
    let rules = [
        Connectivity::FixedIn { count: 100, to_self: true, multiple: false },
        Connectivity::FixedOut { count: 20, to_self: true, multiple: true },
        Connectivity::Total { count: 20_000, to_self: true, multiple: false },
        Connectivity::Total { count: 140_000, to_self: true, multiple: false },
        Connectivity::Chance { probability: EdgeExpr::Number(0.1), to_self: true },
    ];
    let build = |threads: usize, rule: &Connectivity| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let weight = EdgeExpr::Draw { distribution: Distribution::Normal, stream: 1 };
        let wire = Wire { weight: Weight::PerEdge(weight), ..wire(rule.clone()) };
        pool.install(|| edges_of(&realise(&wire, &context(300, 500)).expect("fits")))
    };
    rules.iter().for_each(|rule| assert_eq!(build(1, rule), build(3, rule)));
}

#[test]
fn weights_and_delays_of_each_edge() {
    let distance = EdgeExpr::Unary(
        neuro_model::UnaryFunction::Absolute,
        Box::new(EdgeExpr::Binary(BinaryFunction::Subtract, Box::new(EdgeExpr::Source), Box::new(EdgeExpr::Target))),
    );
    let delay =
        EdgeExpr::Binary(BinaryFunction::Multiply, Box::new(EdgeExpr::Number(1e-4)), Box::new(distance.clone()));
    let wire = Wire {
        weight: Weight::PerEdge(distance),
        delay: Delay::PerEdge(delay),
        ..wire(Connectivity::AllToAll { to_self: true })
    };
    let realised = realise(&wire, &context(5, 5)).expect("fits");
    assert!(
        edges_of(&realised).iter().all(|(source, target, weight, delay)| {
            source.abs_diff(*target) == *delay && *weight == f64::from(*delay)
        })
    );
    assert_eq!((realised.least_delay, realised.greatest_delay, realised.off_grid), (0, 4, None));
}

#[test]
fn slices_of_both_ends() {
    let slices = |source: Slice, target: Slice| Wire {
        source_slice: Some(source),
        target_slice: Some(target),
        ..Wire::plain(0, 0)
    };
    let ranges = realise(&slices(Slice::Range(2..4), Slice::Range(5..7)), &context(9, 9)).expect("fits");
    assert_eq!(edges_of(&ranges), [(2, 5, 1.0, 0), (3, 6, 1.0, 0)]);
    let indices = slices(Slice::Indices(vec![7, 2, 2].into()), Slice::Indices(vec![1, 8, 0].into()));
    assert_eq!(
        edges_of(&realise(&indices, &context(9, 9)).expect("fits")),
        [(2, 0, 1.0, 0), (2, 8, 1.0, 0), (7, 1, 1.0, 0)]
    );
    let one_to_all = Wire { source_slice: Some(Slice::Range(3..4)), ..Wire::plain(0, 0) };
    assert_eq!(edges_of(&realise(&one_to_all, &context(9, 2)).expect("fits")), [(3, 0, 1.0, 0), (3, 1, 1.0, 0)]);
    assert_eq!(realise(&Wire::plain(0, 0), &context(9, 2)).map(|_| ()), Err(Misfit::Sizes(9, 2)));
    assert_eq!(
        realise(&slices(Slice::Range(0..2), Slice::Range(8..10)), &context(9, 9)).map(|_| ()),
        Err(Misfit::Lane(9, 9))
    );
}

#[test]
fn a_matrix_is_target_by_source() {
    let matrix = Wire {
        weight: Weight::Matrix(vec![1.0, 0.0, 3.0, 4.0, 5.0, 6.0].into()),
        ..wire(Connectivity::AllToAll { to_self: true })
    };
    let edges = edges_of(&realise(&matrix, &context(3, 2)).expect("fits"));
    assert_eq!(edges, [(0, 0, 1.0, 0), (0, 1, 4.0, 0), (1, 0, 0.0, 0), (1, 1, 5.0, 0), (2, 0, 3.0, 0), (2, 1, 6.0, 0)]);
    let dropped = edges_of(&realise(&matrix, &Context { drop_zeros: true, ..context(3, 2) }).expect("fits"));
    assert_eq!(dropped.len(), 5);
    assert_eq!(realise(&matrix, &context(3, 3)).map(|_| ()), Err(Misfit::Table { found: 6, expected: 9 }));
}

#[test]
fn delays_are_rounded_to_steps_and_never_away() {
    assert_eq!(whole(1.5e-3, 1e-4), (15, None));
    assert_eq!(whole(1e-6, 1e-4), (1, Some(1e-6)));
    assert_eq!(whole(2.6e-4, 1e-4), (3, Some(2.6e-4)));
    assert_eq!(whole(0.0, 1e-4), (0, None));
}

proptest! {
    /// Rows are sorted, complete and within bounds, whatever is asked for.
    #[test]
    fn rows_are_rows(sources in 1usize..40, targets in 1usize..40, count in 0usize..40, to_self: bool, multiple: bool, seed: u64) {
        let context = Context { seed, ..context(sources, targets) };
        let available = if to_self { sources } else { sources - 1 };
        let wire = wire(Connectivity::FixedIn { count, to_self, multiple });
        match edges(&wire, &context) {
            Err(misfit) => {
                prop_assert_eq!(misfit, Misfit::TooMany(count, available));
                let impossible = if multiple { available == 0 && count > 0 } else { count > available };
                prop_assert!(impossible);
            }
            Ok(found) => {
                prop_assert_eq!(found.rows.targets.len(), count * targets);
                prop_assert_eq!(found.rows.starts.len(), sources + 1);
                for (source, target) in found.rows.edges(0, found.rows.targets.len()) {
                    prop_assert!((source as usize) < sources && (target as usize) < targets);
                    prop_assert!(to_self || source != target);
                }
            }
        }
    }
}

/// Pairs and nothing else.
fn pairs_of(wire: &Wire, sources: usize, targets: usize) -> Vec<(u32, u32)> {
    let realised = realise(wire, &context(sources, targets)).expect("fits");
    edges_of(&realised).into_iter().map(|(source, target, ..)| (source, target)).collect()
}

#[test]
fn a_total_is_exact_and_drawn_alike_among_all_pairs() {
    let total = |count, to_self, multiple| wire(Connectivity::Total { count, to_self, multiple });
    for (count, to_self, multiple) in
        [(3000, true, false), (3000, false, false), (9000, false, false), (3000, true, true), (20_000, false, true)]
    {
        let pairs = pairs_of(&total(count, to_self, multiple), 100, 100);
        assert_eq!(pairs.len(), count);
        assert!(pairs.is_sorted());
        assert!(multiple || pairs.windows(2).all(|pair| pair[0] < pair[1]), "no pair has two edges");
        assert!(to_self || pairs.iter().all(|(source, target)| source != target));
        // Partners of each source and of each target: binomial or nearly so, within 5 deviations.
        let mean = count as f64 / 100.0;
        for end in 0..2 {
            let mut counts = [0.0; 100];
            pairs.iter().for_each(|pair| counts[if end == 0 { pair.0 } else { pair.1 } as usize] += 1.0);
            assert!(counts.iter().all(|partners| (partners - mean).abs() < 5.0 * mean.sqrt()), "{counts:?}");
        }
    }
    let all = pairs_of(&total(12, false, false), 4, 4);
    assert_eq!(all.len(), 12);
    let misfit =
        |count, multiple, sources| realise(&total(count, false, multiple), &context(sources, sources)).map(|_| ());
    assert_eq!(misfit(13, false, 4), Err(Misfit::TooFewPairs(13, 12)));
    assert_eq!(misfit(1, true, 1), Err(Misfit::TooFewPairs(1, 0)));
    assert_eq!(misfit(0, true, 1), Ok(()));
}

#[test]
fn chances_differ_from_pair_to_pair() {
    let apart = EdgeExpr::Unary(
        neuro_model::UnaryFunction::Absolute,
        Box::new(EdgeExpr::Binary(BinaryFunction::Subtract, Box::new(EdgeExpr::Source), Box::new(EdgeExpr::Target))),
    );
    // 1 within 3, 0.25 to 20, 0 beyond.
    let below = |bound| {
        Box::new(EdgeExpr::Binary(
            BinaryFunction::LessEqual,
            Box::new(apart.clone()),
            Box::new(EdgeExpr::Number(bound)),
        ))
    };
    let far = EdgeExpr::If(below(20.0), Box::new(EdgeExpr::Number(0.25)), Box::new(EdgeExpr::Number(0.0)));
    let probability = EdgeExpr::If(below(3.0), Box::new(EdgeExpr::Number(1.0)), Box::new(far));
    let pairs = pairs_of(&wire(Connectivity::Chance { probability, to_self: false }), 1000, 1000);
    let within = |least: u32, most: u32| {
        pairs.iter().filter(|(source, target)| (least..=most).contains(&source.abs_diff(*target))).count()
    };
    // Pairs d apart: 2 (1000 - d).
    assert_eq!((within(0, 0), within(1, 3), within(21, 999)), (0, 2 * (3000 - 6), 0));
    let candidates: f64 = (4..=20).map(|apart| f64::from(2 * (1000 - apart))).sum();
    let (mean, deviation) = (candidates * 0.25, (candidates * 0.25 * 0.75).sqrt());
    assert!((within(4, 20) as f64 - mean).abs() < 4.0 * deviation, "{} of {mean}", within(4, 20));
    let beyond = Connectivity::Chance { probability: EdgeExpr::Target, to_self: true };
    // The first pair is told, whichever of the threads comes on one first.
    let misfit = Misfit::Chance { source: 0, target: 2, chance: 2.0 };
    for threads in [1, 2, 8].repeat(20) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let realised = pool.install(|| realise(&wire(beyond.clone()), &context(200, 3)).map(|_| ()));
        assert_eq!(realised, Err(misfit.clone()));
    }
}

#[test]
fn who_is_itself_is_known_across_slices() {
    // Sources 0 to 9 and targets 4 to 13 of one population: source 4 is target 0.
    let own: Vec<u32> = (0..10u32).map(|source| source.checked_sub(4).unwrap_or(u32::MAX)).collect();
    let sliced = |connectivity| Wire {
        source_slice: Some(Slice::Range(0..10)),
        target_slice: Some(Slice::Range(4..14)),
        own: Some(own.clone().into()),
        ..wire(connectivity)
    };
    let rules = [
        (Connectivity::AllToAll { to_self: false }, Some(94)),
        (Connectivity::Random { probability: 1.0, to_self: false }, Some(94)),
        (Connectivity::Chance { probability: EdgeExpr::Number(1.0), to_self: false }, Some(94)),
        (Connectivity::FixedIn { count: 9, to_self: false, multiple: false }, Some(90)),
        (Connectivity::FixedOut { count: 9, to_self: false, multiple: false }, Some(90)),
        (Connectivity::FixedOut { count: 40, to_self: false, multiple: true }, Some(400)),
        (Connectivity::Total { count: 94, to_self: false, multiple: false }, Some(94)),
    ];
    for (connectivity, count) in rules {
        let pairs = pairs_of(&sliced(connectivity.clone()), 20, 20);
        assert_eq!(Some(pairs.len()), count, "{connectivity:?}");
        assert!(pairs.iter().all(|(source, target)| source != target), "{connectivity:?}");
        // Where a source is no target, it may have all of them, the last one too.
        assert!(
            pairs.contains(&(0, 13))
                || matches!(connectivity, Connectivity::FixedIn { .. } | Connectivity::FixedOut { .. })
        );
    }
}

#[test]
fn tables_by_index_and_columns_by_edge() {
    let by_source = EdgeExpr::Element(vec![10.0, 20.0, 30.0].into(), Box::new(EdgeExpr::Source));
    let column = EdgeExpr::Column(vec![1.0, 2.0, 3.0].into());
    let weight = EdgeExpr::Binary(BinaryFunction::Add, Box::new(by_source.clone()), Box::new(column));
    let edges = Connectivity::Edges(vec![(0, 1), (2, 0), (2, 1)].into());
    let given = Wire { weight: Weight::PerEdge(weight), ..wire(edges) };
    let realised = realise(&given, &context(3, 3)).expect("fits");
    assert_eq!(edges_of(&realised), [(0, 1, 11.0, 0), (2, 0, 32.0, 0), (2, 1, 33.0, 0)]);
    let beyond = Wire { weight: Weight::PerEdge(by_source), ..wire(Connectivity::AllToAll { to_self: true }) };
    assert_eq!(realise(&beyond, &context(4, 2)).map(|_| ()), Err(Misfit::Undefined(3, 0)));
}
