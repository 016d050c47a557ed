//! Files of numbers in and out: what NumPy writes is read, what we write reads back, and what is wrong is said.

use neuro_diagnostics::Diagnostic;
use neuro_runtime::files::{
    Array, Data, Location, holds_events, read_array, read_events, rows_of, table::Column, write_csv, write_npy,
    write_npz,
};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn data(name: &str) -> Location {
    Location::parse(&format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR")))
}

#[test]
fn numpys_arrays_of_any_type_and_order_are_read() {
    let a: Vec<f64> = (0..6).map(f64::from).collect();
    for (file, expected) in [
        ("little_f8.npy", a.iter().map(|x| x - 2.5).collect::<Vec<_>>()),
        ("big_f4.npy", a.iter().map(|x| x - 2.5).collect()),
        ("half.npy", a.iter().map(|x| x - 2.5).collect()),
        ("fortran_i2.npy", a.iter().map(|x| x - 3.0).collect()),
        ("big_u8.npy", a.iter().map(|x| x + 1_099_511_627_776.0).collect()),
        ("bool.npy", vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
        ("two.npz:left", a.clone()),
        ("two.npz:right", a.clone()),
    ] {
        let array = read_array(&data(file)).unwrap();
        assert_eq!((array.shape.as_slice(), array.data.to_f64()), ([2, 3].as_slice(), expected), "{file}");
    }
    assert_eq!(read_array(&data("scalar.npy")).unwrap(), Array { shape: vec![], data: Data::F64(vec![3.5]) });
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let arrays = [
        Array { shape: vec![2, 1, 3], data: Data::F64(vec![0.1, -0.0, f64::INFINITY, 1e-310, 5.0, 6.0]) },
        Array { shape: vec![4], data: Data::U8(vec![0, 1, 2, 255]) },
        Array { shape: vec![0, 7], data: Data::F32(vec![]) },
        Array { shape: vec![1, 2], data: Data::I64(vec![i64::MIN, i64::MAX]) },
        Array { shape: vec![2], data: Data::U32(vec![0, u32::MAX]) },
        Array { shape: vec![], data: Data::F64(vec![7.0]) },
    ];
    let path = folder.path().join("all.npz");
    write_npz(&path, arrays.iter().enumerate().map(|(index, array)| (format!("net.e{index}"), array.clone()))).unwrap();
    for (index, array) in arrays.iter().enumerate() {
        let location = Location { path: path.clone(), key: Some(format!("net.e{index}")) };
        assert_eq!(read_array(&location).unwrap(), *array);
        let path = folder.path().join("one.npy");
        write_npy(&path, array).unwrap();
        assert_eq!(read_array(&Location { path, key: None }).unwrap(), *array);
    }
    let first = std::fs::read(&path).unwrap();
    write_npz(&path, arrays.iter().enumerate().map(|(index, array)| (format!("net.e{index}"), array.clone()))).unwrap();
    assert_eq!(first, std::fs::read(&path).unwrap(), "the same arrays give the same bytes");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing is left beside");
}

#[test]
fn tables_have_times_and_read_back_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.csv");
    write_csv(
        &path,
        &[
            Column::marks("time_s", vec![0.0001, 3.0 * 0.0001]),
            Column::numbers("v[0]", vec![-0.06, 0.1]),
            Column::numbers("v[1]", vec![1e-300, 2.0]),
            Column::numbers("w", vec![3.0, 4.0]),
        ],
    )
    .unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written.lines().next(), Some("time_s,v[0],v[1],w"));
    assert!(written.contains("\n0.0003,"), "a time has no remainder of rounding: {written}");
    let all = read_array(&Location { path: path.clone(), key: None }).unwrap();
    assert_eq!(all, Array { shape: vec![2, 3], data: Data::F64(vec![-0.06, 1e-300, 3.0, 0.1, 2.0, 4.0]) });
    let v = read_array(&Location { path: path.clone(), key: Some("v".into()) }).unwrap();
    assert_eq!(v, Array { shape: vec![2, 2], data: Data::F64(vec![-0.06, 1e-300, 0.1, 2.0]) });
    std::fs::write(&path, "# no heading\n1, 2\n3, 4\n").unwrap();
    assert_eq!(read_array(&Location { path, key: None }).unwrap().data.to_f64(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn events_are_read_as_runs_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spikes.npz");
    let list = |values: &[u32]| Array { shape: vec![values.len()], data: Data::U32(values.to_vec()) };
    write_npz(&path, [("in.z.step".to_owned(), list(&[3, 1, 1])), ("in.z.index".to_owned(), list(&[0, 5, 2]))])
        .unwrap();
    for key in [None, Some("in.z".to_owned())] {
        let location = Location { path: path.clone(), key };
        assert!(holds_events(&location));
        let events = read_events(&location).unwrap();
        assert_eq!((events.steps, events.lanes), (vec![1, 1, 3], vec![2, 5, 0]));
    }
    assert!(!holds_events(&Location { path, key: Some("in.y".into()) }));
}

#[test]
fn colons_split_only_behind_an_ending_that_holds_several_arrays() {
    for (text, path, key) in [
        ("a.npz:b", "a.npz", Some("b")),
        ("a.npz", "a.npz", None),
        ("C:\\x.npy", "C:\\x.npy", None),
        ("d/x.csv:v", "d/x.csv", Some("v")),
        ("a.npz:n:m", "a.npz", Some("n:m")),
    ] {
        assert_eq!(Location::parse(text), Location { path: PathBuf::from(path), key: key.map(str::to_owned) });
    }
}

#[test]
fn faults_say_what_is_wrong_with_which_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Location { path, key: None }
    };
    let numpy = std::fs::read(data("little_f8.npy").path).unwrap();
    let mut report = String::new();
    let mut tell = |diagnostic: Diagnostic| {
        let text = neuro_diagnostics::render(&diagnostic, &NoFiles, neuro_diagnostics::Style::Plain);
        let text = text
            .replace(&*folder.path().to_string_lossy(), "DIR")
            .replace(&format!("{}/tests/data", env!("CARGO_MANIFEST_DIR")), "DATA");
        writeln!(report, "{text}").unwrap();
    };
    for fault in [
        read_array(&data("missing.npy")).unwrap_err(),
        read_array(&data("README.md")).unwrap_err(),
        read_array(&data("text.npy")).unwrap_err(),
        read_array(&data("struct.npy")).unwrap_err(),
        read_array(&data("complex.npy")).unwrap_err(),
        read_array(&data("object.npy")).unwrap_err(),
        read_array(&data("two.npz")).unwrap_err(),
        read_array(&data("two.npz:centre")).unwrap_err(),
        read_array(&file("cut.npy", &numpy[..150])).unwrap_err(),
        read_array(&file("other.npy", b"PK\x03\x04 something else")).unwrap_err(),
        read_array(&file("broken.npz", b"PK\x03\x04 something else")).unwrap_err(),
        read_array(&file("empty.csv", b"")).unwrap_err(),
        read_array(&file("ragged.csv", b"a,b\n1,2\n3\n")).unwrap_err(),
        read_array(&file("word.csv", b"a,b\n1,2\n3,x\n")).unwrap_err(),
        read_events(&data("two.npz")).unwrap_err(),
        rows_of(&read_array(&data("little_f8.npy")).unwrap(), &[2], &data("little_f8.npy"), "net.input").unwrap_err(),
        rows_of(&read_array(&data("little_f8.npy")).unwrap(), &[4, 4], &data("little_f8.npy"), "net.input")
            .unwrap_err(),
        write_npy(&folder.path().join("no/such/folder/x.npy"), &Array::of(vec![1.0])).unwrap_err(),
        write_npy(folder.path(), &Array::of(vec![1.0])).unwrap_err(),
    ] {
        tell(fault);
    }
    insta::assert_snapshot!(report);
    assert!(rows_of(&read_array(&data("little_f8.npy")).unwrap(), &[3], &data("x"), "net.input").is_ok());
}

