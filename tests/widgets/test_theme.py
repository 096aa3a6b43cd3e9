"""Every palette can be read on a projector, in sixteen colours and without colour, by colour-blind people too."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from widgets.theme import INKS, MONO, PALETTES, PROJECTOR, WAR_DARK, Palette, ascii_wanted, chosen, style_of

TEXT = ("ink", "strong", "dim", "bar", "bar-strong", "bar-dim")
STATUS = ("bad", "warn", "ok", "bar-bad", "bar-warn", "bar-ok", "alert", "danger", "tab", "proved")
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
VISION = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _linear(colour: str) -> tuple[float, float, float]:
    def channel(text: str) -> float:
        value = int(text, 16) / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return channel(colour[1:3]), channel(colour[3:5]), channel(colour[5:7])


def _contrast(one: str, other: str) -> float:
    lights = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _linear(x), strict=True)) for x in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(m * max(0.0, c) for m, c in zip(row, rgb, strict=True)) for row in matrix]
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def _seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    return _lab(tuple(sum(m * c for m, c in zip(row, _linear(colour), strict=True)) for row in matrix))


@pytest.mark.parametrize("palette", [WAR_DARK, PROJECTOR], ids=lambda p: p.name)
@pytest.mark.parametrize("role", TEXT)
def test_text_has_a_contrast_of_seven(palette: Palette, role: str) -> None:
    style = style_of(palette, role)

    assert style.color is not None
    assert style.bgcolor is not None
    assert _contrast(style.color.name, style.bgcolor.name) >= 7


@pytest.mark.parametrize("palette", [WAR_DARK, PROJECTOR], ids=lambda p: p.name)
@pytest.mark.parametrize("role", STATUS)
@pytest.mark.parametrize("selected", [False, True])
def test_a_status_has_a_contrast_of_four_and_a_half(palette: Palette, role: str, selected: bool) -> None:
    if selected and role in ("alert", "danger", "tab"):
        return  # blocks are not drawn on a selected row
    style = style_of(palette, role, selected)

    assert style.color is not None
    assert style.bgcolor is not None
    assert _contrast(style.color.name, style.bgcolor.name) >= 4.5


@pytest.mark.parametrize("palette", [WAR_DARK, PROJECTOR], ids=lambda p: p.name)
@pytest.mark.parametrize("vision", VISION)
def test_statuses_differ_for_colour_blind_people(palette: Palette, vision: str) -> None:
    colours = [getattr(palette, role) for role in ("bad", "warn", "ok")]

    for one, other in combinations(colours, 2):
        assert math.dist(_seen(one, VISION[vision]), _seen(other, VISION[vision])) >= 18, (one, other)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_role_has_a_style_in_every_palette(palette: Palette) -> None:
    for role in INKS:
        style_of(palette, role)
        style_of(palette, role, selected=True)


def test_mono_uses_no_colour_at_all() -> None:
    for role in INKS:
        style = style_of(MONO, role)
        assert style.color is None
        assert style.bgcolor is None


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "war-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "dumb"}, "mono"),
        ({"TERM": "linux"}, "ansi-16"),
        ({"TERM": "xterm"}, "ansi-16"),
    ],
)
def test_the_terminal_decides_unless_a_person_does(environment: dict[str, str], name: str) -> None:
    assert chosen(environment).name == name
    assert chosen(environment, "projector") is PROJECTOR


def test_ascii_where_the_locale_or_the_terminal_asks_for_it() -> None:
    assert ascii_wanted({"LANG": "C", "TERM": "xterm"})
    assert ascii_wanted({"LANG": "C.UTF-8", "TERM": "linux"})
    assert ascii_wanted({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"})
    assert not ascii_wanted({"LANG": "en_US.utf8", "TERM": "xterm"})
