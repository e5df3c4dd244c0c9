"""How long PyMySQL and pymemcache take, in milliseconds, the best of nine: the ports of a MySQL and of a Memcached are the arguments."""

import sys
import time

import pymysql
from pymemcache.client.base import Client

port, cache = int(sys.argv[1]), int(sys.argv[2])
best = {}


def took(name, step):
    start = time.perf_counter_ns()
    given = step()
    best[name] = min(best.get(name, float("inf")), (time.perf_counter_ns() - start) / 1e6)
    return given


def query(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()


def connected(**options):
    connection = pymysql.connect(host="127.0.0.1", port=port, user="longhaul", password="longhaul", **options)
    query(connection)
    return connection


for _ in range(9):
    took("connect and query", lambda: connected(autocommit=None)).close()
    connection = took("connect with autocommit and query", lambda: connected(autocommit=False))
    took("query", lambda: query(connection))
    connection.close()
    client = Client(("127.0.0.1", cache), no_delay=True, default_noreply=False)
    took("memcached connect and get", lambda: client.get("missing"))
    took("memcached set", lambda: client.set("a", b"x"))
    took("memcached multi-get", lambda: client.get_many(["a", "b", "c"]))
    took("memcached set without reply", lambda: client.set("a", b"x", noreply=True))
    client.quit()
for name, ms in best.items():
    print(f"{name}: {ms:.4f}")
