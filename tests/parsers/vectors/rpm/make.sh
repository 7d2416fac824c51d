#!/bin/sh -e
# Makes rpmdb.sqlite.gz and Packages.gz beside it: the databases of a system with two packages.
# Needs rpm 4.18 with rpmbuild, and a python3 whose dbm.ndbm is Berkeley DB (Debian's is).
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cat > "$work/demo.spec" <<'SPEC'
Name: python3-demo
Version: 1.2
Release: 3
Epoch: 2
Summary: A demonstration
License: MIT AND (BSD-3-Clause OR Apache-2.0)
BuildArch: noarch
%description
A demonstration.
%install
mkdir -p %{buildroot}/usr/lib/python3.9/site-packages/demo-1.2.dist-info
echo x > %{buildroot}/usr/lib/python3.9/site-packages/demo-1.2.dist-info/METADATA
for i in $(seq 300); do echo x > %{buildroot}/usr/lib/python3.9/site-packages/a_module_with_a_long_name_$i.py; done
%files
/usr/lib/python3.9/site-packages
%package -n demo-libs
Summary: Libraries of the demonstration
%description -n demo-libs
Libraries.
%files -n demo-libs
SPEC
rpmbuild -bb --nodeps --define "_topdir $work" --define "_buildhost example" --define "_db_backend sqlite" "$work/demo.spec"
mkdir "$work/root"
rpm --define "_db_backend sqlite" --root "$work/root" --dbpath /var/lib/rpm -i --nodeps --justdb "$work"/RPMS/noarch/*.rpm
python3 - "$work" "$here" <<'PYTHON'
import dbm.ndbm, gzip, pathlib, sqlite3, struct, sys
work, here = map(pathlib.Path, sys.argv[1:])
path = work / "root/var/lib/rpm/rpmdb.sqlite"
rows = sqlite3.connect(path).execute("SELECT hnum, blob FROM Packages").fetchall()
with dbm.ndbm.open(str(work / "hash"), "n") as database:
    database[struct.pack("<I", 0)] = struct.pack("<I", len(rows))
    for number, blob in rows:
        database[struct.pack("<I", number)] = blob
for name, data in (("rpmdb.sqlite", path.read_bytes()), ("Packages", (work / "hash.db").read_bytes())):
    (here / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
PYTHON
rm -rf "$work"
