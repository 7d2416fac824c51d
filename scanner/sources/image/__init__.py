"""Images: registries, daemons, archives and folders of them."""
