"""Packages are held against the advisories that are about them, and each vulnerability is told once."""

from __future__ import annotations

import pytest

from scanner.advisories.corrections import Correction, versions
from tests.advisories.made import V3, V4, affected, below, compiled, found, package, record, system

TORCH = record("PYSEC-2025-41", below("torch", "2.6.0"), aliases=["CVE-2025-32434"], summary="It runs code.")


@pytest.fixture
def known(tmp_path):
    return lambda *records, **more: compiled(tmp_path / "a.db", *records, **more)


def ids(facts):
    return [fact.advisory for fact in facts]


class TestPython:
    def test_a_package_is_affected_before_the_fix_and_not_after(self, known):
        database = known(TORCH)
        (fact,) = found(database, package("torch", "2.5.1+cu121"))
        assert (fact.advisory, fact.aliases, fact.source) == ("CVE-2025-32434", ("PYSEC-2025-41",), "PyPI")
        assert (fact.affects, fact.fixed_in, fact.upgrade, fact.remedy) == (
            True,
            ("2.6.0",),
            "2.6.0",
            "upgrade to 2.6.0",
        )
        assert fact.summary == "It runs code"
        assert found(database, package("torch", "2.6.0+cu124"), package("torchvision", "0.1")) == []

    def test_a_listed_version_is_affected_though_no_range_has_it(self, known):
        database = known(
            record("A-1", affected("django", ("introduced", "4.2"), ("fixed", "4.2.1"), versions=["4.2a1", "4.2"]))
        )
        assert ids(found(database, package("django", "4.2a1"))) == ["A-1"]
        assert found(database, package("django", "4.1")) == []

    def test_a_build_of_a_vendor_may_have_the_fix(self, known):
        (fact,) = found(known(TORCH), package("torch", "2.6.0a0+ecf3bae40a.nv25.01"))
        assert (fact.affects, fact.certainty) == (True, "low")

    def test_what_is_nearly_a_version_is_compared_and_less_sure(self, known):
        (fact,) = found(known(TORCH), package("torch", "2.5.0-NA"))
        assert (fact.affects, fact.certainty) == (True, "medium")

    def test_a_date_cannot_be_compared(self, known):
        (fact,) = found(known(TORCH), package("torch", "2024-09-19"))
        assert (fact.affects, fact.upgrade) == (None, "")

    def test_a_record_without_versions_affects_nobody_knows_what(self, known):
        (fact,) = found(known(record("CVE-2025-8747", affected("keras"))), package("keras", "3.0"))
        assert fact.affects is None

    def test_a_withdrawn_record_says_nothing(self, known):
        assert found(known(TORCH | {"withdrawn": "2025-05-01T00:00:00Z"}), package("torch", "1.0")) == []

    def test_names_are_normalized(self, known):
        assert ids(found(known(record("A-1", below("Ruamel.YAML", "1"))), package("ruamel-yaml", "0.9"))) == ["A-1"]

    def test_a_disputed_record_is_unsure(self, known):
        database = known(TORCH | {"details": "** DISPUTED ** The maker says that it is by design."})
        (fact,) = found(database, package("torch", "1.0"))
        assert (fact.disputed, fact.certainty) == (True, "low")

    def test_a_copy_inside_another_package_is_less_sure(self, known):
        (fact,) = found(known(TORCH), package("torch", "1.0", vendored_in="setuptools"))
        assert fact.certainty == "medium"


