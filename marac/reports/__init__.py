"""Read-only measures, returns and charts. Changes nothing and opens no case."""
