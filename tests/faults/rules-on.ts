/** Imported by suites of faults whose gateways judge by the default rules: raw and counted scores are recounted, verdicts by hand. */
process.env.MANYI_FIRST_RULES = 'default';
