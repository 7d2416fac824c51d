"""An image's config is read whatever its JSON holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.image_config import MAX_HISTORY, MAX_HISTORY_TEXT, MAX_ITEMS, MAX_TEXT, read


def test_what_docker_writes_is_read():
    found = read(
        {
            "config": {
                "User": "app",
                "Env": ["PATH=/bin", "A=b=c", "EMPTY="],
                "WorkingDir": "/app",
                "ExposedPorts": {"80/tcp": {}},
                "Entrypoint": ["python"],
                "Cmd": None,
                "Healthcheck": {"Test": ["CMD", "x"]},
                "Volumes": {"/data": {}},
                "Labels": {"a": "b"},
                "StopSignal": "SIGINT",
                "Shell": ["/bin/bash", "-c"],
                "OnBuild": ["RUN x"],
            },
            "rootfs": {"diff_ids": ["sha256:1", "sha256:2"]},
            "history": [{"created_by": "a"}, {"created_by": "b", "empty_layer": True, "comment": "c"}, {}],
        }
    )
    assert found.errors == ()
    assert (found.user, found.workdir, found.stop_signal) == ("app", "/app", "SIGINT")
    assert found.env == (("PATH", "/bin"), ("A", "b=c"), ("EMPTY", ""))
    assert (found.entrypoint, found.command, found.healthcheck) == (("python",), None, ("CMD", "x"))
    assert (found.ports, found.volumes, found.labels) == (("80/tcp",), ("/data",), (("a", "b"),))
    assert (found.shell, found.triggers, found.layers) == (("/bin/bash", "-c"), ("RUN x",), ("sha256:1", "sha256:2"))
    assert [(each.number, each.created_by, each.comment, each.empty, each.layer) for each in found.history] == [
        (1, "a", "", False, 0),
        (2, "b", "c", True, None),
        (3, "", "", False, 1),
    ]


def test_wrong_types_are_errors_that_name_their_key():
    found = read(
        {
            "config": {"Env": {"a": 1}, "Cmd": "x", "Entrypoint": [1, "y"], "Labels": {"a": 1}, "User": 5},
            "rootfs": [],
            "history": [1, {"created_by": 5}],
        }
    )
    assert set(found.errors) == {
        "config.Env is not a list",
        "config.Cmd is not a list",
        "config.Entrypoint[0] is not a string",
        "config.Labels.a is not a string",
        "config.User is not a string",
        "rootfs is not an object",
        "history[0] is not an object",
        "history[1].created_by is not a string",
    }
    assert found.entrypoint == ("", "y")


class TestLimits:
    def test_of_a_long_history_the_last_entries_are_read_and_the_layers_still_counted(self):
        found = read({"history": [{"created_by": "x"}] * (MAX_HISTORY + 500)})
        assert len(found.history) == MAX_HISTORY
        assert (found.history[0].number, found.history[0].layer) == (501, 500)
        assert found.errors == ("history has 2,500 entries; the last 2,000 were looked at",)

    def test_long_texts_are_cut(self):
        found = read({"config": {"User": "x" * (MAX_TEXT + 1)}, "history": [{"created_by": "y" * MAX_TEXT}] * 20})
        assert len(found.user) == MAX_TEXT
        assert sum(len(each.created_by) for each in found.history) == MAX_HISTORY_TEXT
        assert len(found.errors) == 2

    def test_of_many_items_the_first_are_read(self):
        found = read(
            {"config": {"Env": [f"A{n}=x" for n in range(MAX_ITEMS + 1)], "Labels": {str(n): "" for n in range(9999)}}}
        )
        assert len(found.env) == len(found.labels) == MAX_ITEMS
        assert len(found.errors) == 2

    def test_many_errors_are_counted(self):
        errors = read({"config": {"Cmd": [1] * 100}}).errors
        assert len(errors) == 51
        assert errors[-1] == "50 more mistakes like these"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ["User", "Env", "WorkingDir", "ExposedPorts", "Entrypoint", "Cmd", "Healthcheck", "Volumes", "Labels", "Shell"]
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "config": JSON | st.dictionaries(st.sampled_from([*KEYS, "OnBuild", "StopSignal", "Test"]), JSON),
        "rootfs": JSON | st.fixed_dictionaries({"diff_ids": JSON}),
        "history": JSON | st.lists(JSON | st.fixed_dictionaries({"created_by": JSON, "empty_layer": JSON})),
    },
)


@given(CONFIGS)
def test_any_json_is_read(config):
    found = read(config)
    assert all(isinstance(text, str) for text in (found.user, *found.ports, *(found.command or ()), *found.triggers))
    assert [each.number for each in found.history] == list(range(1, len(found.history) + 1))