class TestOneVulnerability:
    def test_records_that_share_an_id_are_one(self, known):
        database = known(
            record("PYSEC-1", below("torch", "2.6.0"), aliases=["CVE-1-1"]),
            record("GHSA-1", below("torch", "2.6.1"), aliases=["PYSEC-1"]),
            record("X-1", below("torch", "2.7"), aliases=["GHSA-1"]),
        )
        (fact,) = found(database, package("torch", "2.0"))
        assert fact.advisory == "CVE-1-1"
        assert set(fact.aliases) == {"PYSEC-1", "GHSA-1", "X-1"}
        assert fact.fixed_in == ("2.6.0", "2.6.1", "2.7")

    def test_one_that_affects_outweighs_one_that_does_not_know(self, known):
        database = known(
            record("PYSEC-1", affected("torch"), aliases=["CVE-1-1"]),
            record("GHSA-1", below("torch", "3"), aliases=["CVE-1-1"]),
        )
        assert [fact.affects for fact in found(database, package("torch", "2.0"))] == [True]

    def test_a_project_is_held_against_the_names_that_its_advisories_are_filed_under(self, known):
        database = known(record("A-1", below("tensorflow", "2.12"), below("tensorflow-cpu", "2.12")))
        (fact,) = found(database, package("tensorflow-cpu", "2.4.0"))
        assert (fact.name, fact.certainty) == ("tensorflow-cpu", "high")
        (fact,) = found(database, package("tf-nightly", "2.4.0.dev20210101"))
        assert fact.certainty == "medium"

    def test_siblings_that_are_both_there_count_once(self, known):
        database = known(record("A-1", below("tensorflow", "2.12"), below("tensorflow-intel", "2.12")))
        (fact,) = found(database, package("tensorflow", "2.4.0"), package("tensorflow-intel", "2.4.0"))
        assert len(fact.evidence) == 2

    def test_copies_of_a_package_are_further_evidence(self, known):
        (fact,) = found(known(TORCH), package("torch", "2.0", location="a"), package("torch", "2.0", location="b"))
        assert [evidence.at.path for evidence in fact.evidence] == ["a/METADATA", "b/METADATA"]

    @pytest.mark.parametrize("other", ["torch", "tensorflow-intel"])
    def test_it_is_reached_when_one_of_the_copies_or_siblings_is(self, known, other):
        name = "torch" if other == "torch" else "tensorflow"
        database = known(record("A-1", *(below(each, "9") for each in dict.fromkeys((name, other)))))
        first, second = package(name, "2.0", location="a"), package(other, "2.0", location="b")
        by = "vllm, open on port 8000"
        for same in ((first, second.replace(reached_by=by)), (first.replace(reached_by=by), second)):
            (fact,) = found(database, *same)
            assert (fact.reached_by, fact.told) == (by, f"{name} 2.0 (reached by {by})")
        (fact,) = found(database, first, second)
        assert (fact.reached_by, fact.told) == (None, f"{name} 2.0")

    def test_an_update_adds_nothing_to_the_vulnerabilities_that_it_mends(self, known):
        parts = [below("openssl", "3.0.2-0ubuntu1.12", ecosystem="Ubuntu:22.04:LTS")]
        database = known(
            record("USN-1", *parts, upstream=["CVE-1-1", "CVE-1-2"]),
            record("UBUNTU-CVE-1-1", *parts, upstream=["CVE-1-1"]),
            record("UBUNTU-CVE-1-2", *parts, upstream=["CVE-1-2"]),
        )
        facts = found(
            database, system("ubuntu", "22.04"), package("openssl", "3.0.2-0ubuntu1", "deb", source="openssl")
        )
        assert sorted(ids(facts)) == ["CVE-1-1", "CVE-1-2"]

    def test_an_update_is_told_where_nobody_else_tells(self, known):
        database = known(
            record(
                "RHSA-2026:1",
                below("openssl", "1:3.0.7-25.el9", "Red Hat:enterprise_linux:9::baseos"),
                upstream=["CVE-1-1", "CVE-1-2"],
            )
        )
        (fact,) = found(database, system("rhel", "9.4"), package("openssl", "1:3.0.7-24.el9", "rpm"))
        assert (fact.advisory, fact.aliases) == ("RHSA-2026:1", ("CVE-1-1", "CVE-1-2"))


