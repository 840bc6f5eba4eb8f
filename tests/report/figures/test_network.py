import math
import re
from itertools import combinations

import pytest

from qtools.report.figures.network import network


@pytest.mark.parametrize("count", [2, 12, 39, 100])
def test_nodes_of_a_chain_do_not_cover_each_other(count):
    edges = {(site, site + 1): 1 for site in range(count - 1)}
    places = [(float(site), 0.1 * site) for site in range(count)]
    svg = network(edges, places, title="chain", description=f"chain of {count}")
    found = re.findall(r'<circle[^>]*?cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', svg)
    circles = [tuple(map(float, one)) for one in found]
    assert len(circles) == count
    for (x, y, r), (u, v, s) in combinations(circles, 2):
        assert math.dist((x, y), (u, v)) >= r + s or r == 2.0
    # Names where there is room for them.
    assert svg.count("<text") == (count if circles[0][2] > 6 else 0)
