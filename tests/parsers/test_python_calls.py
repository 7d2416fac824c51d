"""Calls in Python source, against the syntax tree of the language itself."""

from __future__ import annotations

import ast
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers.python_calls import MAX_CALL, calls

NAMES = frozenset({"run", "launch"})

literals = st.one_of(
    st.text(max_size=8).map(repr),
    st.text(alphabet="ab'\"#(),\n", max_size=8).map(repr),
    st.integers(min_value=0, max_value=10**6).map(str),
    st.sampled_from(
        ["True", "False", "None", "[1, 2]", "{'a': (1, 2)}", "f(x, y=2)", "a == b", "'''(,'''", '"x" # )\n']
    ),
)
sources = st.builds(
    lambda before, owner, name, positionals, keywords, after: (
        f"{before}\n{owner}{name}({', '.join([*positionals, *(f'{k}={v}' for k, v in keywords.items())])})\n{after}\n"
    ),
    st.sampled_from(["import gradio", "# run(1)", "x = 'run(1)'", '"""\nlaunch(a=1)\n"""', "run = 1"]),
    st.sampled_from(["", "app.", "a.b."]),
    st.sampled_from(["run", "launch", "rerun"]),
    st.lists(literals, max_size=2),
    st.dictionaries(st.sampled_from(["host", "port", "share", "debug"]), literals, max_size=3),
    st.sampled_from(["", "def run(host=1):\n    pass", "class run(object): pass"]),
)


def from_tree(source: str) -> list[tuple[str, dict[str, object]]]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in NAMES:
            keywords = {
                k.arg: str(k.value.value)
                for k in node.keywords
                if k.arg is not None and isinstance(k.value, ast.Constant) and "\\" not in ast.unparse(k.value)
            }
            found.append((ast.unparse(node.func), keywords))
    return found


@settings(max_examples=300, derandomize=True, deadline=None)
@given(sources)
def test_calls_and_their_plain_values_are_those_of_the_syntax_tree(source):
    wanted = from_tree(source)
    found = [(call.name, call.keywords) for call in calls(source, NAMES)]

    assert [name for name, _ in found] == [name for name, _ in wanted]
    for (_, ours), (_, theirs) in zip(found, wanted, strict=True):
        assert theirs.keys() <= ours.keys()
        for name, value in theirs.items():
            assert ours[name].literal() in {value, None}
            assert source[ours[name].start : ours[name].end].startswith(name)


def test_what_is_no_literal_is_not_known():
    (call,) = calls("demo.launch(server_name=os.environ['HOST'], share=ARGS.share, port=int('7860'))", NAMES)

    assert {name: keyword.literal() for name, keyword in call.keywords.items()} == dict.fromkeys(
        ["server_name", "share", "port"]
    )


def test_double_stars_may_give_anything():
    (call,) = calls("run(**options)", NAMES)

    assert call.more


def test_a_call_without_an_end_or_with_too_much_in_it_is_not_read():
    assert not list(calls("run(host='x'", NAMES))
    assert not list(calls(f"run({'1, ' * MAX_CALL})", NAMES))


def test_hostile_source_takes_linear_time():
    started = time.process_time()
    for source in (
        "'" * 300_000,
        '"""' * 100_000,
        "run(" * 80_000,
        "\\'" * 150_000,
        "run(a=" + "(" * 200_000,
        "#" * 10**6,
    ):
        list(calls(source, NAMES))

    assert time.process_time() - started < 4
