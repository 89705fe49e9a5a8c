"""What is written for reports: figures that are typed with their source, and years that are published."""
