<?php
// The shop's tests, without a framework. With PHPUnit, journey() stands in a base class's setUp().

require __DIR__ . '/shop.php';
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

/** Tells the gate which journey begins; with '' that none goes on. Without a gate, nothing. */
function journey(string $name): void
{
    $address = getenv('LONGHAUL_JOURNEY');
    if ($address !== false) {
        file_get_contents($address . rawurlencode($name));
    }
}

// Where the gate puts the stores; without a gate, where they are.
$db = fn (string $name): mysqli => new mysqli(
    getenv('LONGHAUL_MYSQL_HOST') ?: '127.0.0.1',
    getenv('DB_USER') ?: 'root',
    getenv('DB_PASSWORD') ?: '',
    $name,
    (int) (getenv('LONGHAUL_MYSQL_PORT') ?: 3306),
);
$cache = function (): Memcached {
    $cache = new Memcached();
    $cache->addServer(
        getenv('LONGHAUL_MEMCACHED_HOST') ?: '127.0.0.1',
        (int) (getenv('LONGHAUL_MEMCACHED_PORT') ?: 11211),
    );
    return $cache;
};

function prepare(mysqli $db, Memcached $cache, int $lines): void
{
    $cache->flush();
    $db->query('CREATE DATABASE IF NOT EXISTS shop_test');
    $db->select_db('shop_test');
    $db->query('DROP TABLE IF EXISTS baskets, basket_lines, prices');
    $db->query('CREATE TABLE baskets (id INT PRIMARY KEY, paid INT NOT NULL DEFAULT 0)');
    $db->query('CREATE TABLE basket_lines (basket INT, item INT, pieces INT, PRIMARY KEY (basket, item))');
    $db->query('CREATE TABLE prices (item INT PRIMARY KEY, name VARCHAR(40), price INT)');
    $db->query('INSERT INTO baskets (id) VALUES (1)');
    for ($item = 1; $item <= $lines; $item++) {
        $db->query("INSERT INTO prices VALUES ($item, 'item $item', 100)");
        $db->query("INSERT INTO basket_lines VALUES (1, $item, 2)");
    }
}

$size = (int) (getenv('LONGHAUL_SIZE') ?: 12);
$tests = [
    'checkout' => fn (Shop $shop) => $shop->checkout(1) === 200 * $size,
    'item name' => fn (Shop $shop) => $shop->itemName(1) === 'item 1' && $shop->itemName(1) === 'item 1',
];

$failed = 0;
foreach ($tests as $name => $test) {
    prepare($db(''), $cache(), $size);                  // of no journey, so not judged
    journey($name);
    $held = $test(new Shop($db('shop_test'), $cache())); // connecting is part of it, as under mod_php
    journey('');
    echo $held ? 'ok' : 'FAILED', " $name\n";
    $failed += $held ? 0 : 1;
}
exit($failed > 0 ? 1 : 0);
