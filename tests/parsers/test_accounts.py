"""Lists of accounts are read as the C library reads them, and nothing of a password is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers import accounts
from scanner.parsers.accounts import Line


def test_each_account_has_its_line_its_number_and_what_its_password_is():
    data = b"# a comment\nroot:x:0:0:root:/root:/bin/sh\n\nbroken\napp::1000:1000::/:\nold:$1$a$b:7:7::/:\noff:!:x:8::/:\n+::::::\n"
    assert list(accounts.parse(data)) == [
        Line("root", "none", 0, 2),
        Line("app", "empty", 1000, 5),
        Line("old", "set", 7, 6),
        Line("off", "none", None, 7),
    ]


@pytest.mark.parametrize("field", ["*", "!", "!!", "!*", "!$6$a$b", "x", "*LK*", "NP"])
def test_an_account_that_is_locked_has_no_password(field):
    (line,) = accounts.parse(f"app:{field}:19000::::::".encode())
    assert line.password == "none"


def test_the_accounts_of_this_machine_are_those_that_the_c_library_knows():
    pwd = pytest.importorskip("pwd")
    with open("/etc/passwd", "rb") as file:
        ours = {(line.name, line.number) for line in accounts.parse(file.read())}
    known = {(entry.pw_name, entry.pw_uid) for entry in pwd.getpwall()}
    assert ours <= known
    assert {"root"} <= {name for name, _ in ours}


def test_a_list_that_is_too_long_is_told_after_what_was_read():
    found = []
    with pytest.raises(ValueError, match="more than 10,000 accounts"):
        found.extend(accounts.parse(b"a:x:1:1::/:\n" * (accounts.MAX_LINES + 1)))
    with pytest.raises(ValueError, match="at most"):
        list(accounts.parse(bytes(accounts.MAX_SIZE + 1)))


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data):
    for line in accounts.parse(data):
        assert line.name
        assert 1 <= line.line <= data.count(b"\n") + 1
