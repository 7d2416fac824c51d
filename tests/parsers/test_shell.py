"""What the shell parser says of scripts, one construct at a time."""

from __future__ import annotations

import pytest

from scanner.model.command import Command, Script
from scanner.model.instruction import Heredoc
from scanner.model.location import Text, Word
from scanner.parsers.shell import dialect, limits, parse, parse_argv


def read(source: str, **environment: str) -> Script:
    return parse(Text.of_file("run.sh", source), environment.get)


def words(script: Script) -> list[list[str]]:
    return [[word.text for word in command.words] for command in script.commands]


def last(source: str, **environment: str) -> Command:
    return read(source, **environment).commands[-1]


def arguments(source: str, **environment: str) -> list[str]:
    command = last(source, **environment)
    assert all(word.known for word in command.words), command.words
    return [word.text for word in command.arguments]


def unknown(source: str, **environment: str) -> list[str]:
    return [word.text for word in last(source, **environment).words if not word.known]


def test_operators_stand_in_front_of_their_command() -> None:
    script = read("a && b || c; d | e |& f & g\nh")
    assert [command.joined_by for command in script.commands] == ["", "&&", "||", ";", "|", "|&", "&", ";"]


def test_a_pipeline_has_one_number() -> None:
    numbers = [command.pipeline for command in read("a | b && c | (d; e) | f").commands]
    assert numbers[0] == numbers[1]
    assert numbers[2] == numbers[3] != numbers[0]
    assert numbers[4] == numbers[5] != numbers[3]


@pytest.mark.parametrize(
    ("source", "conditional"),
    [
        ("a; if b; then c; elif d; then e; else f; fi; g", "cdef"),
        ("a || b; c", "b"),
        ("a || b | c && d", "bc"),
        ("a || { b; c; }; d", "bc"),
        ("while a; do b; done; c", "b"),
        ("for i in $(a); do b; done; c", "b"),
        ("case x in y) a;; *) b;; esac; c", "ab"),
        ("f() { a; b; }; c", "ab"),
        ("function f { a; }; b", "a"),
        ("f() ( a ); { b; }; (c)", "a"),
        ("a || echo $(b)", ["echo", "b"]),
    ],
)
def test_what_may_not_run_is_conditional(source: str, conditional: str) -> None:
    assert [command.program for command in read(source).commands if command.conditional] == list(conditional)


def test_substitutions_have_a_parent() -> None:
    script = read('a "$(b $(c))" `d` <(e) >(f) $((1 + $(g)))')
    assert [(command.program, command.parent, command.inside) for command in script.commands] == [
        ("a", None, ""),
        ("b", 0, "$()"),
        ("c", 1, "$()"),
        ("d", 0, "$()"),
        ("e", 0, "<()"),
        ("f", 0, ">()"),
        ("g", 0, "$()"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("V=1.2; pip x==$V", ["x==1.2"]),
        ("pip x==${V}", ["x==env"]),
        ("export V=1 && pip $V", ["1"]),
        ("V=1; V=$V.2; V+=.3; pip $V", ["1.2.3"]),
        ("V='a  b'; pip $V \"$V\"", ["a", "b", "a  b"]),
        ('V=; pip $V "$V" x', ["", "x"]),
        ("pip ${V:-no} ${V:+yes} ${#V}", ["env", "yes", "3"]),
        ("V=; pip ${V:-no} ${V-no}", ["no"]),
        (
            "V=12.4.1; pip cu${V%.*} ${V//./} ${V%%.*} ${V#*.} ${V/./-}",
            ["cu12.4", "1241", "12", "4.1", "12-4.1"],
        ),
        ("V=Ab; pip ${V^^} ${V,,} ${V:0:1}", ["AB", "ab", "A"]),
        ("A=(x 'y z'); A+=(w); pip \"${A[@]}\" ${A[1]} ${#A[@]} $A", ["x", "y z", "w", "y", "z", "3", "x"]),
        ("for p in torch; do pip $p; done", ["torch"]),
        ("V=1; (V=2; a $V); pip $V", ["1"]),
        ("V=1; x=$(V=2); pip $V", ["1"]),
        ("V=1; if a; then V=1; fi; pip $V", ["1"]),
        ("if a; then V=1; b $V; fi; pip x", ["x"]),
        ("a && V=1 && pip $V", ["1"]),
        ("set -e; cd /x && V=1; pip $V", ["1"]),
        ("V=1 pip $V", ["env"]),
        ("for i in 1 2; do W=3; pip $W; done", ["3"]),
        ("W=3; while a; do pip $W; done", ["3"]),
        ("V=$'a\\tb\\x41'; pip \"$V\"", ["a\tbA"]),
        ('pip ${U:-$V} "${U:-a b}"', None),
    ],
)
def test_variables_that_are_known_are_filled_in(source: str, expected: list[str] | None) -> None:
    if expected is None:
        assert unknown(source, V="env") == ["${U:-$V}", "${U:-a b}"]
    else:
        assert arguments(source, V="env") == expected