struct NoFiles;
impl neuro_diagnostics::Resolve for NoFiles {
    fn name(&self, _: neuro_diagnostics::FileId) -> String {
        String::new()
    }
    fn text(&self, _: neuro_diagnostics::FileId) -> &str {
        ""
    }
    fn item_start(&self, _: neuro_diagnostics::FileId, _: u32) -> u32 {
        0
    }
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    write_npy(&path, &Array::of(vec![1.0])).unwrap();
    let failed = neuro_runtime::files::save(&path, |file| {
        std::io::Write::write_all(file, b"half of a file")?;
        Err(std::io::Error::other("the disk is full"))
    });
    assert!(failed.is_err());
    assert_eq!(read_array(&Location { path: path.clone(), key: None }).unwrap(), Array::of(vec![1.0]));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside");
    assert!(Path::new(&path).exists());
}

/// `uint64` numbers that no `int64` holds are an error, not the greatest `int64`.
#[test]
fn whole_numbers_that_are_too_great_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("great.npy");
    let mut header = "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }".to_owned();
    header.push_str(&" ".repeat(117 - header.len()));
    header.push('\n');
    let file = |number: u64| {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), &number.to_le_bytes()].concat()
    };
    let location = Location { path: path.clone(), key: None };
    std::fs::write(&path, file(i64::MAX as u64)).unwrap();
    assert_eq!(read_array(&location).unwrap().data, Data::I64(vec![i64::MAX]));
    std::fs::write(&path, file(u64::MAX)).unwrap();
    assert_eq!(read_array(&location).unwrap_err().code.id, "E1103");
}
