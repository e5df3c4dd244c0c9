"""pymemcache against a Memcached at the port that is the first argument."""

import sys

from pymemcache.client.base import Client

client = Client(("127.0.0.1", int(sys.argv[1])), default_noreply=False)
assert client.set("a", b"hello", expire=10)
assert client.get("a") == b"hello"
assert not client.add("a", b"x")
assert client.replace("a", b"y")
assert client.append("a", b"z") and client.prepend("a", b"x") and client.get("a") == b"xyz"
value, cas = client.gets("a")
assert client.cas("a", b"new", cas) is True and client.cas("a", b"newer", cas) is False
assert client.cas("missing", b"new", cas) is None
assert client.set("n", b"5") and client.incr("n", 3) == 8 and client.decr("n", 10) == 0
assert client.set_many({"p": b"1", "q": b"2"}) == []
assert client.get_many(["p", "q", "r"]) == {"p": b"1", "q": b"2"}
assert client.touch("p", 100) and client.get("p") == b"1"
assert client.delete("p") and not client.delete("p")
assert b"curr_items" in client.stats()
client.set("quiet", b"1", noreply=True)
assert client.get("quiet") == b"1"
assert client.flush_all() and client.get("a") is None
client.quit()
print("fine")
