//! Which NIR primitive a node is, for hovers.

use neuro_analysis::typed::{ItemId, TypedNode};
use neuro_database::Workspace;

/// "= NIR LIF(…)", or why not.
pub(crate) fn line(_: &Workspace, _: ItemId, _: &TypedNode) -> Option<String> {
    None
}
