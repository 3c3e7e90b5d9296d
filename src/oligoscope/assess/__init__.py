"""From a chart, or a cohort of charts, to decisions with their trace. Holds no clinical rule itself."""