@pytest.mark.parametrize(
    "source",
    [
        "pip $U",
        "V=$(date); pip $V",
        "V=1; [ a ] && V=2; pip $V",
        "V=1; a || V=2; pip $V",
        "V=1; if a; then V=2; fi; pip $V",
        "V=1; if a; then V=2; else V=3; fi; pip $V",
        "V=1; case a in a) V=2;; esac; pip $V",
        "for p in a b; do pip $p; done",
        "V=1; while a; do pip $V; V=2; done",
        "V=1; f() { pip $V; }; V=2",
        "V=1; for a in 1 2; do V=3; for b in 1 2; do pip $V; V=4; done; done",
        "V=1; f() { V=2; }; f; pip $V",
        "V=1; read V; pip $V",
        "V=1; unset V; pip $V",
        "V=1; (( V++ )); pip $V",
        "V=1; printf -v V x; pip $V",
        "V=1; eval V=2; [ x ] && eval V=3; pip $V",
        "A=(a $(b)); pip ${A[@]}",
        "A[1]=x; pip ${A[1]}",
        "V=a; pip ${!V} ",
        "pip $1",
        'pip "$@"',
        "bash -c 'V=1'; pip $U",
        'U=1; bash -c "pip \\$U"',
    ],
)
def test_what_is_not_known_stays_as_written(source: str) -> None:
    script = read(source)
    (word,) = [command for command in script.commands if command.program == "pip"][-1].arguments
    assert not word.known
    assert word.text.startswith("$")


def test_a_known_variable_in_front_may_vanish_or_be_the_program() -> None:
    assert words(read("$SUDO apt update; $PIP install x", SUDO="", PIP="python -m pip")) == [
        ["apt", "update"],
        ["python", "-m", "pip", "install", "x"],
    ]


def test_words_split_out_of_a_variable_share_its_place() -> None:
    command = last("pip $V", V="a b")
    assert [(word.start, word.end) for word in command.arguments] == [(4, 6), (4, 6)]


