from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=40)
    price = models.IntegerField()


class Basket(models.Model):
    paid = models.BooleanField(default=False)


class Line(models.Model):
    basket = models.ForeignKey(Basket, on_delete=models.CASCADE)
    item = models.ForeignKey(Item, on_delete=models.CASCADE)
    pieces = models.IntegerField()
