"""Statistics: frame to frame; nothing is drawn and nothing is worded."""
