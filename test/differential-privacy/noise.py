"""What OpenDP says of discrete Laplace noise: its samples, and what it costs in epsilon.

Reads a JSON object {"scales": [...], "sensitivity": n, "samples": n}; answers a list with an object for each scale.
"""
import json
import sys

import opendp.prelude as dp

dp.enable_features("contrib")
asked = json.load(sys.stdin)


def noise(scale):
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    return dp.m.make_laplace(*space, scale=scale)


answers = []
for scale in asked["scales"]:
    mechanism = noise(scale)
    counts = {}
    for sample in mechanism([0] * asked["samples"]):
        counts[sample] = counts.get(sample, 0) + 1
    answers.append({"epsilon": mechanism.map(d_in=asked["sensitivity"]), "counts": counts})
json.dump(answers, sys.stdout)
