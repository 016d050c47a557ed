//! The library, written in the language: one concept a file, embedded in the compiler. This crate holds texts and knows nothing of
//! what they say. `std::conn` and `std::source`
//! hand on names of the prelude as well.

/// The modules, by the name behind `std::`, sorted.
static MODULES: &[(&str, &str)] = &[
    ("conn", include_str!("../modules/conn.neuro")),
    ("layers", include_str!("../modules/layers.neuro")),
    ("neuron", include_str!("../modules/neuron.neuro")),
    ("plasticity", include_str!("../modules/plasticity.neuro")),
    ("source", include_str!("../modules/source.neuro")),
    ("synapse", include_str!("../modules/synapse.neuro")),
    ("units", include_str!("../modules/units.neuro")),
];

/// The text of a module, by its path: `["std", "synapse"]`.
pub fn module(path: &[&str]) -> Option<&'static str> {
    let ["std", name] = path else { return None };
    MODULES.iter().find(|(known, _)| known == name).map(|(_, text)| *text)
}

/// The paths of all modules: `std::synapse`.
pub fn modules() -> impl Iterator<Item = String> {
    MODULES.iter().map(|(name, _)| format!("std::{name}"))
}

#[cfg(test)]
mod tests {
    use super::{module, modules};

    #[test]
    fn every_module_is_found_by_its_path() {
        for path in modules() {
            let parts: Vec<&str> = path.split("::").collect();
            assert!(module(&parts).is_some_and(|text| text.starts_with("///") || text.starts_with("//")), "{path}");
        }
        assert_eq!(module(&["std"]), None);
        assert_eq!(module(&["std", "nothing"]), None);
    }
}