@pytest.mark.parametrize(
    ("source", "wrappers", "rest"),
    [
        ("sudo -E -u app pip x", ["sudo"], ["pip", "x"]),
        ("sudo A=1 pip", ["sudo"], ["pip"]),
        ("env -i -u X A=1 B=2 pip x", ["env"], ["pip", "x"]),
        ("/usr/bin/env python x", ["/usr/bin/env"], ["python", "x"]),
        ("exec -a n pip", ["exec"], ["pip"]),
        ("command pip", ["command"], ["pip"]),
        ("command -v pip", [], ["command", "-v", "pip"]),
        ("nohup nice -n 5 ionice -c3 stdbuf -oL pip", ["nohup", "nice", "ionice", "stdbuf"], ["pip"]),
        ("timeout -k 5 -s KILL 30s pip", ["timeout"], ["pip"]),
        ("time -p pip x", ["time"], ["pip", "x"]),
        ("xargs -n 1 -I{} pip install {}", ["xargs"], ["pip", "install", "{}"]),
        ("xargs", [], ["xargs"]),
        ("tini -g -- pip", ["tini"], ["pip"]),
        ("dumb-init --rewrite 15:3 -- pip", ["dumb-init"], ["pip"]),
        ("gosu app:app pip", ["gosu"], ["pip"]),
        ("./wait-for-it.sh db:5432 -t 60 -- mlflow server", ["./wait-for-it.sh"], ["mlflow", "server"]),
        ("wait-for-it -h db -p 5432 -- pip", ["wait-for-it"], ["pip"]),
        ("wait-for-it db:5432", [], ["wait-for-it", "db:5432"]),
        ("dockerize -wait tcp://db:5432 -timeout 60s pip", ["dockerize"], ["pip"]),
        ("su-exec app pip", ["su-exec"], ["pip"]),
        ("setpriv --reuid=1 --init-groups --regid 2 pip", ["setpriv"], ["pip"]),
        ("chroot --userspec=a /x pip", ["chroot"], ["pip"]),
        ("conda run --no-capture-output -n env pip x", ["conda"], ["pip", "x"]),
        ("micromamba run -p /e pip", ["micromamba"], ["pip"]),
        ("conda install x", [], ["conda", "install", "x"]),
        ("poetry run pip", ["poetry"], ["pip"]),
        ("pipenv run pip", ["pipenv"], ["pip"]),
        ("uv run --no-sync --with a --python 3.11 -- vllm serve", ["uv"], ["vllm", "serve"]),
        ("uv --directory /x run x.py", ["uv"], ["x.py"]),
        ("uv run -m x", [], ["uv", "run", "-m", "x"]),
        ("uv pip install x", [], ["uv", "pip", "install", "x"]),
        ("runuser -u app -- pip", ["runuser"], ["pip"]),
        ("busybox wget x", ["busybox"], ["wget", "x"]),
        ("env", [], ["env"]),
        ("sudo -l", [], ["sudo", "-l"]),
    ],
)
def test_wrappers_are_peeled_off(source: str, wrappers: list[str], rest: list[str]) -> None:
    command = last(source)
    assert ([word.text for word in command.wrappers], [word.text for word in command.words]) == (wrappers, rest)


def test_assignments_of_env_are_assignments() -> None:
    (assignment,) = last("env TOKEN='x y' run").assignments
    assert (assignment.name, assignment.value.text) == ("TOKEN", "x y")


def test_assignments_have_places() -> None:
    source = "A=1 B='x y' run C=3; export D=$U E"
    script = read(source)
    found = [
        (a.name, a.value.text, a.value.known, source[a.start : a.end]) for c in script.commands for a in c.assignments
    ]
    assert found == [("A", "1", True, "A=1"), ("B", "x y", True, "B='x y'"), ("D", "$U", False, "D=$U")]
    assert words(script) == [["run", "C=3"], ["export", "D=$U", "E"]]


def test_assignments_alone_are_a_command_without_words() -> None:
    command = last("A=1 B=2")
    assert command.words == ()
    assert command.program == ""
    assert command.evidence().quote == "A=1 B=2"


@pytest.mark.parametrize(
    "source",
    [
        "sh -c 'pip install \"a b\"'",
        "bash -lc 'pip install \"a b\"' arg0",
        "bash -euxo pipefail -c 'pip install \"a b\"'",
        "/bin/bash -o pipefail -c \"pip install 'a b'\"",
        "bash --login --rcfile x -c 'pip install a\\ b'",
        "su - app -c 'pip install \"a b\"'",
        "su -c 'pip install \"a b\"' app",
        "su app --command 'pip install \"a b\"'",
        "eval pip install '\"a b\"'",
        "sudo env A=1 sh -ec 'pip install \"a b\"'",
        "bash <<'EOF'\npip install 'a b'\nEOF\n",
        "bash -s <<EOF\npip install 'a b'\nEOF",
        "sh <<< \"pip install 'a b'\"",
    ],
)
def test_scripts_in_arguments_are_read(source: str) -> None:
    script = read(source)
    assert len(script.commands) == 2
    inner = script.commands[1]
    assert [word.text for word in inner.words] == ["pip", "install", "a b"]
    assert (inner.parent, inner.inside) == (0, "-c")
    line, column = inner.source.place(inner.words[0].start)
    assert source.splitlines()[line - 1][column - 1 :].startswith("pip")


def test_a_shell_with_a_script_file_reads_no_here_document() -> None:
    assert len(read("bash x.sh <<EOF\npip\nEOF").commands) == 1


def test_inner_scripts_see_what_is_exported() -> None:
    assert words(read("export A=1; B=2; C=3 sh -c 'x $A $B $C'"))[-1] == ["x", "1", "$B", "3"]


