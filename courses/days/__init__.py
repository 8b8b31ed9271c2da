"""The day itself: visits that run over, lists that are put in another order, chains of visits that slide."""
