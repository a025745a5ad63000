"""What every test shares: properties are held by their examples, never by the speed of the machine that runs them."""

from hypothesis import settings

settings.register_profile("signpost", deadline=None)
settings.load_profile("signpost")