def test_what_the_outer_script_does_not_know_is_not_read_twice() -> None:
    assert words(read('bash -c "x $(y) \\$(z)"')) == [
        ["bash", "-c", "x $(y) $(z)"],
        ["y"],
        ["x", "$(y)", "$(z)"],
        ["z"],
    ]


def test_places_inside_nested_scripts_are_those_of_the_file() -> None:
    source = """echo é; sh -c "sh -c 'pip install \\"x\\"'" """
    word = last(source).words[-1]
    script = read(source)
    (pip,) = [command for command in script.commands if command.program == "pip"]
    assert word.text == "x"
    span = pip.evidence(pip.words[0]).at.span
    assert span is not None
    assert source[span.first_column - 1 : span.last_column] == "pip"


def heredoc(name: str, body: str, *, expand: bool = True) -> Heredoc:
    return Heredoc(name=name, descriptor=0, expand=expand, strip_tabs=False, text=Text.of_file("Dockerfile", body))


def test_bodies_that_buildkit_took_out_are_given_back() -> None:
    text = Text.of_file("Dockerfile", "cat <<EOF > /a && cat <<'B' | tee /b && V=2")
    script = parse(text, {"V": "1"}.get, [heredoc("EOF", "v=$V $(x)\n"), heredoc("B", "v=$V\n", expand=False)])
    assert [(w.path.text, w.content.value if w.content else None) for w in script.written] == [
        ("/a", "v=1 $(x)\n"),
        ("/b", "v=$V\n"),
    ]
    assert words(script) == [["cat"], ["x"], ["cat"], ["tee", "/b"], []]
    assert script.errors == ()


def test_bodies_in_a_script_are_given_to_their_command() -> None:
    script = read("cat <<A <<-'B'; next\n$(one)\nA\n\t\ttwo $(x)\n\tB\nlast")
    assert words(script) == [["cat"], ["next"], ["one"], ["last"]]
    assert script.commands[0].heredoc is not None
    assert script.commands[0].heredoc.value == "two $(x)\n"
    assert script.commands[0].heredoc.place(0) == (4, 3)
    assert [redirect.operator for redirect in script.commands[0].redirects] == ["<<", "<<-"]


@pytest.mark.parametrize(
    ("source", "path", "content", "append"),
    [
        ("echo a 'b  c' > f", "f", "a b  c\n", False),
        ("echo -n a >> f", "f", "a", True),
        ("echo -e 'a\\nb' > f", "f", "a\nb\n", False),
        ('echo "a\\nb" > f', "f", "a\nb\n", False),
        ("echo -E 'a\\nb' > f", "f", "a\\nb\n", False),
        ("printf 'a\\tb\\n' > f", "f", "a\tb\n", False),
        ("printf '%s\\n' a 'b c' > f", "f", "a\nb c\n", False),
        ("printf '%s=%s%%' a b > f", "f", "a=b%", False),
        ("printf '%5.2f' 1 > f", "f", None, False),
        ("cat <<EOF > f\nx $V\nEOF", "f", "x 1\n", False),
        ("cat > f <<'EOF'\nx $V\nEOF", "f", "x $V\n", False),
        ("cat <<EOF | sudo tee -a f > /dev/null\nx\nEOF", "f", "x\n", True),
        ("tee f <<EOF\nx\nEOF", "f", "x\n", False),
        ("echo x | tee f", "f", "x\n", False),
        ("echo x | cat | tee f", "f", "x\n", False),
        ("echo x | base64 -d > f", "f", None, False),
        ("echo x $U > f", "f", "x $U\n", False),
        ("curl x > f", "f", None, False),
        ("> f", "f", "", False),
        ("{ echo a; echo b; } > f", "f", "a\nb\n", False),
        ("(echo a; cat x) > f", "f", None, False),
        ("cat <<< hi &> f", "f", "hi\n", False),
    ],
)
def test_files_written(source: str, path: str, content: str | None, append: bool) -> None:
    (written,) = read(source, V="1").written
    found = None if written.content is None else written.content.value
    assert (written.path.text, found, written.append) == (path, content, append)


@pytest.mark.parametrize("source", ["a 2> f", "a > /dev/null", "a >&2", "a 2>&1", "echo a | tee", "a < f", "a >&-"])
def test_what_writes_no_file(source: str) -> None:
    assert read(source).written == ()


