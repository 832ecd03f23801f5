"""Two sorts of drawings as SVG text: curves over a logarithmic axis, and bars in groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

# Told apart by most who see colours differently (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 40, 56
_PLOT = "<rect width='100%' height='100%' fill='white'/>"


def curves(title: str, axes: tuple[str, str], lines: Mapping[str, Sequence[tuple[float, float]]], left: float) -> str:
    """``lines``: points with x in [``left``, 1] on a logarithmic axis and y in [0, 1], as steps."""
    decades = round(-math.log10(left))

    def x_at(x: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (1 + math.log10(max(x, left)) / decades)

    def y_at(y: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y

    parts = [_PLOT, _text(_WIDTH / 2, 22, title, "middle", 15)]
    for decade in range(-decades, 1):
        x = x_at(10.0**decade)
        parts += [
            _line(x, _TOP, x, _HEIGHT - _BOTTOM),
            _text(x, _HEIGHT - _BOTTOM + 18, f"{10.0**decade:g}", "middle"),
        ]
    for tenth in range(0, 11, 2):
        y = y_at(tenth / 10)
        parts += [_line(_LEFT, y, _WIDTH - _RIGHT, y), _text(_LEFT - 8, y + 4, f"{tenth / 10:g}", "end")]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, axes[0], "middle"))
    parts.append(f"<g transform='rotate(-90 16 {_HEIGHT / 2:g})'>{_text(16, _HEIGHT / 2, axes[1], 'middle')}</g>")
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path: list[str] = []
        last = y_at(0)
        for x, y in points:
            # A step that does not rise is drawn with the next one that does.
            if y_at(y) != last or (x, y) == points[-1]:
                path.append(f"{'L' if path else 'M'}{x_at(x):.1f} {last:.1f}L{x_at(x):.1f} {y_at(y):.1f}")
                last = y_at(y)
        parts.append(f"<path d='{''.join(path)}' fill='none' stroke='{colour}' stroke-width='1.8'/>")
        parts += _key(_WIDTH - 390, _HEIGHT - _BOTTOM - 16 - 18 * (len(lines) - 1 - number), colour, name)
    return _svg(_WIDTH, _HEIGHT, parts)


def bars(title: str, groups: Mapping[str, Mapping[str, float]], scale: tuple[float, float], unit: str) -> str:
    """Lying bars over a logarithmic axis: by group's name, by row's name, a value within ``scale`` or beyond it."""
    rows = list(dict.fromkeys(row for group in groups.values() for row in group))
    step, left = 18, 210
    height = _TOP + sum(step * len(group) + 12 for group in groups.values()) + 46 + 18 * len(rows)
    low, high = scale

    def x_at(value: float) -> float:
        share = math.log10(min(high, max(low, value)) / low) / math.log10(high / low)
        return left + (_WIDTH - left - 90) * share

    parts = [_PLOT, _text(_WIDTH / 2, 22, title, "middle", 15)]
    y = float(_TOP)
    for name, group in groups.items():
        parts.append(_text(left - 10, y + step * len(group) / 2 + 4, name, "end"))
        for row, value in group.items():
            colour = COLOURS[rows.index(row) % len(COLOURS)]
            wide = max(1.0, x_at(value) - left)
            parts.append(f"<rect x='{left}' y='{y:g}' width='{wide:.1f}' height='{step - 4}' fill='{colour}'/>")
            parts.append(_text(left + wide + 6, y + step - 7, f"{value:.3f}{unit}", "start"))
            y += step
        y += 12
    for number, row in enumerate(rows):
        parts += _key(left, y + 20 + 18 * number, COLOURS[number % len(COLOURS)], row)
    return _svg(_WIDTH, height, parts)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    return f"{head} font-family='sans-serif' font-size='12'>\n" + "\n".join(parts) + "\n</svg>\n"


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-size='{size}'>{escape(text)}</text>"


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f"<line x1='{x:.1f}' y1='{y:.1f}' x2='{to_x:.1f}' y2='{to_y:.1f}' stroke='#ddd'/>"


def _key(x: float, y: float, colour: str, name: str) -> list[str]:
    return [
        f"<rect x='{x:.1f}' y='{y - 9:.1f}' width='14' height='10' fill='{colour}'/>",
        _text(x + 20, y, name, "start"),
    ]
