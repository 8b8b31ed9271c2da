"""What will happen to this patient: dates, starts and resources for every session, decided on a frozen picture of what is free."""
