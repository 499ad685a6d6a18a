"""What the timeline says about alerts."""

KINDS = {
    "alert_fired": "Alert fired",
    "alert_over": "Alert over",
    "alert_flapping": "Alert flaps",
    "alert_acknowledged": "Alert acknowledged",
    "alert_noise": "Alert marked as noise, or not",
    "reopening_offered": "Reopening offered",
}
