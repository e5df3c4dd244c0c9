"""Settings of the example: a database and a cache at the addresses that the gate gives."""

import os

import pymysql

# Or the package mysqlclient, which needs nothing here.
pymysql.install_as_MySQLdb()

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ.get("LONGHAUL_MYSQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("LONGHAUL_MYSQL_PORT", "3306"),
        "USER": os.environ.get("DB_USER", "root"),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "NAME": "shop",
    }
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": "{}:{}".format(
            os.environ.get("LONGHAUL_MEMCACHED_HOST", "127.0.0.1"),
            os.environ.get("LONGHAUL_MEMCACHED_PORT", "11211"),
        ),
    }
}
