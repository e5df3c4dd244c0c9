"""PyMySQL against a MySQL at the port that is the first argument; the second is a read of three rows, the third a write."""

import sys

import pymysql
import pymysql.cursors

port, read, write = int(sys.argv[1]), sys.argv[2], sys.argv[3]
connection = pymysql.connect(
    host="127.0.0.1",
    port=port,
    user="longhaul",
    password="longhaul",
    database="longhaul",
    charset="utf8mb4",
    autocommit=False,
    init_command="SET time_zone = '+00:00'",
)
with connection.cursor(pymysql.cursors.DictCursor) as cursor:
    cursor.execute("SELECT @@max_allowed_packet AS packet, DATABASE() AS name")
    assert cursor.fetchall()[0]["name"] == "longhaul"
    cursor.execute(read)
    rows = cursor.fetchall()
    assert [row["id"] for row in rows] == [1000000, 1000001, 1000002], rows
    assert cursor.execute(write) == 1
with connection.cursor(pymysql.cursors.SSCursor) as cursor:
    cursor.execute(read)
    assert sum(1 for _ in cursor) == 3
connection.commit()
connection.rollback()
connection.ping()
connection.select_db("longhaul")
try:
    connection.cursor().execute("SELECT * FROM users")
    raise SystemExit("a table that is not there was read")
except pymysql.err.ProgrammingError as error:
    assert error.args[0] == 1064, error
connection.close()
print("fine")
