from django.db import models


class Case(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    headline = models.CharField(max_length=300)
    summary = models.TextField()
    story = models.TextField()

    def __str__(self) -> str:
        return self.name


class Letter(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, blank=True)
    email = models.EmailField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.subject


class Tally(models.Model):
    case = models.OneToOneField(Case, on_delete=models.CASCADE)
    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.case}: {self.number}"
