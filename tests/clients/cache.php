<?php
// The Memcached extension against a Memcached at the port that is the first argument.
function same($expected, $found) {
    if ($expected !== $found) {
        throw new Exception("expected " . json_encode($expected) . ", found " . json_encode($found));
    }
}
$cache = new Memcached();
$cache->addServer('127.0.0.1', (int) $argv[1]);
$cache->setOption(Memcached::OPT_COMPRESSION, false);
same(true, $cache->set('a', 'b', 10));
same(false, $cache->add('a', 'x'));
same(true, $cache->append('a', 'c'));
same(true, $cache->prepend('a', 'a'));
same('abc', $cache->get('a'));
$found = $cache->get('a', null, Memcached::GET_EXTENDED);
same(true, $cache->cas($found['cas'], 'a', 'new'));
same(false, $cache->cas($found['cas'], 'a', 'newer'));
same(false, $cache->increment('n'));
same(true, $cache->set('n', 5));
same(8, $cache->increment('n', 3));
same(true, $cache->setMulti(['p' => 1, 'q' => ['z']]));
same(['p' => 1, 'q' => ['z']], $cache->getMulti(['p', 'q', 'r']));
same(true, $cache->touch('p', 100));
same(true, $cache->delete('p'));
same(false, $cache->get('p'));
same(Memcached::RES_NOTFOUND, $cache->getResultCode());
same(true, $cache->flush());
echo "fine\n";
