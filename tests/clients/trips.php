<?php
// How long mysqli and Memcached take, in milliseconds, the best of nine: the ports of a MySQL and of a Memcached are the arguments.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
[$port, $cache] = [(int) $argv[1], (int) $argv[2]];
$best = [];
function took($name, $step) {
    global $best;
    $start = hrtime(true);
    $given = $step();
    $best[$name] = min($best[$name] ?? INF, (hrtime(true) - $start) / 1e6);
    return $given;
}
for ($i = 0; $i < 9; $i++) {
    $db = took('connect and query', function () use ($port) {
        $db = new mysqli('127.0.0.1', 'longhaul', 'longhaul', '', $port);
        $db->query('SELECT 1')->fetch_all();
        return $db;
    });
    took('query', fn() => $db->query('SELECT 2')->fetch_all());
    took('prepare and execute', function () use ($db) {
        $statement = $db->prepare('SELECT ?');
        $three = 3;
        $statement->bind_param('i', $three);
        $statement->execute();
        $statement->get_result()->fetch_all();
    });
    took('begin and commit', function () use ($db) {
        $db->begin_transaction();
        $db->commit();
    });
    $db->close();
    $memcached = new Memcached();
    $memcached->setOption(Memcached::OPT_TCP_NODELAY, true);
    $memcached->addServer('127.0.0.1', $cache);
    took('memcached connect and get', fn() => $memcached->get('missing'));
    took('memcached get', fn() => $memcached->get('missing'));
    took('memcached multi-get', fn() => $memcached->getMulti(['a', 'b', 'c']));
    $memcached->quit();
}
foreach ($best as $name => $ms) {
    printf("%s: %.4f\n", $name, $ms);
}
