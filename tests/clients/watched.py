"""PyMySQL against the MySQL at the port that is the first argument: what it takes, told by whoever looks on."""

import sys
import tempfile

import pymysql

connection = pymysql.connect(
    host="127.0.0.1", port=int(sys.argv[1]), user="longhaul", password="longhaul", local_infile=True
)
cursor = connection.cursor()
cursor.execute("CREATE DATABASE IF NOT EXISTS watched")
cursor.execute("CREATE TABLE IF NOT EXISTS watched.t (a INT, b VARCHAR(50))")
cursor.executemany("INSERT INTO watched.t (a, b) VALUES (%s, %s)", [(n, f"it's {n}") for n in range(50)])
cursor.execute("SELECT a, b FROM watched.t WHERE a IN %s", ([1, 2, 3],))
assert len(cursor.fetchall()) == 3
for number in range(20):
    cursor.execute("SELECT b FROM watched.t WHERE a = %s", (number,))
    cursor.fetchall()
with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    file.write("".join(f"{n}\tx\n" for n in range(2_000)))
    file.flush()
    cursor.execute(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE watched.t")
connection.commit()
cursor.execute("DROP DATABASE watched")
connection.close()
