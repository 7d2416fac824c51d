"""The vocabulary: what can be known about a target, whatever it was read from. docs/facts.md is made from it."""

from __future__ import annotations

from scanner.model.facts.agents import AgentExecution, Destination
from scanner.model.facts.artifacts import Artifact, CopiedArtifact, ModelCode, Provenance
from scanner.model.facts.base import KINDS, Fact
from scanner.model.facts.build import (
    Command,
    Copy,
    CopyAgain,
    HealthCheck,
    Instruction,
    Label,
    LateRemoval,
    ShellWeakness,
    Stage,
    SymbolicLink,
)
from scanner.model.facts.combinations import Combination
from scanner.model.facts.image import (
    BaseImage,
    BuildArgument,
    CudaPairing,
    EndOfLife,
    EnvironmentVariable,
    RuntimeUser,
    UndefinedVariable,
)
from scanner.model.facts.installed import GpuLibrary, InstalledPackage, OperatingSystem, PackageRecord
from scanner.model.facts.layers import (
    Account,
    AccountPassword,
    CachedModel,
    LayerFile,
    LayerIndex,
    LayerVerificationOff,
    PackageCache,
    PasswordlessSudo,
    SetIdProgram,
    StartFile,
    StoredAgain,
    WorldWritable,
)
from scanner.model.facts.model_files import Model, ModelFile, ModelFlaw, ModelImport, ModelName, ModelTemplate
from scanner.model.facts.models import ModelDownload, RemoteCode, UnsafeLoad
from scanner.model.facts.network import ExposedPort, ServerSwitch, Service
from scanner.model.facts.packages import (
    LookAlike,
    MaliciousRelease,
    PackageIndex,
    PackageManagerCall,
    Requirement,
    Telemetry,
)
from scanner.model.facts.secrets import CredentialFile, HeldSecret, Login, Secret, SecretMount
from scanner.model.facts.supply import Download, GitClone, VerificationOff
from scanner.model.facts.vulnerabilities import KnownVulnerability, VulnerablePin

__all__ = [
    "KINDS",
    "Account",
    "AccountPassword",
    "AgentExecution",
    "Artifact",
    "BaseImage",
    "BuildArgument",
    "CachedModel",
    "Combination",
    "Command",
    "CopiedArtifact",
    "Copy",
    "CopyAgain",
    "CredentialFile",
    "CudaPairing",
    "Destination",
    "Download",
    "EndOfLife",
    "EnvironmentVariable",
    "ExposedPort",
    "Fact",
    "GitClone",
    "GpuLibrary",
    "HealthCheck",
    "HeldSecret",
    "InstalledPackage",
    "Instruction",
    "KnownVulnerability",
    "Label",
    "LateRemoval",
    "LayerFile",
    "LayerIndex",
    "LayerVerificationOff",
    "Login",
    "LookAlike",
    "MaliciousRelease",
    "Model",
    "ModelCode",
    "ModelDownload",
    "ModelFile",
    "ModelFlaw",
    "ModelImport",
    "ModelName",
    "ModelTemplate",
    "OperatingSystem",
    "PackageCache",
    "PackageIndex",
    "PackageManagerCall",
    "PackageRecord",
    "PasswordlessSudo",
    "Provenance",
    "RemoteCode",
    "Requirement",
    "RuntimeUser",
    "Secret",
    "SecretMount",
    "ServerSwitch",
    "Service",
    "SetIdProgram",
    "ShellWeakness",
    "Stage",
    "StartFile",
    "StoredAgain",
    "SymbolicLink",
    "Telemetry",
    "UndefinedVariable",
    "UnsafeLoad",
    "VerificationOff",
    "VulnerablePin",
    "WorldWritable",
]