class TestDistributions:
    @pytest.mark.parametrize(
        ("id", "version", "ecosystem", "kind", "installed", "fixed"),
        [
            ("debian", "12", "Debian:12", "deb", "3.0.11-1~deb12u1", "3.0.11-1~deb12u2"),
            ("debian", "12.5", "Debian:12", "deb", "3.0.11-1~deb12u1", "3.0.11-1"),
            ("ubuntu", "22.04", "Ubuntu:22.04:LTS", "deb", "3.0.2-0ubuntu1.9", "3.0.2-0ubuntu1.10"),
            ("ubuntu", "23.10", "Ubuntu:23.10", "deb", "3.0.10-1ubuntu2", "3.0.10-1ubuntu2.1"),
            ("alpine", "3.20.3", "Alpine:v3.20", "apk", "3.3.1-r0", "3.3.1-r1"),
            ("wolfi", "20230201", "Wolfi", "apk", "3.3.1-r0", "3.3.1-r1"),
            ("chainguard", "20230214", "Chainguard", "apk", "3.3.1_rc1-r0", "3.3.1-r0"),
            ("rhel", "9.4", "Red Hat:enterprise_linux:9::baseos", "rpm", "1:3.0.7-24.el9", "1:3.0.7-25.el9_3"),
            ("rocky", "9.3", "Rocky Linux:9", "rpm", "1:3.0.7-24.el9", "1:3.0.7-25.el9"),
            ("almalinux", "9.3", "AlmaLinux:9", "rpm", "3.0.7-24.el9", "1:3.0.7-24.el9"),
            ("sles", "15.6", "SUSE:Linux Enterprise Module for Basesystem 15 SP6", "rpm", "3.1.4-150600.5.7.1", "3.1.4-150600.5.10.1"),
            ("opensuse-leap", "15.6", "openSUSE:Leap 15.6", "rpm", "3.1.4-150600.5.7.1", "3.1.4-150600.5.10.1"),
        ],
    )  # fmt: skip
    def test_a_package_is_judged_by_the_release_of_its_distribution(
        self, known, *, id, version, ecosystem, kind, installed, fixed
    ):
        database = known(
            record("CVE-1-1", below("openssl", fixed, ecosystem)),
            record("CVE-1-2", below("openssl", "99", "Debian:11"), below("openssl", "99", "Alpine:v3.19"), below("openssl", "99", "Ubuntu:Pro:22.04:LTS"), below("openssl", "99", "Red Hat:rhel_eus:9.4::baseos"), below("openssl", "99", "Rocky Linux:8"), below("openssl", "99", "PyPI")),
        )  # fmt: skip
        there = system(id, version)
        assert ids(found(database, there, package("libssl3", installed, kind, source="openssl"))) == ["CVE-1-1"]
        assert found(database, there, package("libssl3", fixed, kind, source="openssl")) == []
        assert found(database, package("libssl3", installed, kind, source="openssl")) == []

    def test_a_debian_package_is_compared_by_the_version_of_its_source(self, known):
        database = known(record("CVE-1-1", below("gcc-12", "12.2.0-15", "Debian:12")))
        libgcc = package("libgcc", "1:99", "deb", source="gcc-12", source_version="12.2.0-14")
        assert ids(found(database, system("debian", "12"), libgcc)) == ["CVE-1-1"]

    def test_a_python_package_of_the_distribution_is_judged_by_the_distribution(self, known):
        database = known(TORCH, record("CVE-1-1", below("pytorch", "1.13.1+dfsg-4", "Debian:12")))
        facts = found(
            database,
            system("debian", "12"),
            package("torch", "1.13.1", owned_by="deb:python3-torch 1.13.1+dfsg-3"),
            package("python3-torch", "1.13.1+dfsg-3", "deb", source="pytorch"),
        )
        assert ids(facts) == ["CVE-1-1"]

    def test_headers_of_the_kernel_are_not_the_kernel_that_runs(self, known):
        database = known(record("CVE-1-1", below("linux", "7", "Debian:12")))
        there = system("debian", "12")
        assert found(database, there, package("linux-libc-dev", "6.1.1-1", "deb", source="linux")) == []
        assert ids(found(database, there, package("linux-image-6.1.0-1-amd64", "6.1.1-1", "deb", source="linux"))) == [
            "CVE-1-1"
        ]

    def test_the_stream_of_a_module_is_unsure(self, known):
        database = known(
            record("RHSA-1", below("nodejs", "1:20.1-1.module+el9", "Red Hat:enterprise_linux:9::appstream"))
        )
        (fact,) = found(database, system("rhel", "9.4"), package("nodejs", "1:18.1-1.module+el9", "rpm"))
        assert fact.certainty == "low"

    def test_what_a_distribution_says_of_its_own_package_counts_more_than_cvss(self, known):
        part = below("openssl", "9", "Debian:12", ecosystem_specific={"urgency": "unimportant"})
        database = known(
            record("DEBIAN-CVE-1", part, upstream=["CVE-1-1"], severity=[{"type": "CVSS_V3", "score": V3}])
        )
        (fact,) = found(database, system("debian", "12"), package("openssl", "1", "deb", source="openssl"))
        assert (fact.severity, fact.score) == ("info", "9.8")


class TestLanguages:
    @pytest.mark.parametrize(
        ("ecosystem", "kind", "name", "installed", "fixed"),
        [
            ("npm", "npm", "@scope/left", "1.0.0-rc.1", "1.0.0"),
            ("Go", "go", "stdlib", "go1.22.3", "1.22.4"),
            ("Go", "go", "github.com/x/y", "v0.0.0-20200101000000-abcdefabcdef", "0.1.0"),
            ("Maven", "maven", "org.apache.logging.log4j:log4j-core", "2.14.1", "2.15.0"),
            ("RubyGems", "gem", "rack", "2.2.6.pre", "2.2.6"),
            ("crates.io", "cargo", "time", "0.2.22", "0.2.23"),
        ],
    )
    def test_each_has_its_own_order(self, known, *, ecosystem, kind, name, installed, fixed):
        database = known(record("CVE-1-1", below(name, fixed, ecosystem)))
        assert ids(found(database, package(name, installed, kind))) == ["CVE-1-1"]
        assert found(database, package(name, fixed, kind)) == []

    def test_a_conda_package_is_held_against_its_project(self, known):
        database = known(TORCH)
        (fact,) = found(database, package("pytorch", "2.5.1", "conda"))
        assert (fact.name, fact.advisory, fact.certainty) == ("pytorch", "CVE-2025-32434", "high")

    def test_a_conda_package_whose_python_package_is_there_counts_once(self, known):
        there = package("torch", "2.5.1", owned_by="conda:pytorch 2.5.1")
        assert [fact.name for fact in found(known(TORCH), package("pytorch", "2.5.1", "conda"), there)] == ["torch"]

    def test_a_conda_package_that_only_shares_a_name_is_no_project_of_the_index(self, known):
        assert found(known(record("A-1", below("redis", "99"))), package("redis", "7.0", "conda")) == []


