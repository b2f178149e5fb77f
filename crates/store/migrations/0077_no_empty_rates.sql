-- Rates are drawn towards the account's where they are read. The view of an older program may name these columns; views are made
-- anew when a program with another schema starts.
DROP VIEW IF EXISTS report_variants;
ALTER TABLE variant_figures DROP COLUMN reply_rate_shrunken;
ALTER TABLE variant_figures DROP COLUMN positive_rate_shrunken;
