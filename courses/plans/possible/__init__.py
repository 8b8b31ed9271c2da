"""Which dates, starts and seats the rules and the free time leave, and why not others."""
