"""The queue of `benches/simulator.rs` in SimPy: one process a customer, a resource of so many servers.

python3 mmc.py SERVERS CUSTOMERS prints: version, seconds, mean wait in mean services.
"""

import random
import sys
import time

import simpy

LOAD = 0.8


def customer(env, resource, draws, waits):
    came = env.now
    with resource.request() as request:
        yield request
        waits[0] += env.now - came
        yield env.timeout(draws.expovariate(1.0))


def arrivals(env, resource, servers, customers, waits):
    gaps, draws = random.Random(1), random.Random(2)
    for _ in range(customers):
        yield env.timeout(gaps.expovariate(LOAD * servers))
        env.process(customer(env, resource, draws, waits))


def main():
    servers, customers = int(sys.argv[1]), int(sys.argv[2])
    env = simpy.Environment()
    resource, waits = simpy.Resource(env, servers), [0.0]
    env.process(arrivals(env, resource, servers, customers, waits))
    start = time.perf_counter()
    env.run()
    print(simpy.__version__, time.perf_counter() - start, waits[0] / customers)


main()
