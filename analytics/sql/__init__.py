"""The few places in which the databases differ, and what every statement may say."""
