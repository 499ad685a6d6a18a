"""Whatever can page PagerDuty: the shape and the path of its Events API v2."""
