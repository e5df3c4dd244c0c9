//! The Memcached text protocol.
