from hypothesis import settings

# A slow machine is no defect: no example is judged by the clock.
settings.register_profile("formats", deadline=None)
settings.load_profile("formats")
