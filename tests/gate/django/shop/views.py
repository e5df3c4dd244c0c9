import os

from django.core.cache import cache
from django.db import transaction
from django.http import JsonResponse

from shop.models import Basket, Item, Line


def checkout(request, basket):
    """What a basket costs, and that it is paid."""
    lines = Line.objects.filter(basket=basket)
    if os.environ.get("SHOP_PRICES") != "one-by-one":
        # Mended: without this, `line.item` below is a query for each line: an N+1.
        lines = lines.select_related("item")
    total = sum(line.pieces * line.item.price for line in lines)
    with transaction.atomic():
        Basket.objects.filter(pk=basket).update(paid=True)
    return JsonResponse({"total": total})


def item_name(request, item):
    """An item's name, from the cache where it is there."""
    name = cache.get(f"item:{item}:name")
    if name is None:
        name = Item.objects.get(pk=item).name
        cache.set(f"item:{item}:name", name)
    return JsonResponse({"name": name})
