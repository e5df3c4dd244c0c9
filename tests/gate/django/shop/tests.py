import os

from django.core.cache import cache
from django.test import TestCase

from shop.journeys import Journeys
from shop.models import Basket, Item, Line


class ShopTest(Journeys, TestCase):
    def prepare(self):
        cache.clear()
        self.size = int(os.environ.get("LONGHAUL_SIZE", 12))
        self.basket = Basket.objects.create()
        for number in range(self.size):
            item = Item.objects.create(name=f"item {number}", price=100)
            Line.objects.create(basket=self.basket, item=item, pieces=2)

    def test_checkout(self):
        response = self.client.get(f"/checkout/{self.basket.pk}")
        self.assertEqual(response.json(), {"total": 200 * self.size})

    def test_item_name(self):
        item = Item.objects.first()
        for _ in range(2):
            self.assertEqual(self.client.get(f"/item/{item.pk}").json(), {"name": "item 0"})
