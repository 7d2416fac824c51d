"""The stamp of a module changes with what its results depend on, and with nothing else."""

import ast
import os
import sys
from pathlib import Path

import pytest

import scanner
from scanner import code
from scanner.extractors.in_layers import IN_LAYERS
from scanner.extractors.layers import Look

ROOT = Path(scanner.__file__).parent
MODULES = sorted(
    ".".join(("scanner", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
)


def by_ast(module):
    """What a module imports of this package, as Python itself reads it."""
    found = set()
    for node in ast.walk(ast.parse(Path(code._file(module)).read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if names <= set(MODULES) else {node.module, *names}
    return {name for name in found if name in MODULES and name != "scanner"}


def test_imports_are_those_of_the_syntax_tree():
    for module in MODULES:
        assert by_ast(module) == set(code._imports(module)), module


def test_nothing_is_imported_by_other_means():
    """What is imported by a name made at run time, or relative to a package, would not be seen."""
    for module in MODULES:
        text = Path(code._file(module)).read_text()
        assert "import_module" not in text.replace('"import_module"', "")
        assert "\nfrom ." not in text


@pytest.fixture
def changed(monkeypatch):
    """What has another version when a file of the program is another: extractors of files, or what is given."""

    def changed(*path, versions=lambda: Look(IN_LAYERS).versions()):
        before, source = versions(), code._source.__wrapped__
        wanted = os.path.join(*path)
        with monkeypatch.context() as patch:
            patch.setattr(code, "_source", lambda file: source(file) + b"#" * file.endswith(wanted))
            forget()
            after = versions()
        forget()
        return {name for name in before if before[name] != after[name]}

    def forget():
        for cached in (code.stamp, code._imports, code._tables):
            cached.cache_clear()

    return changed


def test_the_version_of_an_extractor_is_its_own(changed):
    """It changes with its module and what this imports, however far."""
    assert changed("extractors", "links.py") == {"links.HeldLinks"}
    assert changed("extractors", "model_code.py") == {"model_code.ModelConfigs"}
    assert changed("parsers", "packages", "rpm_database.py") == {"installed.Installed", "installed.Programs"}
    assert changed("extractors", "user.py") == set()
    assert changed("reporters", "json.py") == set()
    assert changed("model", "location.py") == set(Look(IN_LAYERS).versions())


def test_each_extractor_of_files_has_a_name_and_no_settings():
    """Its class tells what it does, so that the source of that is its version."""
    assert len(Look(IN_LAYERS).versions()) == len(IN_LAYERS)
    assert not any(getattr(each, "__dict__", {}) for each in IN_LAYERS)


def test_what_reads_layers_has_a_version_of_its_own(changed):
    def versions():
        return {"reading": code.stamp("scanner.sources.image.known")}

    for path in (("parsers", "tar.py"), ("secrets", "detect.py"), ("image", "read.py"), ("image", "merge.py")):
        assert changed(*path, versions=versions)
    assert not changed("extractors", "links.py", versions=versions)


def test_tables_count_for_those_that_ask_for_them(changed):
    def versions():
        return {name: code.stamp(f"scanner.{name}") for name in ("knowledge", "extractors.destinations", "kept")}

    assert changed("tables", "services.tsv", versions=versions) == {"knowledge", "extractors.destinations"}


def test_no_other_package_reads_files_of_layers():
    """Its version would have to be in the stamp. Of a Dockerfile's requirements, packaging reads the versions."""
    others = set()
    for module in code.imported(tuple(type(each).__module__ for each in IN_LAYERS)):
        for node in ast.walk(ast.parse(Path(code._file(module)).read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            others |= {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    assert others == {"scanner", "packaging", *code._OTHERS.values()}


def test_a_program_without_its_source_has_no_versions(monkeypatch):
    monkeypatch.setattr(code, "_file", lambda module: "/nowhere")
    with pytest.raises(OSError, match="nowhere"):
        code.stamp("scanner.kept", "x")
