"""Where rules meet: tables over every address, every role and every kind of incident."""
