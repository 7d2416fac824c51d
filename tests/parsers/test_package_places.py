"""Which files of an image record packages, told by their paths."""

from __future__ import annotations

import pytest

from scanner.parsers.packages.places import carrier, location, place

SITE = "usr/local/lib/python3.12/site-packages"


@pytest.mark.parametrize(
    ("path", "reader", "location"),
    [
        (f"{SITE}/numpy-1.26.4.dist-info/METADATA", "python", f"{SITE}/numpy-1.26.4.dist-info"),
        (f"{SITE}/numpy-1.26.4.dist-info/INSTALLER", "python_details", f"{SITE}/numpy-1.26.4.dist-info"),
        (f"{SITE}/app-1.dist-info/direct_url.json", "python_details", f"{SITE}/app-1.dist-info"),
        (f"{SITE}/six-1.16.0.egg-info", "python", f"{SITE}/six-1.16.0.egg-info"),
        (f"{SITE}/six-1.16.0.egg-info/PKG-INFO", "python", f"{SITE}/six-1.16.0.egg-info"),
        (f"{SITE}/six-1.16.0-py3.8.egg", "egg", f"{SITE}/six-1.16.0-py3.8.egg"),
        (f"{SITE}/six-1.16.0-py3.8.egg/EGG-INFO/PKG-INFO", "python", f"{SITE}/six-1.16.0-py3.8.egg"),
        (f"{SITE}/app.egg-link", "egg_link", f"{SITE}/app.egg-link"),
        (f"{SITE}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", "python", f"{SITE}/setuptools/_vendor/wheel-0.43.0.dist-info"),
        ("opt/deps/numpy-1.26.4.dist-info/METADATA", "python", "opt/deps/numpy-1.26.4.dist-info"),
        ("app/src/app.egg-info/PKG-INFO", "python_project", "app/src/app.egg-info"),
        ("opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json", "conda", "opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json"),
        ("opt/conda/envs/app/conda-meta/python-3.10.1-h1_0.json", "conda", "opt/conda/envs/app/conda-meta/python-3.10.1-h1_0.json"),
        ("var/lib/dpkg/status", "dpkg", "var/lib/dpkg/status"),
        ("var/lib/dpkg/status.d/base-files", "dpkg", "var/lib/dpkg/status.d/base-files"),
        ("var/lib/dpkg/info/python3-six.list", "dpkg_list", "var/lib/dpkg/info/python3-six.list"),
        ("lib/apk/db/installed", "apk", "lib/apk/db/installed"),
        ("usr/lib/apk/db/installed", "apk", "usr/lib/apk/db/installed"),
        ("var/lib/rpm/rpmdb.sqlite", "rpm_sqlite", "var/lib/rpm/rpmdb.sqlite"),
        ("usr/lib/sysimage/rpm/Packages.db", "rpm_ndb", "usr/lib/sysimage/rpm/Packages.db"),
        ("var/lib/rpm/Packages", "rpm_bdb", "var/lib/rpm/Packages"),
        ("app/node_modules/react/package.json", "npm", "app/node_modules/react"),
        ("node_modules/@scope/a/node_modules/b/package.json", "npm", "node_modules/@scope/a/node_modules/b"),
        ("app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", "npm", "app/node_modules/.pnpm/a@1.0.0/node_modules/a"),
        ("usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.3.gemspec", "gem", "usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.3.gemspec"),
        ("usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec", "gem", "usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec"),
        ("opt/spark/jars/guava-14.0.1.jar", "jar", "opt/spark/jars/guava-14.0.1.jar"),
        ("usr/local/include/python3.12/patchlevel.h", "python_header", "usr/local/include/python3.12/patchlevel.h"),
        ("usr/local/cuda-12.4/version.json", "gpu_version", "usr/local/cuda-12.4/version.json"),
        ("usr/lib/x86_64-linux-gnu/libcudnn.so.9.1.0", "gpu_name", "usr/lib/x86_64-linux-gnu/libcudnn.so.9.1.0"),
        ("usr/lib/os-release", "os_release", "usr/lib/os-release"),
    ],
)  # fmt: skip
def test_a_record_is_told_by_its_path(path, reader, location):
    assert place(path) == (reader, location)


@pytest.mark.parametrize(
    "path",
    [
        f"{SITE}/pip/_vendor/vendor.txt",
        f"{SITE}/conda_build/tests/data/requests-2.0.dist-info/METADATA",
        f"{SITE}/conda/test/data/env/conda-meta/zlib-1.2-0.json",
        f"{SITE}/pkg/docs/x.dist-info/METADATA",
        f"{SITE}/numpy-1.26.4.dist-info/RECORD",
        f"{SITE}/~umpy-1.26.3.dist-info/METADATA",
        f"{SITE}/numpy-1.26.4.dist-info/licenses/METADATA",
        "opt/conda/pkgs/numpy-1.26.4-py311_0/lib/python3.11/site-packages/numpy-1.26.4.dist-info/METADATA",
        "opt/conda/pkgs/conda-24.1-py311_0/tests/conda-meta/zlib-1.2-0.json",
        "opt/conda/conda-meta/history",
        "opt/conda/conda-meta/state.json",
        "app/tests/fixtures/x.dist-info/METADATA",
        "app/package.json",
        "app/node_modules/resolve/test/fixtures/package.json",
        "app/node_modules/eslint/tests/node_modules/x/package.json",
        "app/node_modules/react/cjs/package.json",
        "app/node_modules/.package-lock.json",
        "app/node_modules/.vite/package.json",
        "rootfs/var/lib/dpkg/status",
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/info/python3-six.md5sums",
        "usr/share/doc/Packages",
        "app/rack.gemspec",
        "app/version.json",
        "app/models/installed",
        "etc/apt/sources.list",
        "METADATA",
        "",
        "a" * 5000 + "/node_modules/x/package.json",
    ],
)
def test_nothing_else_is_one(path):
    assert place(path) is None


def test_what_owns_a_record_is_asked_by_its_location():
    assert location(f"{SITE}/numpy-1.26.4.dist-info/METADATA") == f"{SITE}/numpy-1.26.4.dist-info"
    assert location(f"{SITE}/numpy-1.26.4.dist-info/INSTALLER") == ""
    assert location("var/lib/dpkg/status") == ""


@pytest.mark.parametrize(
    ("path", "package"),
    [
        (f"{SITE}/numpy-1.26.4.dist-info/METADATA", ""),
        (f"{SITE}/six-1.16.0-py3.8.egg/EGG-INFO/PKG-INFO", ""),
        (f"{SITE}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", "setuptools"),
        (f"{SITE}/setuptools-70.0-py3.8.egg/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", "setuptools"),
        (f"{SITE}/pyspark/jars/guava-14.0.1.jar", "pyspark"),
        ("opt/spark/jars/guava-14.0.1.jar", ""),
        ("opt/tool/_vendor/six-1.0.dist-info/METADATA", "tool"),
        ("opt/deps/numpy-1.26.4.dist-info/METADATA", ""),
    ],
)
def test_copies_are_carried_by_a_package(path, package):
    assert carrier(path) == package
