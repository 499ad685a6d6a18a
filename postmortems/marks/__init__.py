"""What people marked during the incident, quick fixes and noisy alerts, and what becomes of it."""
