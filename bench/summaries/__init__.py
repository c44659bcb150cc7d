"""How good the summaries are: training, prediction and the table of comparison."""
