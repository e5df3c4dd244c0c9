# For config/environments/test.rb:
Rails.application.configure do
  config.cache_store = :mem_cache_store,
    "#{ENV.fetch("LONGHAUL_MEMCACHED_HOST", "127.0.0.1")}:#{ENV.fetch("LONGHAUL_MEMCACHED_PORT", 11211)}"
end
