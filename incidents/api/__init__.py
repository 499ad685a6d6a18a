"""The API's calls of the war room, one module per thing; ``config.api`` mounts the routers."""
