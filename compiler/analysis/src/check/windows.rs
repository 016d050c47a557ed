//! Windows of convolutions and pools: whether they reach all of their input.

use super::Checker;
use crate::codes::E0705;
use crate::environment::Signature;
use crate::size::Size;
use crate::typed::InstanceType;
use neuro_diagnostics::Diagnostic;

code!(W0702, "a window does not cover its input");

impl Checker<'_> {
    /// W0702 for layers of the library whose windows do not reach the last rows, E0705 for those that do not move.
    pub(crate) fn uncovered_windows(&mut self) {
        for record in self.records.clone() {
            let InstanceType::Node(item) = &record.view.of else { continue };
            if !self.environment.is_library(item.file) {
                continue;
            }
            let Signature::Node(node) = &*self.signature_of(*item) else { continue };
            let sizes = node.outputs.iter().flat_map(|port| &port.ty.shape);
            for (windows, stride) in sizes.flat_map(Size::floors) {
                let known = |size: &Size| self.sizes.resolve(&record.view.size(size)).value();
                let (Some(span), Some(stride)) = (known(windows), known(stride)) else { continue };
                if stride <= 0 {
                    let message = format!("the windows of `{}` move by {stride}, and would never end", record.name);
                    let help = "a stride is 1 or more";
                    self.report(Diagnostic::new(&E0705, record.place, message).help(help));
                    break;
                }
                let rest = span.rem_euclid(stride);
                if rest != 0 && span >= 0 {
                    let rows = if rest == 1 { "the last row".to_owned() } else { format!("the last {rest} rows") };
                    let message = format!("the windows of `{}` do not reach {rows} of their input", record.name);
                    let diagnostic = Diagnostic::new(&W0702, record.place, message)
                        .note(format!("{windows} is {span} here, which is no multiple of {stride}"))
                        .help("change the padding or the size of the input; NIR and PyTorch leave the rest out, and so does this");
                    self.report(diagnostic);
                    break;
                }
            }
        }
    }
}
