//! `main.c`: runs a model on a machine with a console.

use super::arrays::type_of;
use super::writer::{Code, Model, PortKind};
use neuro_program::{Number, Observed};

/// `model STEPS < rows`: reads for each step the numbers of all inputs as text, prints for each step the bits of all
/// outputs in hexadecimal, events as 0 or 1.
pub(super) fn main(model: &Model<'_>) -> String {
    let number = model.program.number;
    let mut code = Code::default();
    code.comment(
        "Reads rows of inputs as text and prints the bits of the outputs: model STEPS < rows. Written by neuro.",
    );
    code.line(
        "#include \"model.h\"\n#include <inttypes.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n",
    );
    for port in &model.ports {
        let kind = match port.what {
            PortKind::Input(_) => type_of(number),
            PortKind::Output(what) => model.output_type(what),
        };
        code.line(format!("static {kind} {}[{}];", port.parameter, port.count.max(1)));
    }
    let (inputs, outputs): (Vec<_>, Vec<_>) =
        model.ports.iter().partition(|port| matches!(port.what, PortKind::Input(_)));
    if !inputs.is_empty() {
        reader(number, &mut code);
    }
    code.line("");
    code.open("int main(int count, char **arguments)");
    code.line("const unsigned long steps = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;");
    code.line("unsigned long step;");
    code.line(format!("{}_init();", model.name));
    code.open("for (step = 0; step < steps; ++step)");
    for port in inputs {
        code.for_each("i", port.count, |code| {
            code.line(format!("if (!read_number(&{}[i])) return 1;", port.parameter))
        });
    }
    let arguments: Vec<&str> = model.ports.iter().map(|port| &*port.parameter).collect();
    code.line(format!("{}_step({});", model.name, arguments.join(", ")));
    for port in outputs {
        let PortKind::Output(what) = port.what else { continue };
        code.for_each("i", port.count, |code| match what {
            Observed::Events(..) => code.line(format!("printf(\"%d \", {}[i]);", port.parameter)),
            Observed::Buffer(..) => {
                let (bits, format) = if number == Number::F32 {
                    ("uint32_t", "08\" PRIx32 \"")
                } else {
                    ("uint64_t", "016\" PRIx64 \"")
                };
                code.line(format!("{bits} bits;"));
                code.line(format!("memcpy(&bits, &{}[i], sizeof bits);", port.parameter));
                code.line(format!("printf(\"%{format} \", bits);"));
            }
        });
    }
    code.line("printf(\"\\n\");");
    code.close();
    code.line("return 0;");
    code.close();
    std::mem::take(code.text())
}

fn reader(number: Number, code: &mut Code) {
    let convert = match number {
        Number::F32 => "strtof(word, &end)",
        Number::F64 => "strtod(word, &end)",
        Number::I64 => "strtoll(word, &end, 10)",
    };
    code.line("");
    code.open(format!("static int read_number({} *number)", type_of(number)));
    code.line("char word[128];");
    code.line("char *end;");
    code.open("if (scanf(\"%127s\", word) != 1)");
    code.line("fputs(\"the rows of inputs end before the steps\\n\", stderr);");
    code.line("return 0;");
    code.close();
    code.line(format!("*number = {convert};"));
    code.open("if (*end != '\\0')");
    code.line("fprintf(stderr, \"%s is no number\\n\", word);");
    code.line("return 0;");
    code.close();
    code.line("return 1;");
    code.close();
}
