"""What every room speaks with: errors, text for numbers and dates, and periods."""
