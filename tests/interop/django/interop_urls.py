from django.contrib import admin
from django.urls import path
from rest_framework_simplejwt.views import TokenBlacklistView, TokenVerifyView
from site_urls import urlpatterns as of_the_peer

urlpatterns = of_the_peer + [
    path("api/token/verify/", TokenVerifyView.as_view()),
    path("api/token/blacklist/", TokenBlacklistView.as_view()),
    path("admin/", admin.site.urls),
]