def test_what_is_written_knows_its_place() -> None:
    (written,) = read("echo \\\n 'one\\ntwo' > f").written
    assert written.content is not None
    assert written.content.value == "one\ntwo\n"
    assert written.content.place(0) == (2, 3)
    assert written.content.place(4) == (2, 8)


def test_exec_form() -> None:
    text = Text.of_file("Dockerfile", 'CMD ["tini", "--", "sh", "-c", "x \\"a b\\" $A && y"]')
    strings = ["tini", "--", "sh", "-c", 'x "a b" $A && y']
    found, at = [], 4
    for string in strings:
        at = text.value.index('"', at)
        end = text.value.index('", ', at) + 1 if string != strings[-1] else len(text.value) - 1
        found.append(Word(string, at, end))
        at = end
    script = parse_argv(text, found, {"A": "1"}.get)
    assert words(script) == [["sh", "-c", strings[-1]], ["x", "a b", "1"], ["y"]]
    assert [word.text for word in script.commands[0].wrappers] == ["tini"]
    inner = script.commands[2]
    assert text.value[inner.source.place(inner.words[0].start)[1] - 1] == "y"


def test_exec_form_fills_in_no_variable() -> None:
    script = parse_argv(Text.of_file("x", '"echo" "$A"'), [Word("echo", 0, 6), Word("$A", 7, 11)], {"A": "1"}.get)
    assert words(script) == [["echo", "$A"]]
    assert parse_argv(Text.of_file("x", "[]"), [], {}.get) == Script(commands=())


def test_carriage_returns_in_front_of_a_newline_are_no_part_of_a_word() -> None:
    script = read("a b\r\nif c\r\nthen d\r\nfi\r\ncat <<E > f\r\nx\r\nE\r\nlast\r\n")
    assert words(script) == [["a", "b"], ["c"], ["d"], ["cat"], ["last"]]
    assert script.errors == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a 'b", "single quote"),
        ('a "b', "double quote"),
        ("a `b", "backtick"),
        ("a $(b", "parenthesis"),
        ("a ${b", "brace"),
        ("if a; then b", "if is not closed"),
        ("a; done; b", "done closes nothing"),
        ("a; then b", "then stands where none can"),
        ("cat <<E\nx", "not closed"),
        ("a b (c)", "parenthesis"),
        ("[[ a", "[["),
        ("x=(a", "list"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_given(source: str, reason: str) -> None:
    script = read(source)
    assert any(reason in error[2] for error in script.errors)
    assert script.commands


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("a" * (limits.MAX_SCRIPT + 1), "longer than"),
        ("x $(" * 100, "levels of substitution"),
        ("x ${a:-" * 100, "levels of substitution"),
        ("{ " * 300, "open compound commands"),
        ("( " * 300, "open compound commands"),
        ("a;" * (limits.MAX_COMMANDS + 1), "commands"),
        ("eval " * (limits.MAX_INNER // 6), "inside the script"),
        (f"A={'a' * 60000};" + "x $A;" * 20, "variables add"),
        ("A='eval $A'; eval $A", "levels of substitution"),
    ],
)
def test_reaching_a_limit_is_an_error_entry(source: str, limit: str) -> None:
    assert any(limit in error[2] for error in read(source).errors)


@pytest.mark.parametrize(
    "unit", ["[[ (", "$((", "((a\n", "`", "<<A ", "a@(", "cat <<A\n$(", "f()", "2>", "A=$A$A;", "if a;then A=1;else "]
)
def test_hostile_repetition_ends_soon(unit: str) -> None:
    assert isinstance(read(unit * (30_000 // len(unit))), Script)


@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        (["/bin/bash", "-o", "pipefail", "-c"], "posix"),
        (["/bin/sh", "-c"], "posix"),
        (["/busybox/busybox", "sh", "-c"], "posix"),
        (["/usr/bin/env", "bash", "-c"], "posix"),
        (["powershell", "-Command"], "powershell"),
        (["C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"], "powershell"),
        (["pwsh", "-c"], "powershell"),
        (["cmd", "/S", "/C"], "cmd"),
        (["python3", "-c"], "other"),
        (["conda", "run", "-n", "x", "/bin/bash", "-c"], "posix"),
        ([], "other"),
    ],
)
def test_dialects(shell: list[str], expected: str) -> None:
    assert dialect(shell) == expected
