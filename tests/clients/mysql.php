<?php
// mysqli and PDO against a MySQL at the port that is the first argument.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
function same($expected, $found) {
    if ($expected !== $found) {
        throw new Exception("expected " . json_encode($expected) . ", found " . json_encode($found));
    }
}
$port = (int) $argv[1];
$read = "SELECT id, REPEAT('x', 5) AS payload FROM longhaul.items WHERE id BETWEEN ? AND ?";
$write = "UPDATE longhaul.items SET payload = ?, writes = writes + 1 WHERE id = ?";
[$first, $last] = [1000000, 1000002];

$db = new mysqli('127.0.0.1', 'longhaul', 'longhaul', 'longhaul', $port);
$db->set_charset('utf8mb4');
same([['1', 'longhaul']], $db->query('SELECT 1, DATABASE()')->fetch_all());

$statement = $db->prepare($read);
$statement->bind_param('ii', $first, $last);
$statement->execute();
same([[1000000, 'xxxxx'], [1000001, 'xxxxx'], [1000002, 'xxxxx']], $statement->get_result()->fetch_all());
$statement->execute();
$statement->bind_result($id, $payload);
$count = 0;
while ($statement->fetch()) {
    $count++;
}
same(3, $count);
$statement->close();

$statement = $db->prepare($write);
$payload = '';
$statement->bind_param('bi', $payload, $first);
$statement->send_long_data(0, str_repeat('z', 100000));
$statement->execute();
same(1, $statement->affected_rows);
$statement->reset();
$statement->close();

$db->begin_transaction();
$db->commit();
$db->autocommit(false);
$db->rollback();
$db->multi_query('SELECT 1; SELECT 2');
$found = [];
do {
    $found[] = $db->store_result()->fetch_row()[0];
} while ($db->more_results() && $db->next_result());
same(['1', '2'], $found);
$db->ping();
$db->stat();
$db->change_user('longhaul', 'longhaul', 'longhaul');
try {
    $db->query('SELECT * FROM users');
    throw new Exception('a table that is not there was read');
} catch (mysqli_sql_exception $error) {
    same(1064, $error->getCode());
}
$db->close();

// Persistent: the second takes the first's connection up again, with COM_CHANGE_USER.
(new mysqli('p:127.0.0.1', 'longhaul', 'longhaul', 'longhaul', $port))->close();
$db = new mysqli('p:127.0.0.1', 'longhaul', 'longhaul', 'longhaul', $port);
same('5', $db->query('SELECT 5')->fetch_row()[0]);

foreach ([true, false] as $emulated) {
    $pdo = new PDO("mysql:host=127.0.0.1;port=$port;dbname=longhaul", 'longhaul', 'longhaul');
    $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulated);
    $statement = $pdo->prepare($read);
    $statement->bindValue(1, $first, PDO::PARAM_INT);
    $statement->bindValue(2, $last, PDO::PARAM_INT);
    $statement->execute();
    same(3, count($statement->fetchAll()));
    $pdo->beginTransaction();
    $pdo->commit();
}
echo "fine\n";
