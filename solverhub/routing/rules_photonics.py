"""How `auto` chooses for photonic designs."""

from __future__ import annotations

from solverhub.routing.rule import Rule, Share

RULES: tuple[Rule, ...] = (
    Rule(
        ("photonic-design",),
        "bends and converters of 40 x 40 pixels of 50 nm",
        lambda f: (
            f["challenge"] in ("waveguide-bend", "mode-converter")
            and (f["pixels"], f["resolution_nm"]) == (1600, 50.0)
        ),
        (Share("surco-hybrid"),),
        "no exact method: a learned surrogate from a network trained on such designs",
    ),
    Rule(
        ("photonic-design",),
        "otherwise",
        lambda f: True,
        (Share("surco-zero"),),
        "no exact method: a learned surrogate, led by the simulator's gradient",
    ),
)
