"""Sources open something and describe it as a target."""
