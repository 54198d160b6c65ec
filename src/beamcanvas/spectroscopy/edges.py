"""Absorption edges: what an element and an edge should be at, and what an energy may be."""

from __future__ import annotations

from functools import cache

from ..errors import InputError

EDGES = ("K", "L1", "L2", "L3")

#: an E0 that is found this far from the tabulated edge, eV, is not that edge
TOLERANCE = 60.0

# energies in eV of the edges K, L1, L2, L3 after Elam, Ravel & Sieber, Radiat. Phys. Chem. 63
# (2002) 121, as the public domain package XrayDB has them
_TABLE = """
Be 111.5, B 188, C 284.2, N 409.9, O 543.1, F 696.7, Ne 870.2, Na 1070.8, Mg 1303, Al 1559 117.8,
Si 1839 149.7, P 2145.5 189 136 135, S 2472 230.9 163.6 162.5, Cl 2822 270 202 200,
Ar 3205.9 326.3 250.6 248.4, K 3608.4 378.6 297.3 294.6, Ca 4038.5 438.4 349.7 346.2,
Sc 4492 498 403.6 398.7, Ti 4966 560.9 460.2 453.8, V 5465 626.7 519.8 512.1,
Cr 5989 696 583.8 574.1, Mn 6539 769.1 649.9 638.7, Fe 7112 844.6 719.9 706.8,
Co 7709 925.1 793.2 778.1, Ni 8333 1008.6 870 852.7, Cu 8979 1096.7 952.3 932.7,
Zn 9659 1196.2 1044.9 1021.8, Ga 10367 1299 1143.2 1116.4, Ge 11103 1414.6 1248.1 1217,
As 11867 1527 1359.1 1323.6, Se 12658 1652 1474.3 1433.9, Br 13474 1782 1596 1550,
Kr 14326 1921 1730.9 1678.4, Rb 15200 2065 1864 1804, Sr 16105 2216 2007 1940,
Y 17038 2373 2156 2080, Zr 17998 2532 2307 2223, Nb 18986 2698 2465 2371,
Mo 20000 2866 2625 2520, Tc 21044 3043 2793 2677, Ru 22117 3224 2967 2838,
Rh 23220 3412 3146 3004, Pd 24350 3604 3330 3173, Ag 25514 3806 3524 3351,
Cd 26711 4018 3727 3538, In 27940 4238 3938 3730, Sn 29200 4465 4156 3929,
Sb 30491 4698 4380 4132, Te 31814 4939 4612 4341, I 33169 5188 4852 4557,
Xe 34561 5453 5107 4786, Cs 35985 5714 5359 5012, Ba 37441 5989 5624 5247,
La 38925 6266 5891 5483, Ce 40443 6548 6164 5723, Pr 41991 6835 6440 5964,
Nd 43569 7126 6722 6208, Pm 45184 7428 7013 6459, Sm 46834 7737 7312 6716,
Eu 48519 8052 7617 6977, Gd 50239 8376 7930 7243, Tb 51996 8708 8252 7514,
Dy 53789 9046 8581 7790, Ho 55618 9394 8918 8071, Er 57486 9751 9264 8358,
Tm 59390 10116 9617 8648, Yb 61332 10486 9978 8944, Lu 63314 10870 10349 9244,
Hf 65351 11271 10739 9561, Ta 67416 11682 11136 9881, W 69525 12100 11544 10207,
Re 71676 12527 11959 10535, Os 73871 12968 12385 10871, Ir 76111 13419 12824 11215,
Pt 78395 13880 13273 11564, Au 80725 14353 13734 11919, Hg 83102 14839 14209 12284,
Tl 85530 15347 14698 12658, Pb 88005 15861 15200 13035, Bi 90526 16388 15711 13419,
Po 93105 16939 16244 13814, At 95730 17493 16785 14214, Rn 98404 18049 17337 14619,
Fr 101137 18639 17907 15031, Ra 103922 19237 18484 15444, Ac 106755 19840 19083 15871,
Th 109651 20472 19693 16300, Pa 112601 21105 20314 16733, U 115606 21757 20948 17166,
Np 118669 22427 21600 17610, Pu 121791 23104 22266 18057, Am 124982 23808 22952 18510,
Cm 128241 24526 23651 18970, Bk 131556 25256 24371 19435, Cf 134939 26010 25108 19907
"""


@cache
def _table() -> dict[str, dict[str, float]]:
    found = {}
    for row in _TABLE.replace("\n", " ").split(","):
        symbol, *energies = row.split()
        found[symbol] = {
            edge: float(energy)
            for edge, energy in zip(EDGES, energies, strict=False)
            if energy != "-"
        }
    return found


def elements() -> list[str]:
    """The symbols that are known, by atomic number."""
    return list(_table())


def edge_energy(element: str, edge: str) -> float:
    """The tabulated energy of an edge, eV.

    Raises
    ------
    InputError
        When the element or its edge isn't in the table.
    """
    edges = _table().get(element.capitalize())
    if edges is None:
        raise InputError(f"'{element}' is no element with an edge above 100 eV.")
    if edge.upper() not in edges:
        raise InputError(f"{element} has no edge '{edge}' above 100 eV: it has {', '.join(edges)}.")
    return edges[edge.upper()]


@cache
def nearest_edge(energy: float) -> tuple[str, str]:
    """Element and edge whose energy is nearest; two empty words when none is near.

    A K or L3 edge is what is mostly measured: another must be nearer by 20 eV.
    """
    best, away = ("", ""), TOLERANCE
    for element, edges in _table().items():
        for edge, at in edges.items():
            distance = abs(energy - at) + (0 if edge in ("K", "L3") else 20)
            if distance < away:
                best, away = (element, edge), distance
    return best
