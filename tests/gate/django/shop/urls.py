from django.urls import path

from shop import views

urlpatterns = [
    path("checkout/<int:basket>", views.checkout),
    path("item/<int:item>", views.item_name),
]
