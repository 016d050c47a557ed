//! Programs and how they are laid out. A `.neuro` file in `tests/format`, its formatted text beside it.

use neuro_diagnostics::FileId;
use neuro_syntax::format::format;
use std::path::Path;

#[test]
fn layouts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/format");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "neuro"));
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let source = std::fs::read_to_string(&path).unwrap();
        let formatted = format(FileId(0), &source).unwrap_or_else(|said| panic!("{}: {said:#?}", path.display()));
        let name = path.file_stem().unwrap().to_str().unwrap();
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, formatted);
        });
    }
}

#[test]
fn a_file_with_a_mistake_is_refused() {
    let said = format(FileId(0), "node   N{}\nnode M { x := }\n").unwrap_err();
    assert_eq!(said[0].code.id, "E0404");
}

#[test]
fn nothing_is_something() {
    for (source, formatted) in
        [("", ""), ("\n\n ;\n", ""), ("// a", "// a\n"), ("\u{FEFF}const  n = 1", "const n = 1\n")]
    {
        assert_eq!(format(FileId(0), source).as_deref(), Ok(formatted), "{source:?}");
    }
    assert_eq!(format(FileId(0), "const  a=1\r\n\r\nconst b=1").as_deref(), Ok("const a = 1\r\n\r\nconst b = 1\r\n"));
}
