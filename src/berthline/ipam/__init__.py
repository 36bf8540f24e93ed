"""Which address and which MAC: pure choice. The store's keys judge whether the choice holds."""
