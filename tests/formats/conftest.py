from hypothesis import HealthCheck, settings

# A slow machine is no defect: neither an example nor its making is judged by the clock.
settings.register_profile("formats", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("formats")