class TestSeverity:
    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({"severity": [{"type": "CVSS_V3", "score": V3}]}, ("critical", "9.8", V3)),
            ({"severity": [{"type": "CVSS_V4", "score": V4}]}, ("critical", "9.3", V4)),
            (
                {"severity": [{"type": "CVSS_V4", "score": V4}, {"type": "CVSS_V3", "score": V3}]},
                ("critical", "9.8", V3),
            ),
            ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/nonsense"}]}, (None, "", "")),
            ({"severity": [{"type": "Ubuntu", "score": "negligible"}]}, ("info", "", "")),
            ({"database_specific": {"severity": "MODERATE"}}, ("medium", "", "")),
            ({"database_specific": {"severity": "not yet assigned"}}, (None, "", "")),
            ({}, (None, "", "")),
        ],
    )
    def test_it_is_what_the_advisory_says_and_unknown_where_it_says_nothing(self, known, said, expected):
        (fact,) = found(known(TORCH | said), package("torch", "1.0"))
        assert (fact.severity, fact.score, fact.vector) == expected

    def test_a_package_that_is_an_attack_is_critical(self, known):
        (fact,) = found(known(record("MAL-2026-1", affected("torch", ("introduced", "0")))), package("torch", "1.0"))
        assert fact.severity == "critical"

    def test_what_is_known_beside_advisories_is_joined_by_any_id(self, known):
        database = known(TORCH, kev=[("CVE-2025-32434", "2026-01-01")], epss=[("CVE-2025-32434", 0.876)])
        (fact,) = found(database, package("torch", "1.0"))
        assert (fact.exploited, fact.exploit_percent) == (True, 88)
        (fact,) = found(known(TORCH, kev=[("CVE-1-1", "")], epss=[("CVE-1-1", 0.1)]), package("torch", "1.0"))
        assert (fact.exploited, fact.exploit_percent) == (False, None)
        (fact,) = found(known(TORCH), package("torch", "1.0"))
        assert fact.exploited is None

    def test_a_copy_that_a_later_layer_removes_hides_none_that_ships(self, known):
        facts = found(
            known(TORCH), package("torch", "1.0", location="a", ships=False), package("torch", "1.0", location="b")
        )
        assert sorted((fact.ships, fact.location) for fact in facts) == [(False, "a"), (True, "b")]

    def test_the_base_image_and_what_ships_are_told(self, known):
        (fact,) = found(known(TORCH), package("torch", "1.0", base=True, ships=False))
        assert (fact.of_base, fact.ships) == (True, False)


class TestCorrections:
    def test_a_data_error_is_put_right_by_what_comes_along(self, known):
        """PYSEC-2026-206 says 0 to 0.10.1 where only 0.10.1 is meant."""
        database = known(
            record("PYSEC-2026-206", affected("guardrails-ai", ("introduced", "0"), ("last_affected", "0.10.1")))
        )
        assert found(database, package("guardrails-ai", "0.9.0")) == []
        assert ids(found(database, package("guardrails-ai", "0.10.1"))) == ["PYSEC-2026-206"]

    def test_the_user_knows_better_by_any_id(self, known):
        own = [Correction(advisory="CVE-2025-32434", package="torch", versions=">=2.0,<2.2 || 2.5.1", reason="tested")]
        database = known(TORCH)
        hit = [
            version
            for version in ("1.13", "2.0", "2.1.5", "2.2", "2.5.0", "2.5.1")
            if found(database, package("torch", version), own=own)
        ]
        assert hit == ["2.0", "2.1.5", "2.5.1"]

    @pytest.mark.parametrize("words", ["", ">", "~=1.0", ">=1.0,", "1.0 2.0", "x" * 3000])
    def test_what_says_no_versions_is_refused(self, words):
        with pytest.raises(ValueError, match=r"is not like|characters"):
            versions(words)

    def test_none_is_none(self):
        assert versions("none").empty()
