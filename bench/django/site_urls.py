from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import path
from rest_framework import generics, permissions, response, serializers, views
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


class NewUser(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "email", "password"]
        extra_kwargs = {"password": {"write_only": True}, "email": {"required": True, "allow_blank": False}}

    def validate(self, data):
        try:
            validate_password(data["password"], User(username=data["username"], email=data["email"]))
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return data

    def create(self, data):
        return User.objects.create_user(**data)


class Register(generics.CreateAPIView):
    serializer_class = NewUser
    permission_classes = [permissions.AllowAny]


class Dashboard(views.APIView):
    permission_classes = [permissions.IsAuthenticated]

    def get(self, request):
        return response.Response({"message": "Welcome to your dashboard", "username": request.user.username})


urlpatterns = [
    path("api/register/", Register.as_view()),
    path("api/login/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/dashboard/", Dashboard.as_view()),
]
