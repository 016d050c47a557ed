"""Reads two .nir files with the Python package `nir` and says where they differ; exit status 0 if nowhere.

Usage: read_back.py ORIGINAL REWRITTEN [ORIGINAL REWRITTEN ...]
       read_back.py --check FILE ...    whether each passes nir's own type check

Node types, every field with its type, shape and bits, edges in order, and metadata are held against each other. An original
that nir itself cannot read is skipped and named. The rewritten file must also pass nir's own type check if the original does.
"""

import sys

import h5py
import nir
import numpy as np


def differences(a, b, path):
    """What differs between two values of nir, as lines."""
    if isinstance(a, nir.NIRGraph):
        if not isinstance(b, nir.NIRGraph):
            yield f"{path}: NIRGraph became {type(b).__name__}"
            return
        if set(a.nodes) != set(b.nodes):
            yield f"{path}: nodes {sorted(a.nodes)} became {sorted(b.nodes)}"
            return
        if list(a.edges) != list(b.edges):
            yield f"{path}: edges {a.edges} became {b.edges}"
        for name in a.nodes:
            yield from differences(a.nodes[name], b.nodes[name], f"{path}.{name}")
        yield from differences(a.metadata, b.metadata, f"{path}.metadata")
    elif isinstance(a, nir.NIRNode):
        if type(a) is not type(b):
            yield f"{path}: {type(a).__name__} became {type(b).__name__}"
            return
        for field in a.__dataclass_fields__:
            yield from differences(getattr(a, field), getattr(b, field), f"{path}.{field}")
    elif isinstance(a, dict):
        if not isinstance(b, dict) or set(a) != set(b):
            yield f"{path}: {a!r} became {b!r}"
            return
        for key in a:
            yield from differences(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, (np.ndarray, np.generic, int, float)) and not isinstance(a, (str, bytes)):
        a, b = np.asarray(a), np.asarray(b)
        # Shapes and strides are whole numbers; which width they have is nobody's business.
        if a.dtype.kind in "iu" and b.dtype.kind in "iu" and not path.rsplit(".", 1)[-1].startswith(("v_", "tau", "r", "w")):
            same = a.shape == b.shape and np.array_equal(a, b)
        else:
            same = a.shape == b.shape and a.dtype.newbyteorder("=") == b.dtype.newbyteorder("=")
            same = same and (a.astype(a.dtype.newbyteorder("<")).tobytes() == b.astype(b.dtype.newbyteorder("<")).tobytes())
        if not same:
            yield f"{path}: {a.dtype}{a.shape} {a!r} became {b.dtype}{b.shape} {b!r}"
    elif a != b:
        yield f"{path}: {a!r} became {b!r}"


def read(path):
    """The graph, and whether it passes nir's type check."""
    try:
        return nir.read(path), True
    except Exception:
        return nir.read(path, type_check=False), False


def check(paths):
    failed = False
    for path in paths:
        try:
            nir.read(path)
            print(f"passes {path}")
        except Exception as error:
            failed = True
            print(f"{path}: {type(error).__name__}: {error}")
    return 1 if failed else 0


def main(arguments):
    if arguments[:1] == ["--check"]:
        return check(arguments[1:])
    failed = False
    for original, rewritten in zip(arguments[::2], arguments[1::2]):
        try:
            before, checked = read(original)
        except Exception as error:
            print(f"skipped {original}: nir cannot read it ({type(error).__name__}: {error})")
            continue
        try:
            after, after_checked = read(rewritten)
            found = list(differences(before, after, ""))
            with h5py.File(rewritten) as file:
                if file["version"][()] != nir.version.encode():
                    found.append(f"version is {file['version'][()]!r}")
            if checked and not after_checked:
                found.append("passes nir's type check no longer")
        except Exception as error:
            found = [f"nir cannot read what was written: {type(error).__name__}: {error}"]
        for line in found:
            failed = True
            print(f"{original}: {line}")
        print(f"{'differs' if found else 'same'} {original}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
