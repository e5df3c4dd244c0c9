<?php
// mysqli and PDO against the MySQL at the port that is the first argument: what it takes, told by whoever looks on.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
[$port, $what] = [(int) $argv[1], $argv[2]];
if ($what === 'mysqli') {
    $db = new mysqli('127.0.0.1', 'longhaul', 'longhaul', '', $port);
    $db->query("SELECT 'a' AS a FROM (SELECT 1) AS t WHERE 1 = 1")->fetch_all();
    $statement = $db->prepare('SELECT a FROM (SELECT 1 AS a UNION SELECT 2) AS t WHERE a = ?');
    foreach ([1, 2, 3] as $id) {
        $statement->bind_param('i', $id);
        $statement->execute();
        $statement->get_result()->fetch_all();
    }
    $statement->close();
    $db->multi_query('SELECT 1 FROM (SELECT 1) AS t; SELECT 2 FROM (SELECT 1) AS t');
    do {
        $db->store_result();
    } while ($db->more_results() && $db->next_result());
    $db->begin_transaction();
    $db->query('DO 1');
    $db->commit();
    $db->close();
} elseif ($what === 'pdo') {
    $db = new PDO("mysql:host=127.0.0.1;port=$port", 'longhaul', 'longhaul', [PDO::ATTR_EMULATE_PREPARES => false]);
    foreach ([1, 2, 3] as $id) {
        $statement = $db->prepare('SELECT a FROM (SELECT 1 AS a UNION SELECT 2) AS t WHERE a = ?');
        $statement->execute([$id]);
        $statement->fetchAll();
    }
} else {
    $cache = new Memcached();
    $cache->setOption(Memcached::OPT_BINARY_PROTOCOL, $what === 'binary');
    $cache->addServer('127.0.0.1', $port);
    $cache->setMulti(['user:1' => 'a', 'user:2' => 'b', 'user:3' => 'c']);
    $cache->getMulti(['user:1', 'user:2', 'user:3', 'user:4']);
    $cache->get('user:1');
    $cache->get('user:9');
    $cache->increment('count:1', 1, 5);
    $cache->delete('user:1');
}
