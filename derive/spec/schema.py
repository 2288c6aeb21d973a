"""The raw structure of a model file: which keys exist and what kind of value each takes.

Only the shape is decided here; what the texts mean is decided by `derive.spec.convert`.  The same
classes give the JSON Schema by which editors complete and underline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["FloatText", "RawModel", "describe", "json_schema"]


@dataclass(frozen=True, slots=True)
class FloatText:
    """A TOML float, kept as it was written."""

    text: str


def describe(value: object) -> str:
    """Return what a raw value is, in a few words."""
    if isinstance(value, bool):
        return "the truth value " + str(value).lower()
    if isinstance(value, int):
        return f"the integer {value}" if abs(value) < 10**12 else "a large integer"
    if isinstance(value, FloatText):
        return f"the number {value.text[:30]}"
    if isinstance(value, str):
        return f'the text "{value[:40]}{"..." if len(value) > 40 else ""}"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return "a date or time"


def _number(value: object) -> object:
    """Return a number as the text of an exact expression."""
    if isinstance(value, bool):
        raise PydanticCustomError("derive", "a number is expected, found {found}", {"found": describe(value)})
    if isinstance(value, int):
        if abs(value) > 10**12:
            raise PydanticCustomError("derive", "the integer is larger than 10^12")
        return str(value)
    if isinstance(value, FloatText):
        return value.text.replace("_", "").lstrip("+")
    if isinstance(value, str):
        return value
    raise PydanticCustomError(
        "derive",
        'a number is expected (an integer, a decimal, or an expression in quotes such as "1/3"), found {found}',
        {"found": describe(value)},
    )


Number = Annotated[
    str,
    BeforeValidator(_number),
    WithJsonSchema({"type": ["string", "number"], "description": "a number or an expression"}),
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, protected_namespaces=())


class RawParameter(_Table):
    """A free symbol of the model."""

    domain: str = Field(alias="in", description='interval or set: "(0, inf)", "[0, 1)", "{1, 2, 3}"')
    default: Number | None = Field(None, description="exact value used unless another is set")
    meaning: str = ""


class RawQuenched(_Table):
    """A quenched site variable."""

    law: str
    components: int = Field(1, ge=1, le=16)
    family: str | None = None
    meaning: str = ""


class RawFamily(_Table):
    """A family of size*N sites."""

    size: Number
    meaning: str = ""


class RawWeights(_Table):
    """A replicated site variable with one base measure."""

    prior: str | None = Field(None, description="normalised probability law")
    count: str | None = Field(None, description="atoms, each with weight 1")
    sphere: Number | None = Field(None, description="R: uniform probability on sum w^2 = R*N")
    penalty: Number | None = Field(None, description="adds exp(-beta*penalty)")
    support: str | None = Field(None, description="an interval")
    components: int = Field(1, ge=1, le=16)
    family: str | None = None
    meaning: str = ""


class RawGlobal(_Table):
    """A replicated scalar shared by all sites and samples."""

    meaning: str = ""


class RawInput(_Table):
    """Mean (times sqrt(N)) and standard deviation of the inputs."""

    mean: Number = "0"
    sd: Number = "1"


class RawLabel(_Table):
    """A label law P(y given z)."""

    values: Annotated[
        Annotated[list[Number], Tag("~list")] | Annotated[Literal["natural", "real"], Tag("~word")],
        Discriminator(lambda value: "~list" if isinstance(value, list) else "~word"),
    ]
    probability: Number | None = None
    density: Number | None = None


class RawChannel(_Table):
    """samples*N samples of inputs and labels, and the factor of one sample."""

    samples: Number
    input: RawInput = RawInput()
    student: dict[str, Number] = Field(default_factory=dict)
    teacher: dict[str, Number] = Field(default_factory=dict)
    noise: dict[str, str] = Field(default_factory=dict)
    label: (
        Annotated[
            Annotated[Number, Tag("~text")] | Annotated[RawLabel, Tag("~table")],
            Discriminator(lambda value: "~table" if isinstance(value, (dict, RawLabel)) else "~text"),
        ]
        | None
    ) = None
    factor: Literal["bayes"] | None = None
    likelihood: Number | None = None
    constraint: str | None = None
    loss: Number | None = None


class RawEnergy(_Table):
    """A Gaussian random energy (its covariance) or a deterministic one."""

    gaussian: Number | None = None
    value: Number | None = None
    meaning: str = ""


class RawObservation(_Table):
    """A noisy observation of a low-rank matrix or tensor."""

    of: list[str]
    truth: list[str]
    snr: Number


class RawThreshold(_Table):
    """A threshold and the parameter it is solved for."""

    solve_for: str
    kind: str | None = None
    edge: str | None = None
    branch: str | None = None
    branches: list[str] | None = None
    meaning: str = ""


class RawAnsatz(_Table):
    """Hints for the ansatz."""

    components: Literal["permutation"] | None = None


Quenched = Annotated[
    Annotated[str, Tag("~text")] | Annotated[RawQuenched, Tag("~table")],
    Discriminator(lambda value: "~table" if isinstance(value, (dict, RawQuenched)) else "~text"),
]


class RawModel(_Table):
    """A model of `derive`."""

    name: str
    title: str = ""
    beta: Number | None = Field(None, description='inverse temperature, or "inf"')
    parameters: dict[str, RawParameter] = Field(default_factory=dict)
    define: dict[str, Number] = Field(default_factory=dict)
    quenched: dict[str, Quenched] = Field(default_factory=dict)
    families: dict[str, RawFamily] = Field(default_factory=dict)
    weights: dict[str, RawWeights]
    globals: dict[str, RawGlobal] = Field(default_factory=dict)
    channel: list[RawChannel] = Field(default_factory=list)
    energy: list[RawEnergy] = Field(default_factory=list)
    observation: list[RawObservation] = Field(default_factory=list)
    ansatz: RawAnsatz = RawAnsatz()
    observables: dict[str, str] = Field(default_factory=dict)
    thresholds: dict[str, RawThreshold] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a model file, for editors and linters."""
    schema = RawModel.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "derive model"
    return schema
