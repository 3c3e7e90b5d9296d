"""Results for readers: terminal, JSON, HTML, pictures. Computes nothing clinical."""
