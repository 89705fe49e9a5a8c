"""From the first line of a referral to its answer: parts, papers, drafts, referrers from outside. Decides nothing."""
