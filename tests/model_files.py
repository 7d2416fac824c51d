"""Tiny model files for tests, honest and other ones, made in code."""

import io
import json
import pickle
import struct
import warnings
import zipfile
import zlib


class Calls:
    """What is pickled as a call of a function, which whoever loads it makes."""

    def __init__(self, function, *arguments):
        self._made_of = function, arguments

    def __reduce__(self):
        return self._made_of


def called(module, name, *arguments, protocol=2):
    """A pickle that imports a name and calls it, whether there is such a thing or not."""
    what = pickle.dumps(arguments, protocol)[2:-1]
    return b"\x80" + bytes([protocol]) + f"c{module}\n{name}\n".encode() + what + b"R."


EVIL = called("os", "system", "id")
UNKNOWN = called("acme.models", "Net", 3)
HARMLESS = pickle.dumps({"epoch": 3, "loss": [0.5, 0.25]}, 2)


def zipped(members, method=zipfile.ZIP_STORED, comment=b""):
    """A zip of (name, content) pairs or of a dictionary."""
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(data, "w", method) as archive:
            for name, content in members.items() if isinstance(members, dict) else members:
                archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
            archive.comment = comment
    return data.getvalue()


def torch(pickled=HARMLESS, **others):
    """As ``torch.save`` lays it out; other members by name."""
    return zipped({"m/data.pkl": pickled, "m/version": b"3\n", **others})


def safetensors(header=None, data=bytes(16), metadata=None):
    """Four float32 unless told otherwise."""
    said = header or {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    text = json.dumps(({"__metadata__": metadata} if metadata else {}) | said).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def gguf(**said):
    """A header with these texts and numbers (``general_architecture="llama"``), and no tensors."""
    made = b"GGUF" + struct.pack("<IQQ", 3, 0, len(said))
    for key, value in said.items():
        name = key.replace("__", "\0").replace("_", ".").replace("\0", "_").encode()
        made += struct.pack("<Q", len(name)) + name
        if isinstance(value, str):
            made += struct.pack("<IQ", 8, len(value.encode())) + value.encode()
        else:
            made += struct.pack("<II", 4, value)
    return made


def field(number, value):
    """A field of protobuf: a number, or bytes or text with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    """Seven bits a byte, the low ones first."""
    made = b""
    while value > 127:
        made, value = made + bytes([value & 127 | 128]), value >> 7
    return made + bytes([value])


def onnx(*tensors, domain=""):
    """A model with a node of a domain, and these tensors in its graph."""
    node = (
        field(1, "x") + field(2, "y") + field(4, "Custom" if domain else "Relu") + (field(7, domain) if domain else b"")
    )
    graph = field(1, node) + field(2, "g") + b"".join(field(5, each) for each in tensors)
    imported = field(8, field(2, 17)) + (field(8, field(1, domain) + field(2, 1)) if domain else b"")
    return field(1, 8) + field(2, "tests") + field(7, graph) + imported


def external(path):
    """A tensor of ONNX whose data is in another file."""
    return field(1, 4) + field(2, 1) + field(8, "w") + field(13, field(1, "location") + field(2, path)) + field(14, 1)


def saved_model(*operators):
    """A SavedModel of TensorFlow whose graph has nodes with these operators."""
    nodes = b"".join(field(1, field(1, f"node{number}") + field(2, name)) for number, name in enumerate(operators))
    return field(1, 1) + field(2, field(2, nodes))


def keras(config, **others):
    """A Keras 3 archive."""
    members = {"metadata.json": '{"keras_version": "3.8.0"}', "config.json": json.dumps(config), **others}
    return zipped(members)


DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d", "units": 2}, "registered_name": None}
LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}},
}


def network(*layers):
    """A configuration of a model with these layers."""
    return {
        "module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": list(layers)},
        "registered_name": None,
    }  # fmt: skip


def npy(descr="<f4", shape=(2,), data=bytes(8)):
    """An array of NumPy."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


ELF = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(60)
"""Enough of a program's header to be one."""


def checksum_changed(data, content):
    """A zip in which the checksum of a content is wrong in both headers."""
    return data.replace(struct.pack("<L", zlib.crc32(content)), b"\1\2\3\4")


def listed_as(data, name, other):
    """A zip whose directory calls a member by another name of the same length."""
    at = data.rindex(name.encode())
    return data[:at] + other.encode() + data[at + len(name) :]
